"""`quarantine list|show|correct|replay|discard`: rows that could not be understood."""

from dataclasses import asdict
from datetime import UTC, datetime

import click

from include.errors import InputError
from include.verbs.options import FORMATS, open_current_house, operator, print_rows

ROW = click.argument("quarantine_id", type=click.IntRange(min=1))


@click.group()
def quarantine() -> None:
    """Rows that could not be understood."""


@quarantine.command("list")
@click.option("--all", "is_all", is_flag=True, help="Settled rows too.")
@click.option("--source", help="Only of this source.")
@click.option("--most", type=click.IntRange(1, 100_000), default=200, show_default=True)
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def list_rows(is_all: bool, source: str | None, most: int, form: str) -> None:
    """One line a row, the latest first."""
    import pandas as pd

    from include.sources.quarantine import list_rows as run
    from include.store.engine import reading

    columns = [
        "quarantine_id",
        "source",
        "kind",
        "origin",
        "field",
        "value",
        "reason",
        "state",
        "received_at",
    ]
    with reading(open_current_house().engine) as connection:
        found = run(connection, state=None if is_all else "open", source=source, limit=most)
    print_rows(pd.DataFrame([asdict(row) for row in found], columns=columns), form)


@quarantine.command()
@ROW
def show(quarantine_id: int) -> None:
    """One row, whole, with what was expected."""
    from include.sources.quarantine import show as run
    from include.store.engine import reading

    with reading(open_current_house().engine) as connection:
        row = run(connection, quarantine_id)
    click.echo(f"{row.kind} of {row.source}, {row.origin}: {row.state}")
    click.echo(f"{row.field} = {row.value!r}: {row.reason}")
    for name, value in (row.fields or row.row).items():
        click.echo(f"  {name}: {value}")


@quarantine.command()
@ROW
@click.argument("assignments", nargs=-1, required=True, metavar="FIELD=VALUE...")
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
def correct(quarantine_id: int, assignments: tuple[str, ...], reason: str) -> None:
    """Change fields of an open row; `quarantine replay` then stores it."""
    from include.sources.quarantine import correct as run

    values = dict(one.split("=", 1) for one in assignments if "=" in one)
    if len(values) != len(assignments):
        raise InputError(
            "not an assignment",
            where="arguments",
            got=" ".join(assignments),
            expected="FIELD=VALUE, each field once",
        )
    row = run(
        open_current_house().engine,
        quarantine_id,
        values,
        by=operator(),
        reason=reason,
        now=datetime.now(UTC),
    )
    click.echo(f"row {row.quarantine_id} corrected; now: quarantine replay {row.quarantine_id}")


@quarantine.command()
@click.argument("quarantine_ids", nargs=-1, type=click.IntRange(min=1), required=True)
def replay(quarantine_ids: tuple[int, ...]) -> None:
    """Check open rows again and store those that are good now; exit 1 when one is still wrong."""
    from include.sources.quarantine import replay as run

    wrong = run(open_current_house().engine, quarantine_ids, by=operator(), now=datetime.now(UTC))
    for number in quarantine_ids:
        click.echo(f"row {number}: {wrong.get(number, 'stored')}")
    if wrong:
        raise click.exceptions.Exit(1)


@quarantine.command()
@ROW
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
def take(quarantine_id: int, reason: str) -> None:
    """Take a file of air quality after all whose days the store has more of (discard keeps the store's)."""
    from include.office.air_quality import import_lines
    from include.office.untaken_air import take as run

    house, now = open_current_house(), datetime.now(UTC)
    done = run(house, quarantine_id, by=operator(), reason=reason, now=now)
    for line in import_lines(done, house.notes_dir, now):
        click.echo(line)


@quarantine.command()
@ROW
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
def discard(quarantine_id: int, reason: str) -> None:
    """Settle an open row without storing it."""
    from include.sources.quarantine import discard as run

    run(open_current_house().engine, quarantine_id, by=operator(), reason=reason, now=datetime.now(UTC))
    click.echo(f"row {quarantine_id} discarded")
