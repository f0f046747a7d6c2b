"""`import-air-quality`, `import-enterprises` and `air-quality`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from include.errors import InputError
from include.language import say
from include.periods import period_ending
from include.rules import SIMULATED_LABEL
from include.sources.mapping.language import HourLabel
from include.verbs.options import FORMATS, Day, open_current_house, print_rows

if TYPE_CHECKING:
    from include.sources.quarantine import Rejected

_SHOWN = 5  # rows on the terminal; all are in the quarantine


@click.command("import-air-quality")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--hour-label",
    type=click.Choice(["start", "end"]),
    help="Which end of its hour a time names. Default: its start, and in archives with the hours 1 to 24 its end.",
)
@click.option("--replace", is_flag=True, help="Take days too of which the store has more hours.")
@click.option(
    "--mapping",
    default="",
    help="A mapping (a YAML file, or a shipped one by its name). Default: the shipped one that a header is known by.",
)
@click.option(
    "--stations",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A table of stations (station_id, city): values of stations become means of their cities.",
)
def import_air_quality(
    paths: tuple[Path, ...],
    hour_label: HourLabel | None,
    replace: bool,
    mapping: str,
    stations: Path | None,
) -> None:
    """Read air-quality archives (files, or folders recursively) into the store; exit 1 when a file or day was not taken."""
    from include.office.air_quality import import_lines
    from include.sources.air.quality import import_air_quality as run
    from include.sources.every_table import named_mapping

    house = open_current_house()
    done = run(
        house.engine,
        house.hourly_dir,
        paths,
        now=datetime.now(UTC),
        hour_label=hour_label,
        replace=replace,
        mapping=named_mapping(mapping, "air") if mapping else None,
        stations=stations,
    )
    total, *rest = import_lines(done, house.notes_dir, datetime.now(UTC))
    click.echo(total)
    for line in rest:
        click.echo(line, err=True)
    if done.rejected or done.untaken:
        raise click.exceptions.Exit(1)


def _tell_rejected(rows: Sequence[Rejected]) -> None:
    """The first of the rows of a table that went to the quarantine."""
    for row in rows[:_SHOWN]:
        click.echo(
            say(
                "未用：{origin} {field}：{reason}，如“{value}”",
                origin=row.origin,
                field=row.field,
                reason=row.reason,
                value=row.value,
            ),
            err=True,
        )


_DATUMS = {"wgs84": "WGS84", "gcj02": "GCJ-02", "bd09": "BD-09"}


@click.command("import-enterprises")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--datum",
    type=click.Choice(list(_DATUMS)),
    required=True,
    help="In which the file gives its coordinates.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OWN=HEADING",
    help='The heading of a column that is called otherwise (may be given again): lon=经度, "name=Plant name".',
)
@click.option(
    "--mapping",
    default="",
    help="A mapping (a YAML file, table `enterprises`); --column goes before what it says of that column.",
)
@click.option(
    "--source", default="enterprises", show_default=True, help="Name of the table, which is replaced whole."
)
def import_enterprises(path: Path, datum: str, columns: tuple[str, ...], mapping: str, source: str) -> None:
    """Read key enterprises (any table with coordinates) into the store, in the place of the source's former table."""
    from include.office.named import all_names
    from include.sources.enterprises import import_enterprises as run
    from include.sources.every_table import named_mapping

    headings = dict(one.split("=", 1) for one in columns if "=" in one)
    if len(headings) != len(columns):
        raise InputError(
            "not a column", where="--column", got=" ".join(columns), expected="OWN=HEADING, each column once"
        )
    house = open_current_house()
    done = run(
        house.engine,
        path,
        datum=_DATUMS[datum],
        now=datetime.now(UTC),
        columns=headings,
        mapping=named_mapping(mapping, "enterprises") if mapping else None,
        source=source,
    )
    click.echo(
        say(
            "读入{rows}行；存入企业{kept}家，替换原有{replaced}家；并入企业的生产线{lines}条，重复{duplicates}行，未用{rejected}行（在待查中）",
            rows=done.rows,
            kept=done.kept,
            lines=done.lines,
            replaced=done.replaced,
            duplicates=done.duplicates,
            rejected=len(done.rejected),
        )
        + (say("（{mark}）", mark=SIMULATED_LABEL) if done.is_simulated else "")
    )
    _tell_rejected(done.rejected)
    if done.datum_doubt:
        click.echo(done.datum_doubt, err=True)
    if done.relocated:
        names = all_names(done.relocated, house.notes_dir, "relocated", datetime.now(UTC))
        click.echo(
            say(
                "{count}家与所写的城市或区县不符，按坐标归属：{names}", count=len(done.relocated), names=names
            ),
            err=True,
        )


@click.command("import-places")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(["site", "road", "fire"]),
    required=True,
    help="Construction sites, roads (a point each), or satellite fires (as NASA FIRMS gives them for download).",
)
@click.option(
    "--datum",
    type=click.Choice(list(_DATUMS)),
    default="wgs84",
    show_default=True,
    help="Of the coordinates.",
)
@click.option(
    "--mapping",
    default="",
    help="A mapping (a YAML file, or a shipped one by its name; table `places`, of fires `fires`) for a file with other columns.",
)
@click.option(
    "--source", default="", help="Name of the table; sites and roads of one name are replaced whole."
)
def import_places(path: Path, kind: str, datum: str, mapping: str, source: str) -> None:
    """Read construction sites, roads or satellite fires as candidates of the ranking of suspects."""
    from include.sources.candidate_places import import_places as run
    from include.sources.mapping.files import mapping_file

    house = open_current_house()
    done = run(
        house.engine,
        path,
        kind,  # type: ignore[arg-type]  # click has checked it
        now=datetime.now(UTC),
        mapping_file=mapping_file(mapping) if mapping else None,
        datum=_DATUMS[datum],
        source=source,
    )
    before = (
        say("已有{known}处", known=done.known)
        if kind == "fire"
        else say("替换原有{replaced}处", replaced=done.replaced)
    )
    click.echo(
        say(
            "读入{rows}行；存入{kept}处，{before}；重复{duplicates}行，未用{rejected}行（在待查中）",
            rows=done.rows,
            kept=done.kept,
            before=before,
            duplicates=done.duplicates,
            rejected=len(done.rejected),
        )
        + (say("（{mark}）", mark=SIMULATED_LABEL) if done.is_simulated else "")
    )
    _tell_rejected(done.rejected)


@click.command("air-quality")
@click.option("--period-end", type=Day(), required=True, help="Exclusive end of the window.")
@click.option("--kind", type=click.Choice(["half_month", "month"]), required=True)
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def air_quality(period_end: date, kind: str, form: str) -> None:
    """The cities' PM2.5 over a half-month or month: level, valid days, changes and rank, unrounded."""
    from include.office.air_quality import air_quality_table

    house = open_current_house()
    period = period_ending(kind, period_end)
    print_rows(air_quality_table(house.engine, house.hourly_dir, period), form, f"PM2.5 {period.label}")
