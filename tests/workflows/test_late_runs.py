"""A run that has not ended in time: the duty officers are told once a window, only of the schedule's own runs; a window without a
run is missed until it is accounted for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.house import House
from include.office.beat_watch import missing_windows
from include.periods import period_ending
from include.post.local_server import local_mailbox, received
from include.store.engine import reading
from include.workflows import daily_dispatch
from include.workflows.late_runs import tell
from tests.workflows.region import DAY, open_region, run_of

TODAY = period_ending("day", DAY)
NINE = TODAY.as_of + timedelta(minutes=30)


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        yield open_region(engine, tmp_path / "var", mailbox)


def told_run(run_type: str = "scheduled", dag_id: str = "daily_dispatch") -> dict[str, Any]:
    """The run as Airflow hands it to a deadline's callback."""
    return {
        "dag_id": dag_id,
        "dag_run_id": "scheduled__2020-03-11T00:30:00+00:00",
        "run_type": run_type,
        "data_interval_start": "2020-03-11T00:30:00Z",
        "data_interval_end": "2020-03-12T00:30:00Z",
    }


def missing(house: House, now: Any) -> list[tuple[str, list[date]]]:
    with reading(house.engine) as connection:
        return [
            (one.kind, [window.end for window in one.windows]) for one in missing_windows(connection, now)
        ]


def account(house: House, day: date, *, is_scheduled: bool = True) -> None:
    """A whole run of that morning, whose letters stay here."""
    period = period_ending("day", day)
    run = replace(
        run_of(house), period=period, now=period.as_of, deliver="withhold", is_scheduled=is_scheduled
    )
    daily_dispatch.pull(run)
    computed = daily_dispatch.figures(run)
    daily_dispatch.compose(run, computed)
    daily_dispatch.release(run)
    daily_dispatch.account(run, computed)


def test_a_late_run_is_mailed_once_and_at_once(house: House, tmp_path: Path) -> None:
    first = tell(house, told_run(), NINE)
    assert (first["told"], first["results"]) == (True, {"accepted": 1})
    assert tell(house, told_run(), NINE + timedelta(hours=1))["told"] is False
    (mail,) = received(tmp_path / "mailbox")
    assert mail.recipients == ("zhiban@supervision.example",)
    assert mail.letter_key == "trouble_operators_day_2020-03-11_2020-03-12_1"
    body = message_from_bytes(mail.content(), policy=policy.default).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "日调度　3月11日未按时完成" in body
    assert "运行 daily_dispatch/scheduled__2020-03-11T00:30:00+00:00 在30分钟内没有完成核对" in body


@pytest.mark.parametrize("run_type", ["backfill", "manual"])
def test_nobody_is_told_of_a_run_that_nobody_waits_for(house: House, run_type: str, tmp_path: Path) -> None:
    assert tell(house, told_run(run_type), NINE)["told"] is False
    assert received(tmp_path / "mailbox") == []


def test_a_dag_without_deadline_is_refused_by_name(house: House) -> None:
    with pytest.raises(InputError, match="post_round"):
        tell(house, told_run(dag_id="post_round"), NINE)


def test_a_window_is_missed_from_its_time_limit_until_it_is_accounted_for(house: House) -> None:
    assert missing(house, NINE) == []  # the schedule never ran here
    account(house, date(2020, 3, 10))
    assert missing(house, NINE - timedelta(seconds=1)) == [("day", [date(2020, 3, 11)])]
    assert missing(house, NINE) == [("day", [date(2020, 3, 11), date(2020, 3, 12)])]
    account(house, date(2020, 3, 11))
    account(house, date(2020, 3, 12))
    assert missing(house, NINE) == []


def test_a_late_run_that_ends_after_all_is_cleared(house: House) -> None:
    tell(house, told_run(), NINE)
    assert missing(house, NINE) == [("day", [DAY])]
    account(house, DAY)
    assert missing(house, NINE + timedelta(hours=2)) == []
    assert tell(house, told_run(), NINE + timedelta(hours=2))["why"] == "told before, or accounted for by now"


def test_runs_by_hand_and_back_fills_oblige_to_nothing(house: House) -> None:
    account(house, DAY, is_scheduled=False)
    assert missing(house, NINE + timedelta(days=3)) == []
