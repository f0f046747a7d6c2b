"""`alarms accept|return|uphold|reject|close|reopen`: what the office decides about one alarm, with a reason on record."""

from datetime import UTC, datetime, timedelta
from typing import Final

import click

from include.rules import DEADLINES
from include.verbs.options import open_current_house, operator

_HOUR: Final = timedelta(hours=1)
_HELP: Final = {
    "accept": "Accept the answer of an alarm (验收).",
    "return": f"Send the answer of an alarm back (退回): {DEADLINES.after_return / _HOUR:g} hours for a new one.",
    "uphold": "Uphold the dispute of an alarm (误报): it counts no more.",
    "reject": f"Reject the dispute of an alarm: {DEADLINES.after_rejection / _HOUR:g} hours for the answer.",
    "close": "Close an alarm without an answer (结案): it leaves due, open, flag and ladder.",
    "reopen": "Undo the closing of an alarm.",
}


@click.group()
def alarms() -> None:
    """What the office decides about one alarm."""


def _verb(name: str) -> click.Command:
    @click.argument("alarm_id")
    @click.option("--reason", required=True, help="For the audit trail.")
    def run(alarm_id: str, reason: str) -> None:
        from include.office.acts import act

        event = act(
            open_current_house(), alarm_id, name, now=datetime.now(UTC), actor=operator(), reason=reason
        )
        click.echo(f"{alarm_id}: {event}")

    return click.command(name, help=_HELP[name])(run)


for _name in _HELP:
    alarms.add_command(_verb(_name))
