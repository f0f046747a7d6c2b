"""`field` and the verbs below it."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import pandas as pd

from include.verbs.options import FORMATS, open_current_house, operator, print_rows

_PATH = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.group("field", invoke_without_command=True)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="What it shares with the office. Default: var/field.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8030, show_default=True)
@click.option("--certificate", type=_PATH, help="Certificate with its chain (PEM).")
@click.option("--private-key", type=_PATH, help="Its private key (PEM).")
@click.option(
    "--behind", default="", help="Address of the proxy in front of it, whose word about visitors is taken."
)
@click.pass_context
def field(
    context: click.Context,
    folder: Path | None,
    host: str,
    port: int,
    certificate: Path | None,
    private_key: Path | None,
    behind: str,
) -> None:
    """Serve the phone page of inspectors, a process of its own that never opens the store, until it is stopped."""
    if context.invoked_subcommand is not None:
        return
    from include.house import default_var

    options = ["--folder", str(folder or default_var() / "field"), "--host", host, "--port", str(port)]
    for name, value in (("--certificate", certificate), ("--private-key", private_key), ("--behind", behind)):
        options += [name, str(value)] if value else []
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "include.field", *options])  # noqa: S606


@field.command("take")
def take() -> None:
    """Take in what the page received: facts of confirmed devices, codes to mail, what waits; and tell the page how things stand."""
    from include.workflows.field_page import take as run

    done = run(open_current_house(), datetime.now(UTC), operator())
    for line in done.pop("set_aside", []):
        click.echo(f"set aside: {line}", err=True)
    for name, value in done.items():
        click.echo(f"{name}: {value}")


@field.command("list")
@click.option("--all", "is_all", is_flag=True, help="Those that are settled, too.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=200, show_default=True)
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def list_reports(is_all: bool, limit: int, form: str) -> None:
    """The reports that wait for a person, the oldest first."""
    from include.office.field_answers import told_in_words
    from include.office.field_decisions import STATES, reports

    found = reports(open_current_house().engine, tuple(STATES) if is_all else ("waiting",), limit)
    names = ["report_id", "unit_code", "unit_name", "alarm_id", "received_at", "state", "reason", "actor"]
    rows = [
        {name: row[name] for name in names}
        | {"told": told_in_words(row["answer"]), "photos": len(row["photos"])}
        for row in found
    ]
    print_rows(pd.DataFrame(rows, columns=[*names, "told", "photos"]), form)


@field.command("accept")
@click.argument("report_id")
@click.option("--reason", required=True, help="Kept on record.")
def accept(report_id: str, reason: str) -> None:
    """Take a report that waits: it becomes facts as of the moment it was received."""
    from include.act import Act
    from include.office.field_decisions import accept as run

    click.echo(
        f"{report_id}: {run(open_current_house(), report_id, Act(datetime.now(UTC), operator(), reason))}"
    )


@field.command("reject")
@click.argument("report_id")
@click.option("--reason", required=True, help="Kept on record, and shown to whoever sent it.")
def reject(report_id: str, reason: str) -> None:
    """Refuse a report that waits; nothing of it becomes a fact."""
    from include.act import Act
    from include.office.field_decisions import reject as run

    run(open_current_house(), report_id, Act(datetime.now(UTC), operator(), reason))
    click.echo(f"{report_id}: rejected")


@field.command("devices")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True)
def list_devices(form: str) -> None:
    """The phones that speak for a unit, or asked to, the newest first."""
    from include.office.field_devices import devices

    names = ["device_id", "unit_code", "state", "contact_name", "contact_address", "asked_at", "confirmed_at"]
    names += ["expires_at", "reason"]
    rows = devices(open_current_house().engine)
    print_rows(pd.DataFrame([{name: row[name] for name in names} for row in rows], columns=names), form)


@field.command("revoke")
@click.argument("device_id")
@click.option("--unit", "unit_code", required=True, help="The unit that it speaks for.")
@click.option("--reason", required=True, help="Kept on record.")
def revoke(device_id: str, unit_code: str, reason: str) -> None:
    """Take a phone's confirmation back; what it sent before stays."""
    from include.act import Act
    from include.office.field_devices import revoke as run
    from include.office.field_told import tell_page

    house, now = open_current_house(), datetime.now(UTC)
    run(house, device_id, unit_code, Act(now, operator(), reason))
    if house.field.is_on:
        tell_page(house, now)
    click.echo(f"{device_id} of {unit_code}: revoked")


@field.command("link")
@click.argument("letter_id", type=int)
def link(letter_id: int) -> None:
    """Print the link that a released letter names."""
    from include.errors import StateError
    from include.office.field_links import link_of

    found = link_of(open_current_house(), letter_id, datetime.now(UTC))
    if not found:
        raise StateError(
            "the letter has no link", where=f"letter {letter_id}", todo="see the variable `field`"
        )
    click.echo(found)


@field.command("stop")
@click.argument("letter_key")
@click.option("--reason", required=True, help="Kept on record.")
def stop(letter_key: str, reason: str) -> None:
    """Take the link of a letter back before its time, for good."""
    from include.act import Act
    from include.office.field_told import stop_link

    stop_link(open_current_house(), letter_key, Act(datetime.now(UTC), operator(), reason))
    click.echo(f"{letter_key}: its link is taken back")
