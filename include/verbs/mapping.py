"""`mapping guess` and `mapping try`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

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
@click.option("--mapping", "name", required=True, help="A YAML file, or a shipped mapping by its name.")
@click.option(
    "--table",
    default="",
    help="Which of its tables, where it has several and the file's name does not say it.",
)
@click.option("--stations", type=_PATH, help="A table of stations (station_id, city).")
def try_mapping(path: Path, name: str, table: str, stations: Path | None) -> None:
    """Read the first 20 rows of a file by a mapping and say what each becomes; nothing is stored; exit 1 where one is not used."""
    from include.sources.every_table import mapping_for, named_mapping
    from include.sources.mapping_trial import try_mapping as run

    chosen = named_mapping(name, table) if table else mapping_for(name, path)
    trial = run(path, chosen, stations, now=datetime.now(UTC))
    for note in trial.notes:
        click.echo(f"note: {note}", err=True)
    for line in trial.lines:
        click.echo(line)
    if trial.faults:
        raise click.exceptions.Exit(1)
