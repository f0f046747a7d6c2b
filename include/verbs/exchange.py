"""`exchange serve|token|tokens|revoke|round|reports|decide`: levels that talk to each other."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from include.errors import CheckFailed, InputError
from include.verbs.options import FORMATS, REASON, open_current_house, operator, print_rows

_PATH = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.group()
def exchange() -> None:
    """The platform contract served to offices below, and reports to the office above."""


@exchange.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8040, show_default=True)
@click.option("--certificate", type=_PATH, help="Certificate with its chain (PEM).")
@click.option("--private-key", type=_PATH, help="Its private key (PEM).")
@click.option("--behind", default="", help="Address of the proxy in front of it.")
def serve(host: str, port: int, certificate: Path | None, private_key: Path | None, behind: str) -> None:
    """Serve docs/platform-api.yaml to the offices below, each its own alarms and letters only, until it is stopped."""
    options = ["--host", host, "--port", str(port)]
    for name, value in (("--certificate", certificate), ("--private-key", private_key), ("--behind", behind)):
        options += [name, str(value)] if value else []
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "include.exchange", *options])  # noqa: S606


@exchange.command()
@click.argument("unit_code")
@click.option("--label", default="", help="For people: whose system it is.")
@click.option(
    "--days", type=click.IntRange(1, 400), default=365, show_default=True, help="How long it is valid."
)
def token(unit_code: str, label: str, days: int) -> None:
    """Make a token for a unit and print it: it is never shown again."""
    from include.exchange.tokens import make_token

    house = open_current_house()
    now = datetime.now(UTC)
    click.echo(make_token(house.engine, unit_code, label, timedelta(days=days), now=now, actor=operator()))


@exchange.command()
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def tokens(form: str) -> None:
    """The tokens that were made, and whether they are valid."""
    from include.office.open_reports import tokens as read
    from include.store.engine import reading

    with reading(open_current_house().engine) as connection:
        rows = read(connection)
    print_rows(rows, form, f"{len(rows)} tokens")


@exchange.command()
@click.argument("token_id", type=int)
@REASON
def revoke(token_id: int, reason: str) -> None:
    """End a token at once."""
    from include.exchange.tokens import revoke_token

    revoke_token(
        open_current_house().engine, token_id, now=datetime.now(UTC), actor=operator(), reason=reason
    )
    click.echo(f"{token_id}: revoked")


@exchange.command("round")
def one_round() -> None:
    """Pull from the offices above and report to them, once, as `answer_round` does."""
    from include.workflows.levels import exchange_levels

    done = exchange_levels(open_current_house(), datetime.now(UTC), operator())
    if not done:
        raise InputError(
            "there is no office above",
            where="variable sources",
            expected='a connection of kind platform with "reports": true in its extra',
        )
    for name, summary in done.items():
        click.echo(f"{name}: " + ", ".join(f"{key} {value}" for key, value in summary.items() if value))
    if troubles := [f"{name}: {one['trouble']}" for name, one in done.items() if one["trouble"]]:
        raise CheckFailed("; ".join(troubles), where="exchange round")


@exchange.command("reports")
@click.option("--state", default="", help="Only in this state: waiting, queued, sent, refused, dropped.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def list_reports(state: str, form: str) -> None:
    """The last 200 reports to the office above, the newest first."""
    from include.office.open_reports import reports
    from include.store.engine import reading

    with reading(open_current_house().engine) as connection:
        rows = reports(connection, state)
    print_rows(rows, form, f"{len(rows)} reports")


@exchange.command()
@click.argument("report_key")
@click.option("--send/--drop", "is_sent", required=True, default=None, help="It goes up, or it does not.")
@REASON
def decide(report_key: str, is_sent: bool, reason: str) -> None:
    """Decide about a report that waits for a review, or that the office above refused."""
    from include.office.open_reports import decide as run

    house = open_current_house()
    run(house.engine, report_key, is_sent=is_sent, now=datetime.now(UTC), actor=operator(), reason=reason)
    click.echo(f"{report_key}: {'queued' if is_sent else 'dropped'}")
