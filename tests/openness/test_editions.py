"""Editions in the store: kept whole, numbered, taken away once; on both databases."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from include.errors import InputError, StateError
from include.openness.editions import Plan, changed_cells, editions, recorded, remove
from include.openness.figures import Edition, Month, Row
from include.periods import midnight
from include.store import tables
from include.store.engine import reading
from tests.desk.facts import NOW, house_of

TOTAL = {"pushed": 8, "answered": 7, "due": 8, "on_time": 6}
FOUND = {"problems": 5, "alarms_with_problem": 5, "rectification_due": 5, "rectified": None, "answered": 7}
MONTH = Month(
    start=date(2020, 3, 1),
    end=date(2020, 4, 1),
    as_of=midnight(date(2020, 4, 15)),
    smallest=5,
    is_simulated=False,
    hours_received=1080.0,
    hours_expected=1080.0,
    units=(("1", "甲"), ("2", "乙"), ("3", "丙")),
    answers=(Row(("1", "2", "3"), TOTAL, 3.5, 9.0), Row((), TOTAL, 3.5, 9.0)),
    problems=(Row(("1", "2", "3"), FOUND), Row((), FOUND)),
    quality={"drawn": 12, "checked": 0, "not_confirmed": 0},
    in_dispute=None,
    categories=(),
    counties={},
)
FIRST = Edition(1, date(2020, 5, 1), MONTH, "first")


def test_an_edition_comes_back_as_it_was_recorded_and_is_taken_away_once(
    engine: Engine, tmp_path: Path
) -> None:
    house = house_of(engine, tmp_path)
    recorded(house, Plan(date(2020, 5, 1), (FIRST,), (FIRST,)), NOW, "duty")
    with reading(engine) as connection:
        assert editions(connection) == [FIRST]
    with pytest.raises(StateError, match="recorded meanwhile"):
        recorded(house, Plan(date(2020, 5, 1), (FIRST,), (FIRST,)), NOW, "another")
    for month, reason, error in (
        ("2020-3", "why", InputError),
        ("2020-03", " ", InputError),
        ("2020-04", "why", StateError),
    ):
        with pytest.raises(error):
            remove(house, month, 1, now=NOW, actor="duty", reason=reason)
    remove(house, "2020-03", 1, now=NOW, actor="duty", reason="why")
    with reading(engine) as connection:
        assert editions(connection) == [replace(FIRST, removed_on=date(2020, 3, 12), removed_reason="why")]
        trail = connection.execute(
            select(tables.audit.c.subject_id, tables.audit.c.action, tables.audit.c.reason)
        ).all()
    assert [tuple(row) for row in trail] == [
        ("v1/2020/03", "publish", "first"),
        ("v1/2020/03", "remove", "why"),
    ]
    with pytest.raises(StateError, match="no such edition stands"):
        remove(house, "2020-03", 1, now=NOW, actor="duty", reason="why")


def test_a_changed_cell_is_counted_once_and_rows_that_were_merged_anew_with_all_their_cells() -> None:
    other = {**TOTAL, "on_time": 7}
    changed = replace(MONTH, answers=(Row(("1", "2", "3"), other, 3.5, 9.0), Row((), other, 3.5, 9.0)))
    assert changed_cells(MONTH, changed) == 2
    assert changed_cells(MONTH, MONTH) == 0
