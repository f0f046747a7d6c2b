"""`spot-checks list|record`: answers drawn for 抽查, and what a person found."""

from datetime import UTC, date, datetime

import click

from include.verbs.options import FORMATS, Day, open_current_house, operator, print_rows

WEEK = click.option("--week", type=Day(), required=True, help="The Sunday with which the week begins.")


@click.group("spot-checks")
def spot_checks() -> None:
    """Answers drawn for a second look (抽查)."""


@spot_checks.command("list")
@WEEK
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def list_draw(week: date, form: str) -> None:
    """One line a drawn answer, with the result that stands; only once the week is over."""
    from include.office.spot_checks import week_draw

    found = week_draw(open_current_house().engine, week, datetime.now(UTC))
    print_rows(found.rows, form, f"{week}: {len(found.rows)} of {found.answers} answers drawn")


@spot_checks.command()
@click.argument("alarm_id")
@WEEK
@click.option(
    "--result",
    type=click.Choice(["confirmed", "not_confirmed", "undecidable"]),
    required=True,
    help="属实, 不实 or 无法核实.",
)
@click.option("--reason", required=True, help="What was found; kept in the audit trail.")
def record(alarm_id: str, week: date, result: str, reason: str) -> None:
    """Record what was found about a drawn answer; said again, the last one stands."""
    from include.office.spot_checks import record_result

    record_result(
        open_current_house().engine,
        week,
        alarm_id,
        result,
        now=datetime.now(UTC),
        actor=operator(),
        reason=reason,
    )
    click.echo(f"{alarm_id}: {result}")
