"""Whatever comes in: every row read is stored, known already, or in quarantine; and order and repetition do not matter."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from include.sources.intake import pull
from include.store.engine import open_engine
from tests.sources.exports import EXAMPLES, FACTS, NOW, at, facts, folder_source, stored, write

# Few values, so that keys meet, contents repeat and references hit or miss; some of them are not valid.
MOMENTS = (
    "2020-03-12T06:00",
    "2020-03-12T08:00+08:00",
    "2020-03-12T18:00Z",
    "2020-03-14 09:30",
    "2020-02-30T00:00",
    "",
)
VALUES: dict[str, tuple[str, ...]] = {
    "alarm_id": ("A1", "A2", "A3", "", "鄠<&=\u0007"), "problem_id": ("P1", "P2"), "event": ("submitted", "returned", "sent"),
    "unit_code": ("140300", "阳泉", "北京", "火星"), "alarm_count": ("1", "2", "x"), "lon": ("113.62", "37.8", ""),
    "pushed_at": MOMENTS, "revised_at": MOMENTS, "event_at": MOMENTS, "found_at": MOMENTS, "rectified_at": MOMENTS,
    "data_origin": ("", "模拟数据"), "note": ("", 'two\nlines, and "quotes"'), "region_code": ("140300", "140301"),
    "grid_id": ("T1", "T2"), "valid_to": ("", "2020-03-15", "2019-01-01"),
}  # fmt: skip
DAYS = [at("2020-02-25"), at("2020-03-12"), at("2020-03-13"), at("2020-04-01")]


def rows(table: str) -> st.SearchStrategy[list[dict[str, str]]]:
    names = [name for name in (*EXAMPLES[table], "data_origin") if name in VALUES]
    # Each column keeps its good example or takes one of the values above.
    row = st.fixed_dictionaries({}, optional={name: st.sampled_from(VALUES[name]) for name in names})
    return st.lists(row, max_size=8)


EXPORTS = st.fixed_dictionaries({table: rows(table) for table in EXAMPLES})


@contextmanager
def store(template: Path) -> Iterator[tuple[Engine, Path]]:
    with TemporaryDirectory() as name:
        shutil.copy(template, Path(name) / "supervision.db")
        engine = open_engine(f"sqlite:///{name}/supervision.db")
        yield engine, Path(name) / "exports"
        engine.dispose()


def export(folder: Path, content: dict[str, list[dict[str, str]]]) -> None:
    for table, changes in content.items():
        write(folder, table, *(changes or [{}]))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=EXPORTS)
def test_rows_read_are_stored_known_or_quarantined(
    sqlite_template: Path, content: dict[str, list[dict[str, str]]]
) -> None:
    with store(sqlite_template) as (engine, folder):
        export(folder, content)
        result = pull(engine, folder_source(folder), DAYS[0], DAYS[-1], now=NOW)
        assert result.read == result.new + result.revised + result.unchanged + result.quarantined
        assert result.read == sum(max(1, len(changes)) for changes in content.values())
        history = ("alarm", "feedback_event", "problem")
        reference = sum(len(stored(engine, name, "source")) for name in FACTS if name not in history)
        added = sum(len(stored(engine, name, "source")) for name in history)
        assert (
            added
            <= result.new + result.revised
            <= added + reference + len(content["grids"]) + len(content["contacts"])
        )
        kept = stored(engine, "quarantine", "state", "row_json")
        assert len(kept) <= result.quarantined
        assert (result.quarantined == 0) == (kept == [])

        again = pull(engine, folder_source(folder), DAYS[0], DAYS[-1], now=NOW)
        assert again.read == result.read
        assert sum(len(stored(engine, name, "source")) for name in history) == added
        assert stored(engine, "quarantine", "state", "row_json") == kept


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=EXPORTS, order=st.permutations(list(pairwise(DAYS))))
def test_windows_in_any_order_agree_with_one_pull(
    sqlite_template: Path, content: dict[str, list[dict[str, str]]], order: list[tuple]
) -> None:
    """As sets of (moment, content): what the figures read. How often an unchanged state was told again does not matter."""
    with store(sqlite_template) as (engine, folder), store(sqlite_template) as (other, _):
        export(folder, content)
        source = folder_source(folder)
        pull(engine, source, DAYS[0], DAYS[-1], now=NOW)
        for window in order:
            pull(other, source, *window, now=NOW)
        assert figures(engine) == figures(other)
        # What waits in one store is known in the other: there a right row may have settled it, because it came later.
        assert waiting(engine) <= quarantined(other)
        assert waiting(other) <= quarantined(engine)


def figures(engine: Engine) -> dict[str, object]:
    """What is known of each record at each moment of its history; of undated revisions the set."""
    alarms: dict[str, list[tuple]] = {}
    for alarm_id, _, _, content in sorted(
        stored(engine, "alarm", "alarm_id", "revised_at", "revision", "content_hash")
    ):
        history = alarms.setdefault(alarm_id, [])
        if not history or history[-1] != content:
            history.append(content)
    undated = {
        name: set(stored(engine, name, key, "content_hash"))
        for name, key in (("feedback_event", "event_at"), ("problem", "problem_id"))
    }
    return {
        "alarms": alarms,
        "undated": undated,
        "reference": [facts(engine)[name] for name in ("grid", "contact")],
    }


def waiting(engine: Engine) -> set[str]:
    """The rows in quarantine that wait for a person."""
    return {row for row, state in stored(engine, "quarantine", "row_json", "state") if state == "open"}


def quarantined(engine: Engine) -> set[str]:
    """All that ever were in quarantine."""
    return {row for row, _ in stored(engine, "quarantine", "row_json", "state")}
