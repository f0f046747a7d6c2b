"""Which windows were covered, what a run pulls of its own accord, and what letters say about it."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.sources.ledger import completeness, ensure_covered, gaps
from include.store.engine import reading
from tests.sources.exports import NOW, at, folder_source, stored, write


@pytest.fixture
def source(tmp_path: Path) -> SourceConfig:
    write(tmp_path / "drop", "alarms", {})
    return folder_source(tmp_path / "drop")


def days(*pairs: tuple[int, int]) -> list[tuple]:
    return [(at(f"2020-03-{first:02}"), at(f"2020-03-{last:02}")) for first, last in pairs]


@pytest.mark.parametrize(
    ("pulled", "missing"),
    [
        ([], [(10, 20)]),
        ([(10, 20)], []),
        ([(1, 31)], []),
        ([(12, 14)], [(10, 12), (14, 20)]),
        ([(16, 18), (8, 12), (11, 13)], [(13, 16), (18, 20)]),
        ([(10, 12), (12, 20)], []),
        ([(18, 25)], [(10, 18)]),
        ([(1, 10), (20, 25)], [(10, 20)]),
    ],
)
def test_gaps_are_what_no_pull_covered(engine: Engine, source: SourceConfig, pulled, missing) -> None:
    for window in days(*pulled):
        pull(engine, source, *window, now=NOW)
    with reading(engine) as connection:
        assert gaps(connection, "exports", at("2020-03-10"), at("2020-03-20")) == days(*missing)
        assert gaps(connection, "another", at("2020-03-10"), at("2020-03-20")) == days((10, 20))


def test_a_run_pulls_what_is_missing_and_nothing_twice(engine: Engine, source: SourceConfig) -> None:
    pull(engine, source, *days((12, 14))[0], now=NOW)
    said: list[str] = []
    first = ensure_covered(
        engine, [source], at("2020-03-10"), at("2020-03-20"), now=NOW, progress=said.append
    )
    assert [(result.start_at, result.end_at) for result in first] == days((10, 12), (14, 20))
    assert said == [
        "exports：2020年3月10日0时至2020年3月12日0时",
        "exports：2020年3月14日0时至2020年3月20日0时",
    ]
    assert ensure_covered(engine, [source], at("2020-03-10"), at("2020-03-20"), now=NOW) == []


def test_a_run_asks_for_nothing_of_the_future(engine: Engine, source: SourceConfig) -> None:
    now = at("2020-03-15T08:30")
    (result,) = ensure_covered(engine, [source], at("2020-03-15"), at("2020-03-16"), now=now)
    assert (result.start_at, result.end_at) == (at("2020-03-15"), now)
    later = now + timedelta(hours=1)
    (result,) = ensure_covered(engine, [source], at("2020-03-15"), at("2020-03-16"), now=later)
    assert (result.start_at, result.end_at) == (now, later)


def test_a_folder_that_changed_is_read_again(engine: Engine, source: SourceConfig) -> None:
    window = (at("2020-03-12"), at("2020-03-13"))
    ensure_covered(engine, [source], *window, now=NOW)
    late = write(Path(source.location), "alarms", {"alarm_id": "A2"}, name="alarms_late.csv")
    os.utime(late, ns=(1, 1))
    (again,) = ensure_covered(engine, [source], *window, now=NOW)
    assert (again.read, again.new, again.unchanged) == (2, 1, 1)
    assert ensure_covered(engine, [source], *window, now=NOW) == []


def test_sources_before_a_failing_one_are_kept(engine: Engine, source: SourceConfig, tmp_path: Path) -> None:
    broken = SourceConfig("broken", "files", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="source broken"):
        ensure_covered(engine, [source, broken], at("2020-03-12"), at("2020-03-13"), now=NOW)
    assert stored(engine, "pull", "source") == [("exports",)]


def test_completeness_is_said_in_a_sentence(engine: Engine, source: SourceConfig, tmp_path: Path) -> None:
    write(tmp_path / "drop", "feedback", {"alarm_id": "unknown"})
    other = SourceConfig("other", "files", str(tmp_path / "drop"), options={"same_ids_as": ["exports"]})
    inbox = SourceConfig("inbox", "inbox", str(tmp_path))
    window = (at("2020-03-12"), at("2020-03-13T08:30"))
    pull(engine, source, *window, now=NOW)
    pull(engine, other, at("2020-03-12"), at("2020-03-13"), now=NOW)
    with reading(engine) as connection:
        whole = completeness(connection, [source, inbox], *window)
        partly = completeness(connection, [source, other, inbox], *window)
        nothing = completeness(connection, [SourceConfig("new", "files", "x")], *window)
    assert whole.share == 1.0
    assert whole.sentence == ("2020年3月12日0时至2020年3月13日8时30分的数据已收齐（32.5/32.5小时）。")
    # What waits for a person changes while people work: the run says it, no letter does.
    assert whole.waiting == "另有2条记录待核对，未计入"
    assert partly.hours_received == 24.0
    assert partly.sentence == (
        "2020年3月12日0时至2020年3月13日8时30分的数据不完整，已收24/32.5小时；"
        "缺2020年3月13日0时至2020年3月13日8时30分（other）。"
    )
    assert (nothing.share, nothing.missing) == (0.0, (("new", *window),))


def test_a_source_that_fails_stops_no_other(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "alarms", {})
    good = folder_source(tmp_path)
    bad = replace(good, name="bad", location=str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="the folder cannot be listed"):
        ensure_covered(engine, [bad, good], at("2020-03-01"), at("2020-04-01"), now=NOW)
    assert stored(engine, "alarm", "alarm_id") == [("A1",)]
