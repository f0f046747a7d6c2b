"""`health`."""

import json
from datetime import UTC, datetime

import click

from include.house import default_registry, open_house


@click.command()
@click.option("--json", "is_json", is_flag=True, help="One JSON object, with every measure for a monitor.")
@click.pass_context
def health(context: click.Context, is_json: bool) -> None:
    """Whether this installation works: store, outbox, windows without a run, archive, disk, mail server, certificates.

    For cron or a monitor outside Airflow. Exit code 1 when any check fails.
    """
    from include.office.health import health as check
    from include.office.measures import measures

    house, now = open_house(default_registry()), datetime.now(UTC)
    findings = check(house, now)
    is_ok = all(one.is_ok for one in findings)
    if is_json:
        told = {
            "at": now.isoformat(timespec="seconds"),
            "ok": is_ok,
            "checks": {one.name: {"ok": one.is_ok, "said": one.said, "value": one.value} for one in findings},
            "measures": measures(house, now) if findings[0].is_ok else {},
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for one in findings:
            click.echo(f"{'ok' if one.is_ok else 'FAILED':<7}{one.name}: {one.said}")
    context.exit(0 if is_ok else 1)
