"""`mapping guess` and `mapping try`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy.exc import SQLAlchemyError

from include.verbs.options import open_current_house

if TYPE_CHECKING:
    from include.sources.air.printed_hours import Scale

_PATH = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("mapping")
def mapping() -> None:
    """Say how a file's own columns are to be read."""


@mapping.command("guess")
@click.argument("path", type=_PATH)
def guess(path: Path) -> None:
    """Propose a mapping for a file (YAML on standard output), with what is unsure as comments."""
    from include.sources.guess.proposal import guess as run

    click.echo(run(path), nl=False)


@mapping.command("try")
@click.argument("path", type=_PATH)
@click.argument("others", nargs=-1, type=_PATH)
@click.option("--mapping", "name", required=True, help="A YAML file, or a shipped mapping by its name.")
@click.option(
    "--table",
    default="",
    help="Which of its tables, where it has several and the file's name does not say it.",
)
@click.option("--stations", type=_PATH, help="A table of stations (station_id, city).")
def try_mapping(path: Path, others: tuple[Path, ...], name: str, table: str, stations: Path | None) -> None:
    """Read the first 20 rows of a file by a mapping and say what each becomes, as an import of it (and of OTHERS along with it) into
    this store would; nothing is stored; exit 1 where one is not used."""
    from include.sources.every_table import mapping_for, named_mapping
    from include.sources.mapping_trial import try_mapping as run

    chosen = named_mapping(name, table) if table else mapping_for(name, path)
    known, notes = _known_hours()
    trial = run(path, chosen, stations, now=datetime.now(UTC), others=others, known=known)
    for note in (*notes, *trial.notes):
        click.echo(f"note: {note}", err=True)
    for line in trial.lines:
        click.echo(line)
    if trial.faults:
        raise click.exceptions.Exit(1)


def _known_hours() -> tuple[dict[str, frozenset[Scale]], list[str]]:
    """The hours that files of each header printed so far, by the store; without a store, that nothing is known of them."""
    from include.errors import QianliyanError
    from include.sources.air.hours import scales
    from include.store.air_days import layout_hours
    from include.store.engine import reading

    try:
        with reading(open_current_house().engine) as connection:
            return {header: scales(hours) for header, hours in layout_hours(connection).items()}, []
    except (QianliyanError, SQLAlchemyError):
        return {}, ["没有可用的库：小时是起点还是终点只按所给的文件理解"]
