"""`publish` and `publish remove`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click

from include.errors import InputError
from include.verbs.options import Day, open_current_house, operator


@click.group("publish", invoke_without_command=True)
@click.option(
    "--until", type=Day(), help="The date up to which: a month counts that ended `delay_days` before it."
)
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder; it holds nothing but the publication.",
)
@click.pass_context
def publish(context: click.Context, until: date | None, to: Path | None) -> None:
    """Write what is open to the public: pages in Chinese and English, CSV by month, GeoJSON by county, a feed."""
    if context.invoked_subcommand is not None:
        return
    from include.openness.publishing import publish as run

    if until is None or to is None:
        raise InputError(
            "a publication needs its date and its folder",
            where="publish --until/--to",
            got=f"{until} and {to}",
            expected="--until DATE --to DIR",
        )
    done = run(open_current_house(), until, to, now=datetime.now(UTC), actor=operator())
    for one in done.plan.new:
        click.echo(f"new: {one.path} ({one.reason}, {one.changed_cells} cells changed)")
    editions = len(done.plan.editions)
    click.echo(f"{editions} editions in {done.files} files, {done.size_bytes / 2**20:.1f} MB: {to}")


@publish.command("remove")
@click.argument("month")
@click.option("--edition", type=click.IntRange(1), required=True)
@click.option("--reason", required=True, help="Told to the public.")
def remove(month: str, edition: int, reason: str) -> None:
    """Take an edition away: its files go with the next `publish`; a note with date and reason stays. MONTH: 2020-03."""
    from include.openness.editions import remove as run

    house = open_current_house()
    run(house, month, edition, now=datetime.now(UTC), actor=operator(), reason=reason)
    click.echo(f"edition {edition} of {month} is taken away; publish again to remove its files")
