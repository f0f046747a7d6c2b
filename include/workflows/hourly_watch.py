"""小时监测: take, judge, account. Each step is one task of the DAG of this name.

A run answers for one hour. A scheduled one also makes good what the last days lack: hours that were never judged after a
standstill, and hours of which readings came late; a back-fill judges its own hour and nothing else.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from include.errors import CheckFailed
from include.house import House, Run
from include.language import say
from include.office.named import all_or_where
from include.periods import moment_label
from include.sources.stations.sources import take_waiting
from include.store.engine import reading
from include.store.station_hours import STATION_HOURS, last_receipts
from include.store.watch_facts import (
    grids_known,
    hours_judged,
    judged_at,
    last_judged_otherwise,
    stations_known,
)
from include.watch import DEFAULT_RULES
from include.workflows.steps import accounted
from include.workflows.watch_inputs import HOUR, network_of
from include.workflows.watching import fresh_until, watch

LOOKS_BACK: Final = timedelta(days=3)  # late readings of older hours are judged by a back-fill
_SHOWN: Final = 20


def take(run: Run) -> dict[str, Any]:
    """Takes in the readings that wait in the drop folder and at the sources; a source that fails stops none of the others."""
    house = run.house
    taken = take_waiting(
        house.engine,
        house.stations_dir,
        house.stations_inbox,
        house.station_sources,
        run.period.end_at,
        now=run.now,
    )
    return {
        "files": taken.files,
        "rows": taken.rows,
        "new": taken.new,
        "errors": taken.errors[:_SHOWN],
        "faults": all_or_where(taken.faults, house.notes_dir, "station-faults", run.now),
    }


def judge(run: Run) -> dict[str, Any]:
    """Judges the hour (and what the days before lack) and keeps its alarms; returns them and what was missing."""
    begin = run.period.start_at if run.is_backfill else first_to_judge(run.house, run.period.start_at)
    done = watch(
        run.house, begin, run.period.end_at, now=run.now, quiet=run.house.quiet_hours, actor=run.actor
    )
    kept = done.kept
    return {
        "window": run.period.label,
        "judged_from": moment_label(begin, year=True),
        "hours": done.hours,
        "alarms": done.alarms,
        "new": kept.new,
        "revised": kept.revised,
        "dropped": kept.withdrawn,
        "for_a_person": kept.unsupported,
        "merged": kept.merged,
        "held_back": done.suppressed,
        "lacks": done.lacks,
    }


def account(run: Run, judged: dict[str, Any]) -> dict[str, Any]:
    """The hour by the ledger: how many stations spoke. Raises CheckFailed where it was not judged, or where a network that is
    in service was silent as a whole, which is no clean air."""
    with reading(run.house.engine) as connection:
        rows = hours_judged(connection, run.period.start_at, run.period.end_at, DEFAULT_RULES.edition)
    if rows.empty:
        raise CheckFailed(say("本小时未研判"), where=run.period.label, todo=say("清除“研判”步骤重跑"))
    hour = rows.iloc[0]
    if hour["stations_expected"] and not hour["stations_heard"] and not run.is_backfill:
        raise CheckFailed(
            say("没有任何站点的读数"),
            where=run.period.label,
            expected=say("{stations_expected}个在用站点", stations_expected=hour["stations_expected"]),
            got=say("0个"),
            todo=say("查看数据来源；补到后清除本次运行重跑，或由下一小时自动补判"),
        )
    accounted(run)
    return {
        "window": run.period.label,
        "stations": f"{hour['stations_heard']}/{hour['stations_expected']}",
        "grids": int(hour["grids_judged"]),
        "raised": int(hour["grids_raised"]),
        "lacks": list(hour["lacks"]),
        "alarms": judged["alarms"],
    }


def first_to_judge(house: House, hour_at: datetime) -> datetime:
    """The first hour of the last days that was not judged though there are readings of it, or judged without what is known now; at
    the latest this hour. Hours that were judged by rules of before stay as they are."""
    since = hour_at - LOOKS_BACK
    with reading(house.engine) as connection:
        ledger = judged_at(connection, since, hour_at, DEFAULT_RULES.edition)
        before = last_judged_otherwise(connection, since, hour_at, DEFAULT_RULES.edition)
        network = network_of(stations_known(connection), grids_known(connection))
    begin = since if before is None else before + HOUR
    told = [
        hour for hour in last_receipts(house.stations_dir, STATION_HOURS, begin, hour_at) if hour >= begin
    ]
    first = min([*told, *(hour for hour, _ in ledger[:1])], default=hour_at)
    return min(fresh_until(house, network, first, hour_at, DEFAULT_RULES), hour_at)
