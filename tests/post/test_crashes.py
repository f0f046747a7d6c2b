"""The short form of `python -m tests.post.crash_sweep`: every point once on each database, and a small race."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.post.crashes import POINTS, RELEASE_POINTS, ROUND_POINTS, sweep
from tests.post.mailbox_process import mailbox_process
from tests.post.places import Place, prepare
from tests.post.races import race


@pytest.fixture
def place(engine: Engine, tmp_path: Path):
    url = engine.url.render_as_string(hide_password=False)
    prepare(url)
    with mailbox_process(tmp_path / "mailbox") as port:
        yield Place(url, tmp_path, port)


def test_a_kill_at_any_point_loses_and_doubles_nothing(place):
    tally = sweep(place, repetitions=len(POINTS), seed=1, rivals=0.0)
    assert {point for point in POINTS if tally[point, "killed"]} >= {*ROUND_POINTS, *RELEASE_POINTS}
    assert all(tally[point, "unknown"] == 0 for point in RELEASE_POINTS)
    assert tally["mid_data", "unknown"] > 0


def test_runs_of_the_same_period_and_rounds_at_the_same_time_send_each_letter_once(place):
    assert "24 letters released once by 2 runs" in race(place, letters=24, workers=4)
