"""The kinds of columns: each a dataclass with the keys it takes and a way to draw its values.

A new kind is one class in the file of its family and one line here.
"""

from collections.abc import Mapping

from workbench.datasets.fields import Place, build, reads
from workbench.datasets.kinds import choices, documents, numbers, references, texts, times
from workbench.datasets.kinds.base import Kind

__all__ = ["KINDS", "Kind"]

KINDS: Mapping[str, type[Kind]] = {
    "sequence": numbers.Sequence,
    "uniform": numbers.Uniform,
    "zipf": numbers.ZipfNumber,
    "normal": numbers.Normal,
    "lognormal": numbers.LogNormal,
    "multiple": numbers.Multiple,
    "bool": numbers.Bool,
    "hex": numbers.Hex,
    "uuid": numbers.Uuid,
    "time": times.Time,
    "after": times.After,
    "choice": choices.Choice,
    "listed": choices.Listed,
    "constant": choices.Constant,
    "null": choices.Null,
    "copy": choices.Copy,
    "map": choices.Map,
    "cases": choices.Cases,
    "text": texts.Text,
    "template": texts.Template,
    "email": texts.Email,
    "username": texts.Username,
    "slug": texts.Slug,
    "url": texts.Url,
    "reference": references.Reference,
    "position": references.Position,
    "array": documents.Array,
    "json": documents.Json,
}


@reads(Kind)
def column(raw: object, place: Place) -> Kind:
    """a table such as { kind = "uniform", min = 1, max = 9 }"""
    if not isinstance(raw, dict) or not isinstance(raw.get("kind"), str):
        raise place.error(f'{raw!r} is not a column; write {{ kind = "…", … }}')
    name = raw["kind"]
    if name not in KINDS:
        raise place.unknown("kind of column", name, KINDS)
    kind = build(KINDS[name], {key: raw[key] for key in raw if key != "kind"}, place)
    kind.check(place)
    return kind
