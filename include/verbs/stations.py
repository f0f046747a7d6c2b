"""`import-stations`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from include.language import say
from include.verbs.options import open_current_house

_SHOWN = 20  # faults on the terminal; all are in the quarantine


@click.command("import-stations")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--mapping",
    default="",
    help="A mapping (a YAML file, or a shipped one by its name) for files with other names, columns, units of time or zones.",
)
def import_stations(paths: tuple[Path, ...], mapping: str) -> None:
    """Read stations, their hours, winds, meters and grids (files, or a world's folder) into the store; foreign files are left."""
    from include.periods import DAY, midnight, office_zone
    from include.sources.mapping.files import load, mapping_file
    from include.sources.stations.faults import shown
    from include.sources.stations.intake import import_stations as run
    from include.sources.stations.layouts import STATION_LAYOUTS
    from include.sources.stations.said import station_lines
    from include.workflows.wind_masts import wind_notes

    house = open_current_house()
    tables = load(mapping_file(mapping), office_zone(), STATION_LAYOUTS).tables if mapping else ()
    done = run(house.engine, house.stations_dir, paths, now=datetime.now(UTC), mappings=tables)
    days = sorted(done.days)
    for line in station_lines(done):
        click.echo(line)
    notes = [*done.notes, *(wind_notes(house, midnight(days[0]), midnight(days[-1] + DAY)) if days else ())]
    for note in notes[:_SHOWN]:
        click.echo(note, err=True)
    faults = shown(done.faults)
    for fault in faults[:_SHOWN]:
        click.echo(say("未用：{fault}", fault=fault), err=True)
    if len(faults) > _SHOWN:
        click.echo(say("未用的另有{count}条，见 quarantine list", count=len(faults) - _SHOWN), err=True)
    for error in done.rejected:
        click.echo(say("未导入：{error}", error=error), err=True)
