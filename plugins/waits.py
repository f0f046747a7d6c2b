"""Tasks that wait without holding a slot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import TaskDeferred
from cadence import Steps, current_run

if TYPE_CHECKING:
    from airflow.sdk import Context

_ASKS_EVERY: Final = timedelta(minutes=10)


class AirWait(BaseOperator):
    """Takes what waits in the folder of air files; where a day of the window is still missing, looks again every ten minutes,
    deferred, until the hour that the rules state. Then, and in a run that the schedule did not bring, the next step judges."""

    def __init__(self, *, workflow: str, window_kind: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.workflow, self.window_kind = workflow, window_kind

    def execute(self, context: Context, event: Any = None) -> dict[str, Any]:
        """What was imported and which days are missing."""
        run = current_run(self.window_kind)
        taken = Steps(self.workflow).take_air(run)
        now = datetime.now(UTC)
        if not taken["missing"] or not run.is_scheduled or now >= taken["wait_until"]:
            return {**taken, "wait_until": taken["wait_until"].isoformat()}
        self.log.info("%s is missing; looking again until %s", taken["missing"], taken["wait_until"])
        raise TaskDeferred(trigger=DateTimeTrigger(now + _ASKS_EVERY), method_name="execute")
