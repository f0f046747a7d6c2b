"""What Airflow does when something goes wrong: which failures are tried again and when, and who is told of a run that is late.

Nothing heavy is imported here: DAG files import this module each time they are parsed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import DeadlineAlert, DeadlineReference, RetryDecision, RetryPolicy, SyncCallback

from include.errors import CompositionError, InputError, PostRefused, SourceError, StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_RETRIES: Final = 5
_FEW: Final = 2
_FIRST_DELAY: Final = timedelta(minutes=1)
_LONGEST_DELAY: Final = timedelta(minutes=15)
# From the queueing of a run, at its hour, to when it is late; a window's own limits stand in include/rules.py (SELF_WATCH).
LATE_AFTER: Final[dict[str, timedelta]] = {
    "daily_dispatch": timedelta(minutes=30),
    "weekly_summary": timedelta(minutes=30),
    "half_monthly_bulletin": timedelta(hours=24),
    "hourly_watch": timedelta(hours=2),
}
_BAD_INPUT: Final = (InputError, CompositionError, PostRefused, StateError)


class Patience(RetryPolicy):
    """Bad input fails at once: it is as bad in two minutes. A network, a database or a source that does not answer is asked
    again with growing pauses (1, 2, 4, 8, 15 minutes). Anything else is tried twice more."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        """What to do about this failure of the `try_number`-th try (from 1)."""
        said = str(exception)[:500]
        if isinstance(exception, _BAD_INPUT):
            return RetryDecision.fail(said)
        if not _is_of_a_network(exception) and try_number > _FEW:
            return RetryDecision.fail(said)
        delay = min(_FIRST_DELAY * 2 ** (try_number - 1), _LONGEST_DELAY)
        return RetryDecision.retry(delay, said)


def _is_of_a_network(exception: BaseException) -> bool:
    """A connection, a time-out, a database out of reach (by name: SQLAlchemy is heavy)."""
    names = {kind.__name__ for kind in type(exception).__mro__}
    return isinstance(exception, (SourceError, OSError)) or bool(
        names & {"OperationalError", "InterfaceError"}
    )


def deadline(dag_id: str) -> DeadlineAlert | None:
    """When a run of the DAG that was queued on time is late; None where nobody waits for it."""
    if dag_id not in LATE_AFTER:
        return None
    return DeadlineAlert(
        name="late",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=LATE_AFTER[dag_id],
        callback=SyncCallback("troubles.run_is_late"),
    )


def run_is_late(context: dict[str, Any], **_: Any) -> None:
    """Airflow's executor calls it when a run has not ended by its deadline. The installation is that of the environment and
    airflow_settings.yaml, as for the command line: a callback cannot ask for Airflow's own connections. A setting that no alarm needs
    stops none: it may be what made the run late."""
    from include.house import NEEDED_TO_POST, open_each, usable_registry
    from include.workflows.late_runs import tell

    house = open_each(usable_registry()).require(*NEEDED_TO_POST)
    print(tell(house, context["dag_run"], datetime.now(UTC)))


def tell_monitor(measures: Mapping[str, float]) -> None:
    """Sends measures to the metrics server that Airflow is configured with, as `qianliyan.NAME`; to none where there is none."""
    from airflow.sdk.observability.stats import gauge, normalize_name_for_stats

    for name, value in measures.items():
        gauge(f"qianliyan.{normalize_name_for_stats(name, log_warning=False)}", value)
