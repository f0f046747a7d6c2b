"""Types of options, and the ways in and out that all verbs share."""

import getpass
from datetime import date, datetime
from typing import Any

import click
import pandas as pd

from include.errors import InputError
from include.house import House, default_registry, open_house
from include.periods import parse_date, parse_moment, parse_moment_or_date

FORMULA = ("=", "+", "-", "@", "\t", "\r")
FORMATS = click.Choice(["csv", "json", "table"])
REASON = click.option("--reason", required=True, help="Why; kept in the audit trail.")


class Day(click.ParamType[date]):
    """A date; the message names the value and the form."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date, or a usage error."""
        if isinstance(value, date):
            return value
        try:
            return parse_date(value)
        except InputError as error:
            self.fail(str(error), param, ctx)


class End(click.ParamType[date]):
    """The end of a window: a date, or a moment (without an offset Beijing time)."""

    name = "date|time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date or the instant (a datetime is a date), or a usage error."""
        if isinstance(value, date):
            return value
        try:
            return parse_moment_or_date(value)
        except InputError as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[datetime]):
    """An instant; without an offset Beijing time."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant, or a usage error."""
        if isinstance(value, datetime):
            return value
        try:
            return parse_moment(value)
        except InputError as error:
            self.fail(str(error), param, ctx)


def open_current_house() -> House:
    """The installation, with a store at this version. Raises InputError."""
    from include.store.migrate import require_current

    house = open_house(default_registry())
    require_current(house.engine)
    return house


def operator() -> str:
    """Who is at the keyboard, for the audit trail."""
    return f"{getpass.getuser()} (command line)"


def without_formulas(rows: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before each text that a spreadsheet would run."""
    return rows.map(
        lambda value: f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
    )


def print_rows(rows: pd.DataFrame, form: str, title: str = "") -> None:
    """A frame as csv, json (one object a row) or a table for people."""
    if form == "csv":
        click.echo(without_formulas(rows).to_csv(index=False), nl=False)
    elif form == "json":
        click.echo(
            rows.to_json(
                orient="records", force_ascii=False, indent=2, date_format="iso", double_precision=10
            )
        )
    else:
        from include.verbs.tables import print_table

        print_table(rows, title)
