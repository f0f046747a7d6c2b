"""What the verbs of records between dates (units, places) share."""

from collections.abc import Callable
from datetime import UTC, datetime

import click
from sqlalchemy import Connection

from include.act import Act
from include.store.engine import writing
from include.verbs.options import Day, open_current_house, operator

SINCE = click.option("--from", "since", type=Day(), required=True, help="The first date on which it holds.")


def change(reason: str, step: Callable[[Connection, Act], object]) -> None:
    """Takes one step in the store of this installation, in a transaction of its own."""
    with writing(open_current_house().engine, lock="intake") as connection:
        step(connection, Act(datetime.now(UTC), operator(), reason))
    click.echo("done")
