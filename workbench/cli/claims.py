"""The commands around the ledger of claims."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.console import check_output, notice, progress_bar, show, write
from workbench.cli.statements import SCALE, WHERE
from workbench.errors import UnknownName

if TYPE_CHECKING:
    from workbench.claims.claim import Claim
    from workbench.claims.result import Result

FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="How to print it.",
)
OUTPUT = click.option(
    "--output", type=click.Path(path_type=Path), help="A file instead of standard output."
)
SYSTEM = click.option("--system", metavar="NAME", help="Only the claims of this system.")


@click.group()
def claims() -> None:
    """What five optimisation plans promised, put to the test."""


@claims.command("list")
@click.argument("ids", nargs=-1, metavar="[ID ...]")
@SYSTEM
@FORMAT
@OUTPUT
def claims_list(ids: tuple[str, ...], system: str | None, form: str, output: Path | None) -> None:
    """Show the ledger: every claim with its promise, and what an answer may depend on.

    With an ID also how it is measured.
    """
    from workbench.claims.result import described
    from workbench.reports.claims_table import LedgerTable, ledger_markdown

    check_output(output)
    chosen = _chosen(ids, system)
    if form == "json":
        _write_json([described(claim) for claim in chosen], output)
    elif form == "markdown":
        write(ledger_markdown(chosen), output)
    else:
        show(LedgerTable(chosen, experiments=bool(ids)), output)


@claims.command("run")
@click.argument("ids", nargs=-1, metavar="[ID ...]")
@SYSTEM
@SCALE
@WHERE
@click.option(
    "--full",
    is_flag=True,
    help="More rounds and more places of each axis: three quarters of an hour, 7 GB.",
)
@click.option("--again", is_flag=True, help="Measure again what has been measured.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of orders and choices.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Datasets to load at a time. Experiments always run one after the other.",
)
@click.option("--notes", is_flag=True, help="Also print what else each experiment saw.")
@FORMAT
@OUTPUT
def claims_run(
    ids: tuple[str, ...],
    system: str | None,
    notes: bool,
    form: str,
    output: Path | None,
    **options: Any,  # noqa: ANN401 - those of _run
) -> int:
    """Measure claims and give a verdict on each; what has been measured is not measured again.

    Without an ID all claims are run, in the ledger's order. What is done when it is interrupted is
    kept, and the next run goes on from there. The status is 1 when not a single claim could be run.
    """
    check_output(output)
    found = _run(_chosen(ids, system), **options)
    from workbench.reports.claims_table import ClaimsTable, markdown

    if form == "json":
        _write_json([result.as_dict() for result in found], output)
    elif form == "markdown":
        write(markdown(found), output)
    else:
        show(ClaimsTable(found, notes), output)
    return int(all(result.ruling.verdict == "not run" for result in found))


def _chosen(ids: Iterable[str], system: str | None) -> "tuple[Claim, ...]":
    """The claims that were asked for; a name that is not there is wrong usage."""
    from workbench.claims import entries

    try:
        return entries.chosen(ids, system)
    except UnknownName as error:
        raise click.UsageError(str(error)) from None


def _run(
    chosen: "tuple[Claim, ...]",
    *,
    scale: str,
    server: str,
    full: bool,
    again: bool,
    seed: int,
    jobs: int,
) -> "list[Result]":
    from workbench.claims import running

    found: list[Result] = []
    with progress_bar() as progress, _kept(found, len(chosen)):
        settings = running.Settings(
            where=server,
            scale=scale,
            seed=seed,
            quick=not full,
            again=again,
            jobs=jobs,
            notify=notice,
            progress=progress,
            failed=_show_traceback,
        )
        for result in running.run(chosen, settings):
            found.append(result)
            notice(f"{result.claim.id}: {result.ruling.verdict} ({len(found)} of {len(chosen)})")
    return found


@contextmanager
def _kept(found: "list[Result]", chosen: int) -> Iterator[None]:
    """Say on an interrupt that what is done need not be done again."""
    try:
        yield
    except KeyboardInterrupt:
        done = f"{len(found)} of {chosen} claims measured and kept"
        notice(f"{done}; the same command goes on from there")
        raise


def _show_traceback(error: BaseException) -> None:
    """With --debug, where a check failed."""
    if "--debug" in sys.argv:
        import traceback

        traceback.print_exception(error)


def _write_json(content: list[dict[str, Any]], output: Path | None) -> None:
    write(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n", output)
