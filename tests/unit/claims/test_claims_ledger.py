"""The ledger holds every claim, and says what is wrong with an entry."""

import re

import pytest

from workbench import datasets
from workbench.claims import checks, entries
from workbench.claims.claim import Claim
from workbench.errors import SpecError, UnknownName

COUNTS = {"deployer": 10, "prmetrics": 6, "todos": 6, "codereview": 6, "learning": 8}
MEASURABLE = [
    f"S{system}.{number}"
    for system, count in enumerate(COUNTS.values(), 1)
    for number in range(1, count + 1)
]
NOT_MEASURABLE = ["S1-3.2", "S1-3.3", "S1-3.4", "S1-5.2"]

GOOD = """
[[claim]]
id = "S1.1"
system = "deployer"
title = "A title"
text = "A text."
promises = [{ figure = "speed-up", unit = "x", low = 3, high = 10, neutral = 1 }]
experiment = "An experiment."
check = "family.name"
"""


@pytest.fixture(params=entries.claims(), ids=lambda each: each.id)
def each(request: pytest.FixtureRequest) -> Claim:
    """Every claim of the ledger in turn."""
    claim: Claim = request.param
    return claim


def test_every_claim_is_there() -> None:
    found = {claim.id: claim.unmeasurable is None for claim in entries.claims()}
    assert sorted(found) == sorted([*MEASURABLE, *NOT_MEASURABLE])
    assert all(found[identifier] for identifier in MEASURABLE)
    assert not any(found[identifier] for identifier in NOT_MEASURABLE)


def test_a_claim_belongs_to_the_dataset_of_its_system(each: Claim) -> None:
    assert each.system == list(COUNTS)[int(each.id[1]) - 1]
    assert each.system in {spec.name for spec in datasets.available()}


def test_a_measurable_claim_has_its_check(each: Claim) -> None:
    if each.unmeasurable is None:
        assert callable(checks.find(each.check or ""))


def test_no_check_is_without_a_claim() -> None:
    named = {claim.check for claim in entries.claims()}
    families = {(name or "").partition(".")[0] for name in named if name}
    for family in families:
        module = __import__(f"workbench.claims.checks.{family}", fromlist=["CHECKS"])
        assert {f"{family}.{name}" for name in module.CHECKS} <= named


def test_a_quick_parameter_stands_beside_the_full_one(each: Claim) -> None:
    quick = [name for name in each.parameters if name.startswith("quick_")]
    assert [name for name in quick if name.removeprefix("quick_") not in each.parameters] == []


def test_texts_are_sentences_without_promises_as_words(each: Claim) -> None:
    for text in (each.text, each.experiment):
        assert re.search(r"[.)]$", text)
    assert len(each.title) <= 36


def test_claims_are_chosen_by_id_and_by_system() -> None:
    assert [claim.id for claim in entries.chosen(["S2.3", "S1.4", "S2.3"])] == ["S1.4", "S2.3"]
    assert {claim.system for claim in entries.chosen(system="todos")} == {"todos"}
    assert entries.chosen(["S1.4"], "todos") == ()
    assert entries.chosen() == entries.claims()


def test_an_unknown_claim_or_system_is_told_with_near_names() -> None:
    with pytest.raises(UnknownName, match=r"no claim named S1\.11"):
        entries.claim("S1.11")
    with pytest.raises(UnknownName, match="no system named todo in the ledger; did you mean todos"):
        entries.chosen(system="todo")


def test_the_example_is_good() -> None:
    (claim,) = entries.parse(GOOD)
    assert (claim.id, claim.promises[0].low, claim.check) == ("S1.1", 3.0, "family.name")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "S1.1"', 'id = "1.1"', "claim 1.1: an id looks like S1.4 or S1-3.2"),
        ('title = "A title"', "", "claim S1.1: title is missing"),
        ('text = "A text."', 'text = ""', "claim S1.1: text is missing"),
        ('system = "deployer"', "system = 3", "claim S1.1: system is missing"),
        ("check =", "chek =", "claim S1.1: unknown key chek"),
        ('check = "family.name"', "", "give promises and a check, or say why it is unmeasurable"),
        ('check = "family.name"', 'check = "name"', "'name' does not read FAMILY.NAME"),
        ("low = 3", "low = 30", "low 30 is above high 10"),
        ("low = 3, high = 10", "low = 0.5", "0.5 is no better than neutral 1"),
        ("low = 3, ", "", "with better = 'higher' the promise stands at low"),
        (", low = 3, high = 10, neutral = 1", "", "nothing is promised"),
        ("low = 3", 'low = "3"', "low is a number, not '3'"),
        ("neutral = 1", "neutral = true", "neutral is a number, not True"),
        ("neutral = 1", "nuetral = 1", "unknown key nuetral"),
        ("neutral = 1", 'better = "up"', "better is higher or lower, not 'up'"),
        ('unit = "x", ', "", "needs a figure and a unit"),
        ("[[claim]]", "[[clam]]", "unknown key clam"),
        ("[[claim]]", "[[claim]", "not TOML"),
        ('check = "family.name"', 'check = "a.b"\nunmeasurable = "no"', "has neither promises nor"),
    ],
)
def test_a_mistake_is_told_with_claim_and_remedy(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(SpecError) as refusal:
        entries.parse(GOOD.replace(old, new))
    assert message in str(refusal.value)


def test_an_id_stands_for_one_claim() -> None:
    with pytest.raises(SpecError, match=r"S1\.1 is there twice"):
        entries.parse(GOOD + GOOD)


def test_the_same_figure_is_promised_once() -> None:
    text = GOOD.replace(
        "neutral = 1 }", 'neutral = 1 }, { figure = "speed-up", unit = "x", low = 2 }'
    )
    with pytest.raises(SpecError, match="two promises have the same figure"):
        entries.parse(text)
