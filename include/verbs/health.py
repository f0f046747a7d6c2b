"""`health`."""

import json
import logging
from datetime import UTC, datetime

import click

from include.house import open_each, usable_registry


@click.command()
@click.option("--json", "is_json", is_flag=True, help="One JSON object, with every measure for a monitor.")
@click.pass_context
def health(context: click.Context, is_json: bool) -> None:
    """Whether this installation works: settings, store, rounds, outbox, windows without a run, mailboxes, archive, disk, mail server,
    certificates.

    For cron or a monitor outside Airflow. Each check stands by itself. Exit code 1 when any fails.
    """
    from include.language import speaking
    from include.office.health import health as check
    from include.office.measures import measures, stored_measures
    from include.periods import office_zone

    logging.getLogger("include").setLevel(logging.ERROR)  # what a check meets is in its line
    opened, now = open_each(usable_registry()), datetime.now(UTC)
    with speaking("en"):
        findings = check(opened, now)
        is_ok = all(one.is_ok for one in findings)
        if is_json:
            is_read = any(one.name == "store" and one.is_ok for one in findings)
            told = {
                "at": now.astimezone(office_zone()).isoformat(timespec="seconds"),
                "ok": is_ok,
                "checks": {
                    one.name: {"ok": one.is_ok, "said": one.said, "value": one.value} for one in findings
                },
                "measures": {}
                if not is_read
                else (stored_measures if opened.troubles else measures)(opened.house, now),
            }
            click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        else:
            for one in findings:
                click.echo(f"{'ok' if one.is_ok else 'FAILED':<7}{one.name}: {one.said}")
    context.exit(0 if is_ok else 1)
