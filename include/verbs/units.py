"""`units …`: whom this office addresses, between dates; and `profile apply`, what the profile says otherwise."""

from datetime import UTC, date, datetime

import click

from include.profile.values import UNIT_KINDS, Unit
from include.verbs.dated_changes import SINCE, change
from include.verbs.options import FORMATS, REASON, Day, open_current_house, print_rows


@click.group()
def units() -> None:
    """Units and their membership of regions, between dates; every change with its reason on record."""


@units.command("list")
@click.option("--on", type=Day(), help="As they are on a date (today).")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def listed(on: date | None, form: str) -> None:
    """The units on a date: code, name, bureau, above, regions."""
    from include.office.units import units_on
    from include.periods import office_date
    from include.store.engine import reading

    house = open_current_house()
    with reading(house.engine) as connection:
        rows = units_on(connection, on or office_date(datetime.now(UTC)))
    print_rows(rows, form)


@units.command("add")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--bureau", required=True, help="The addressee as a letter prints it.")
@click.option("--kind", type=click.Choice(UNIT_KINDS), default="bureau", show_default=True)
@click.option("--place", required=True, help="Code of its place.")
@click.option("--above", default="", help="Code of the unit that it reports to.")
@click.option("--address-form", default="", help="How a letter speaks to it, where not as to its kind.")
@click.option("--region", default="", help="The region that it belongs to.")
@SINCE
@REASON
def add(
    code: str,
    name: str,
    bureau: str,
    kind: str,
    place: str,
    above: str,
    address_form: str,
    region: str,
    since: date,
    reason: str,
) -> None:
    """A new unit."""
    from include.store.units import add_unit

    told = Unit(code, name, bureau, kind, place, above, address_form, valid_from=since)
    change(reason, lambda connection, act: add_unit(connection, told, True, region, act))


@units.command("end")
@click.argument("code")
@click.option("--on", type=Day(), required=True, help="The first date on which it is no more.")
@click.option("--successor", default="", help="Code of the unit that answers what is its from that date on.")
@REASON
def end(code: str, on: date, successor: str, reason: str) -> None:
    """A unit is no more from a date on."""
    from include.office.units import close_unit

    change(reason, lambda connection, act: close_unit(connection, code, on, successor, act))


@units.command("succeed")
@click.argument("code")
@click.option("--by", "successor", required=True, help="Code of the unit that answers instead.")
@click.option(
    "--county", default="", help="Only its alarms of this county; without it all that no other has."
)
@SINCE
@REASON
def succeed(code: str, successor: str, county: str, since: date, reason: str) -> None:
    """Who answers for a unit that ended: what is open on the date, and what is pushed from then on, is theirs."""
    from include.sources.succession import take_over
    from include.store.successors import Successor

    told = Successor(successor, since)
    change(reason, lambda connection, act: take_over(connection, code, told, county, act))


@units.command("rename")
@click.argument("code")
@click.option("--name")
@click.option("--bureau")
@click.option("--address-form")
@SINCE
@REASON
def rename(
    code: str, name: str | None, bureau: str | None, address_form: str | None, since: date, reason: str
) -> None:
    """A unit is called otherwise from a date on; until then it keeps its name."""
    from include.store.units import change_unit

    told = {"name": name, "bureau": bureau, "address_form": address_form}
    values = {key: value for key, value in told.items() if value is not None}
    if not values:
        raise click.UsageError("say at least one of --name, --bureau, --address-form")
    change(reason, lambda connection, act: change_unit(connection, code, since, values, "rename", act))


@units.command("move")
@click.argument("code")
@click.option("--above", required=True, help="Code of the unit that it reports to from then on.")
@SINCE
@REASON
def move(code: str, above: str, since: date, reason: str) -> None:
    """A unit reports to another from a date on."""
    from include.store.units import change_unit

    values = {"reports_to": above}
    change(reason, lambda connection, act: change_unit(connection, code, since, values, "move", act))


@units.command("join")
@click.argument("code")
@click.argument("region")
@click.option("--leaving", default="", help="The region that it leaves on that date, in the same step.")
@SINCE
@REASON
def join(code: str, region: str, leaving: str, since: date, reason: str) -> None:
    """A unit belongs to a region from a date on."""
    from include.store.units import change_region

    change(
        reason,
        lambda connection, act: change_region(
            connection, code, region, since, joins=True, act=act, leaving=leaving
        ),
    )


@units.command("leave")
@click.argument("code")
@click.argument("region")
@click.option("--on", type=Day(), required=True, help="The first date on which it is no more in the region.")
@REASON
def leave(code: str, region: str, on: date, reason: str) -> None:
    """A unit belongs to a region no longer from a date on."""
    from include.store.units import change_region

    change(
        reason,
        lambda connection, act: change_region(connection, code, region, on, joins=False, act=act),
    )
