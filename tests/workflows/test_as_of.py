"""A run knows what happened at its as-of moment itself, so that no later run and no correction sees its figures otherwise."""

from pathlib import Path

from sqlalchemy import Engine

from include.periods import office_zone, parse_moment, period_ending, period_of_interval
from include.post.local_server import LocalMailbox
from include.workflows import daily_dispatch
from tests.workflows.region import DAY, FEEDBACK, open_region, run_of

AT_AS_OF = FEEDBACK + "Y2,submitted,2020-03-12T08:30,郊区分局,李某,false,未见异常\n"
MAILBOX = LocalMailbox("127.0.0.1", 9, Path())  # nothing is sent here


def test_an_answer_at_the_as_of_moment_is_in_the_first_figures(engine: Engine, tmp_path: Path) -> None:
    house = open_region(engine, tmp_path, MAILBOX, feedback=AT_AS_OF)
    run = run_of(house)
    daily_dispatch.pull(run)
    first = daily_dispatch.figures(run)["figures_sha256"]
    daily_dispatch.pull(run_of(house, day=DAY.replace(day=13)))
    assert daily_dispatch.figures(run)["figures_sha256"] == first
    (yangquan,) = [
        city
        for city in daily_dispatch.frozen(run, {"figures_sha256": first}).cities
        if city.unit_code == "140300"
    ]
    assert (yangquan.window.pushed, yangquan.window.answered) == (1, 1)


def test_a_scheduled_window_freezes_as_the_same_window_of_a_person_does() -> None:
    """Airflow tells intervals in UTC; the same window in another zone would make other bytes of the same figures."""
    start, end = parse_moment("2020-03-11T08:30"), parse_moment("2020-03-12T08:30")
    scheduled = period_of_interval("day", start, end)
    assert scheduled == period_ending("day", DAY)
    assert scheduled.as_of.tzinfo is office_zone()
