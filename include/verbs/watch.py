"""`watch` and the verbs below it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pandas as pd

from include.errors import InputError
from include.periods import DAY, midnight, office_zone
from include.verbs.options import FORMATS, REASON, Day, End, Moment, open_current_house, operator, print_rows

if TYPE_CHECKING:
    from include.store.watch_todos import Decision


@click.group("watch", invoke_without_command=True)
@click.option("--start", type=End(), help="First day, or first hour (2020-03-05T07:00).")
@click.option("--end", type=End(), help="Day after the last one, or end of the last hour.")
@click.option(
    "--known-at", type=Moment(), help="With readings received until then only; default: all that are stored."
)
@click.pass_context
def watch(context: click.Context, start: date | None, end: date | None, known_at: datetime | None) -> None:
    """Judge the hours of any window from the stations' readings, and keep the alarms and suspects that come of them."""
    if context.invoked_subcommand is not None:
        return
    from include.workflows.watching import watch as run
    from include.workflows.wind_masts import wind_notes

    start_at, end_at = (_whole_hour(told) for told in (start, end))
    if start_at is None or end_at is None or start_at >= end_at:
        raise InputError(
            "a window needs at least one hour",
            where="watch --start/--end",
            got=f"{start} and {end}",
            expected="--start DATE --end DATE (or whole hours: 2020-03-05T07:00), start before end (end is exclusive)",
        )
    house = open_current_house()
    done = run(
        house,
        start_at,
        end_at,
        now=datetime.now(UTC),
        known_at=known_at,
        quiet=house.quiet_hours,
        actor=operator(),
    )
    kept = done.kept
    click.echo(
        f"{done.hours} hours judged, {done.days_computed} daily facts computed; {len(done.alarms)} alarms: {kept.new} new, "
        f"{kept.revised} revised, {kept.unchanged} unchanged, {kept.withdrawn} dropped, {kept.unsupported} for a person, "
        f"{kept.merged} told by another source earlier; {done.suppressed} held back; suspects of {done.suspected}"
    )
    for word, hours in sorted(done.lacks.items()):
        click.echo(f"note: without {word} in {hours} of {done.hours} hours", err=True)
    for line in wind_notes(house, start_at, end_at):
        click.echo(f"note: {line}", err=True)


def _whole_hour(told: date | None) -> datetime | None:
    """The instant of a day's beginning or of an hour. Raises InputError where it is no whole hour."""
    if not isinstance(told, datetime):
        return None if told is None else midnight(told)
    if told.astimezone(UTC).replace(minute=0, second=0, microsecond=0) != told:
        raise InputError(
            "not a whole hour",
            where="watch --start/--end",
            got=str(told),
            expected="an hour such as 2020-03-05T07:00",
        )
    return told


@watch.command("export")
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder; it is made."
)
@click.option("--start", type=Day(), help="Only alarms raised from this day on.")
@click.option("--end", type=Day(), help="Only alarms raised before this day.")
def export(to: Path, start: date | None, end: date | None) -> None:
    """Write alarms.csv and suspects.csv: the last state of every alarm that the watch made."""
    from include.office.watch_export import export as run

    house = open_current_house()
    written = run(house.engine, to, midnight(start) if start else None, midnight(end) if end else None)
    for name, rows in written.items():
        click.echo(f"{to / name}: {rows} rows")


@watch.command("explain")
@click.argument("alarm_id")
@click.option("--format", "form", type=click.Choice(["json", "text"]), default="text", show_default=True)
def explain(alarm_id: str, form: str) -> None:
    """Every number that led to an alarm: its hours, each station's reading, flag, swelling and gain (level = (reading / swelling + 5)
    / exp(gain) - 5), the neighbours whose levels made the surroundings of the deciding hour, and the daily facts."""
    from include.office.watch_evidence import explain as run
    from include.office.watch_evidence import explained
    from include.workflows.watch_explaining import surroundings_of

    house = open_current_house()
    found = explained(run(house, alarm_id))
    deciding_at = datetime.fromisoformat(found["raised_at"]).astimezone(UTC) - timedelta(hours=1)
    around = surroundings_of(house, found["grid_id"], deciding_at)
    rows = around.pop("neighbours") if around is not None else []
    told = {} if around is None else {**around, "hour": deciding_at.astimezone(office_zone()).isoformat()}
    found |= {"surroundings": told, "neighbours": rows}
    if form == "json":
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    tables = ("revisions", "hours", "stations", "neighbours", "daily_facts")
    for name, value in found.items():
        if name not in tables:
            click.echo(
                f"{name}: {json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value}"
            )
    for name in tables:
        click.echo(f"\n{name}")
        rows = pd.DataFrame(found[name])
        click.echo(rows.to_string(index=False, na_rep="—") if len(rows) else "—")


