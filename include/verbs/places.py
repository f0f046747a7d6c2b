"""`places …`: what lies where, between dates."""

from datetime import UTC, date, datetime

import click

from include.profile.values import Place
from include.verbs.dated_changes import SINCE, change
from include.verbs.options import FORMATS, REASON, Day, open_current_house, print_rows


@click.group()
def places() -> None:
    """Places, between dates; every change with its reason on record."""


@places.command("list")
@click.option("--on", type=Day(), help="As they are on a date (today).")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def listed(on: date | None, form: str) -> None:
    """The places on a date: code, name, level, what they lie in, other names."""
    from include.office.units import places_on
    from include.periods import office_date
    from include.store.engine import reading

    house = open_current_house()
    with reading(house.engine) as connection:
        rows = places_on(connection, on or office_date(datetime.now(UTC)))
    print_rows(rows, form)


@places.command("add")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--level", required=True, help="As the profile calls its levels: city, county, …")
@click.option("--in", "parent", default="", help="Code of the place around it.")
@click.option("--name-en", default="", help="Its name in English.")
@SINCE
@REASON
def add(code: str, name: str, level: str, parent: str, name_en: str, since: date, reason: str) -> None:
    """A new place."""
    from include.store.places import add_place

    told = Place(code, name, level, parent, name_en=name_en, valid_from=since)
    change(reason, lambda connection, act: add_place(connection, told, act))


@places.command("end")
@click.argument("code")
@click.option("--on", type=Day(), required=True, help="The first date on which it is no more.")
@REASON
def end(code: str, on: date, reason: str) -> None:
    """A place is no more from a date on; nothing may lie in it then."""
    from include.store.places import end_place

    change(reason, lambda connection, act: end_place(connection, code, on, act))


@places.command("rename")
@click.argument("code")
@click.option("--name")
@click.option("--name-en")
@click.option("--level")
@SINCE
@REASON
def rename(
    code: str, name: str | None, name_en: str | None, level: str | None, since: date, reason: str
) -> None:
    """A place is called otherwise from a date on; its former name stays an alias."""
    from include.store.places import change_place

    told = {"name": name, "name_en": name_en, "level": level}
    values = {key: value for key, value in told.items() if value is not None}
    if not values:
        raise click.UsageError("say at least one of --name, --name-en, --level")
    change(reason, lambda connection, act: change_place(connection, code, since, values, "rename", act))


@places.command("move")
@click.argument("code")
@click.option("--in", "parent", required=True, help="Code of the place around it from then on.")
@SINCE
@REASON
def move(code: str, parent: str, since: date, reason: str) -> None:
    """A place lies in another from a date on."""
    from include.store.places import change_place

    values = {"parent_code": parent}
    change(reason, lambda connection, act: change_place(connection, code, since, values, "move", act))
