"""`watch` and the verbs below it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click

from include.errors import InputError
from include.periods import midnight
from include.verbs.options import Day, Moment, open_current_house, operator


@click.group("watch", invoke_without_command=True)
@click.option("--start", type=Day(), help="First day of hours.")
@click.option("--end", type=Day(), help="Day after the last one.")
@click.option(
    "--known-at", type=Moment(), help="With readings received until then only; default: all that are stored."
)
@click.pass_context
def watch(context: click.Context, start: date | None, end: date | None, known_at: datetime | None) -> None:
    """Judge the hours of any window from the stations' readings, and keep the alarms and suspects that come of them."""
    if context.invoked_subcommand is not None:
        return
    from include.workflows.watching import watch as run

    if start is None or end is None or start >= end:
        raise InputError(
            "a window needs at least one day", where="watch --start/--end", got=f"{start} and {end}",
            expected="--start DATE --end DATE, start before end (end is exclusive)",
        )  # fmt: skip
    house = open_current_house()
    done = run(
        house, midnight(start), midnight(end), now=datetime.now(UTC), known_at=known_at, quiet=house.quiet_hours, actor=operator()
    )  # fmt: skip
    kept = done.kept
    click.echo(
        f"{done.hours} hours judged, {done.days_computed} daily facts computed; {len(done.alarms)} alarms: {kept.new} new, "
        f"{kept.revised} revised, {kept.unchanged} unchanged, {kept.withdrawn} dropped, {kept.unsupported} for a person, "
        f"{kept.merged} told by another source earlier; {done.suppressed} held back"
    )
    for word, hours in sorted(done.lacks.items()):
        click.echo(f"note: without {word} in {hours} of {done.hours} hours", err=True)


@watch.command("export")
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder; it is made."
)
@click.option("--start", type=Day(), help="Only alarms raised from this day on.")
@click.option("--end", type=Day(), help="Only alarms raised before this day.")
def export(to: Path, start: date | None, end: date | None) -> None:
    """Write alarms.csv and suspects.csv: the last state of every alarm that the watch made."""
    from include.desk.watch_export import export as run

    house = open_current_house()
    written = run(house.engine, to, midnight(start) if start else None, midnight(end) if end else None)
    for name, rows in written.items():
        click.echo(f"{to / name}: {rows} rows")