@watch.command("network")
@click.option("--day", type=Day(), help="By the days to this one; default: the last day with daily facts.")
@click.option("--days", type=click.IntRange(1, 60), default=7, show_default=True, help="So many days count.")
@click.option("--units", is_flag=True, help="One row a unit instead of one row a station to service.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def network(day: date | None, days: int, units: bool, form: str) -> None:
    """Which stations to service, by unit: stuck, dead, silent, wild, or far off their surroundings."""
    from include.office.watch_network import network as run
    from include.workflows.wind_masts import wind_notes

    house = open_current_house()
    shown, by_unit, stations = run(house.engine, day, days)
    title = (
        f"{'站点运行情况' if units else '待维护站点'}（截至{shown}，近{days}天）" if shown else "尚无日事实"
    )
    print_rows(by_unit if units else stations, form, title)
    if shown:
        for line in wind_notes(house, midnight(shown - (days - 1) * DAY), midnight(shown + DAY)):
            click.echo(f"note: {line}", err=True)


@watch.command("evaluate")
@click.option(
    "--truth",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder of a world's truth.",
)
@click.option(
    "--warm-up", type=click.IntRange(min=0), default=72, show_default=True, help="Hours that are not scored."
)
@click.option("--format", "form", type=click.Choice(["json", "text"]), default="text", show_default=True)
def evaluate(truth: Path, warm_up: int, form: str) -> None:
    """Score the alarms and suspects in the store against a world's truth: precision, recall, time to alarm, calibration."""
    from include.office.watch_export import exported_alarms, exported_suspects
    from include.office.watch_scores import read_truth, scores
    from include.store.engine import reading

    told = read_truth(truth)
    with reading(open_current_house().engine) as connection:
        alarms, suspects = exported_alarms(connection), exported_suspects(connection)
    found = scores(alarms, suspects, told, warm_up)
    if form == "json":
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        click.echo(f"{name:22} {'—' if value is None else value}")


@watch.command("cells")
@click.option("--hour", type=Moment(), required=True, help="Start of the hour: 2020-04-03T08:00.")
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="A file: *.parquet, *.geojson or *.csv.",
)
def cells(hour: datetime, to: Path) -> None:
    """Write the surface of 500 m cells of one hour: μg/m³, 实测 or 估算, variance. No alarm comes of a cell."""
    from include.workflows.watch_cells import cells_of_hour, write_cells

    found = cells_of_hour(open_current_house(), hour)
    write_cells(found, to)
    click.echo(f"{to}: {len(found)} cells, {int((found['kind'] == '实测').sum())} measured")


@watch.command("held-back")
@click.option("--start", type=Day(), required=True, help="First day.")
@click.option("--end", type=Day(), required=True, help="Day after the last one.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def held_back(start: date, end: date, form: str) -> None:
    """What stood above its surroundings and became no alarm, and why: dust, a whole city, a lone jump, damp, within the error."""
    from include.store.engine import reading
    from include.store.statements import frame
    from include.watch import REASONS

    with reading(open_current_house().engine) as connection:
        rows = frame(connection, "watch_held_back", start_at=midnight(start), end_at=midnight(end))
    for name in ("started_at", "last_at"):
        rows[name] = [moment.isoformat() for moment in rows[name].dt.tz_convert(office_zone())]
    rows["reason_name"] = rows["reason"].map(REASONS).fillna(rows["reason"])
    print_rows(rows, form, f"未形成报警的偏高（{start}至{end}）")


@watch.command("todo")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def todo(form: str) -> None:
    """Alarms that left and that later data speak against: each waits for `watch withdraw` or `watch keep`."""
    from include.store.engine import reading
    from include.store.watch_todos import open_todos

    with reading(open_current_house().engine) as connection:
        found = open_todos(connection)
    columns = ("alarm_id", "grid_id", "kind", "reason", "since", "is_simulated")
    rows = [
        {**one, "since": one["made_at"].astimezone(office_zone()).isoformat(timespec="seconds")}
        for one in found
    ]
    print_rows(pd.DataFrame(rows, columns=list(columns)), form, "待核实的报警")


@watch.command("withdraw")
@click.argument("alarm_id")
@REASON
def withdraw(alarm_id: str, reason: str) -> None:
    """Withdraw an alarm that later data speak against: it counts as a false alarm (误报) from now on."""
    _decide(alarm_id, "withdraw", reason)


@watch.command("keep")
@click.argument("alarm_id")
@REASON
def keep(alarm_id: str, reason: str) -> None:
    """Keep an alarm that later data speak against: it stands as it left."""
    _decide(alarm_id, "keep", reason)


def _decide(alarm_id: str, decision: Decision, reason: str) -> None:
    from include.store.watch_todos import decide

    decide(
        open_current_house().engine, alarm_id, decision, reason=reason, by=operator(), now=datetime.now(UTC)
    )
    click.echo(f"{alarm_id}: {'withdrawn' if decision == 'withdraw' else 'kept'}")
