"""`hints` and the verbs below it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pandas as pd

from include.errors import CheckFailed
from include.periods import office_zone
from include.verbs.options import FORMATS, open_current_house, operator, print_rows

_OUTCOMES = click.Choice(["checking", "confirmed", "not_confirmed", "passed_on", "spam"])


@click.group("hints")
def hints() -> None:
    """Hints of the public: taken in, moderated by a person, answered; none becomes an alarm."""


@hints.command("take")
@click.option(
    "--from", "folder", type=click.Path(file_okay=False, path_type=Path), help="Default: var/hints_in."
)
def take(folder: Path | None) -> None:
    """Take in the files `hints*` of the drop folder; files that were read are removed."""
    from include.sources.hints import take_hints

    house = open_current_house()
    done = take_hints(house.engine, folder or house.hints_inbox, now=datetime.now(UTC))
    for line in done.refused:
        click.echo(f"not taken: {line}", err=True)
    click.echo(
        f"{done.files} files: {done.taken} hints taken, {done.matched} matched to a grid, {done.known} known, {len(done.refused)} not taken"
    )
    if done.unread:
        raise CheckFailed(
            f"{done.unread} files could not be read and stay where they are",
            where=str(folder or house.hints_inbox),
            todo="put right what is named above, and take them again",
        )


@hints.command("list")
@click.option("--all", "is_all", is_flag=True, help="Closed ones, too.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=200, show_default=True, help="At most so many rows."
)
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def list_hints(is_all: bool, limit: int, form: str) -> None:
    """The hints that wait for a person, the oldest first; says how many more there are."""
    from include.office.hints import OPEN, STATES, count_hints
    from include.office.hints import hints as found

    engine, states = open_current_house().engine, tuple(STATES) if is_all else OPEN
    rows = found(engine, states, limit)
    more = count_hints(engine, states) - len(rows)
    if more > 0:
        click.echo(f"{more} more hints are not listed: --limit {len(rows) + more} lists all", err=True)
    names = ["hint_id", "received_at", "state", "place", "unit_code", "grid_id", "match_how", "text"]
    print_rows(pd.DataFrame([{name: row[name] for name in names} for row in rows], columns=names), form)


@hints.command("answer")
@click.argument("hint_id")
@click.option("--outcome", type=_OUTCOMES, default="checking", show_default=True)
def answer(hint_id: str, outcome: str) -> None:
    """Print the answer to a sender from the template, to change and send; nothing is sent or kept."""
    from include.office.hints import answer_text, hint_of

    house = open_current_house()
    row: dict[str, Any] = hint_of(house.engine, hint_id)
    row["received_at"] = row["received_at"].astimezone(office_zone()).strftime("%Y-%m-%d")
    click.echo(answer_text(house, row, outcome))


@hints.command("settle")
@click.argument("hint_id")
@click.option("--outcome", type=_OUTCOMES, required=True)
@click.option("--grid", "grid_id", default="", help="The grid that it is about, where the match is wrong.")
@click.option("--answer", "words", default="", help="What was answered.")
def settle(hint_id: str, outcome: str, grid_id: str, words: str) -> None:
    """Moderate a hint; whatever names or quotes its sender is erased 30 days after it is closed, by `prune --apply`."""
    from include.office.hints import settle as run

    now = datetime.now(UTC)
    run(open_current_house(), hint_id, outcome, now=now, actor=operator(), grid_id=grid_id, answer=words)
    click.echo(f"{hint_id}: {outcome}")
