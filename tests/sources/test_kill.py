"""Kill -9 at any moment of a pull, then pull again: the store equals an undisturbed pull."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.sources.intake import pull
from tests.killing import killer
from tests.sources.exports import NOW, at, empty, facts, folder_source, stored, write

POINTS = 6  # steps, evenly spread over a pull
LAST = (0, 1, 3)  # steps counted from the end: after the commit, before it, before the ledger's row


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[..., str]]:
    with killer("tests.sources.killed_pull") as ask:
        yield ask


def killed(ask: Callable[..., str], point: int, engine: Engine, folder: Path) -> str:
    return ask(point, engine.url.render_as_string(hide_password=False), folder)


def everything(engine: Engine) -> tuple[object, ...]:
    quarantined = stored(engine, "quarantine", "kind", "row_json", "reason", "state")
    ledger = stored(
        engine, "pull", "start_at", "end_at", "rows_read", "rows_new", "rows_revised", "rows_quarantined"
    )
    return facts(engine, without=("contact_id",)), quarantined, ledger


def test_a_killed_pull_leaves_all_or_nothing(engine: Engine, ask: Callable[..., str], tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    for table in ("grids", "contacts", "problems"):
        write(folder, table, {})
    no_place = {"lon": "", "lat": ""}  # spares every fork the loading of the outlines
    later = {"alarm_count": "9", "revised_at": "2020-03-13T00:00"}
    write(folder, "alarms", no_place, no_place | later, {"alarm_id": "A2", "lon": "x"})
    write(folder, "feedback", {}, {"alarm_id": "A2"})
    nothing = everything(engine)
    calls = int(killed(ask, 0, engine, folder))
    undisturbed = everything(engine)
    outcomes = set()
    for point in sorted(
        {*(calls * step // POINTS + 1 for step in range(POINTS)), *(calls - back for back in LAST)}
    ):
        empty(engine)
        assert killed(ask, point, engine, folder) == "killed"
        left = everything(engine)
        assert left in (nothing, undisturbed), point
        outcomes.add(left == undisturbed)
        if left == nothing:
            pull(engine, folder_source(folder), at("2020-03-01"), at("2020-04-01"), now=NOW)
            assert everything(engine) == undisturbed, point
    assert outcomes == {True, False}
