"""Kill -9 at any moment of a pull, then pull again: the store equals an undisturbed pull."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.sources.intake import pull
from tests.sources.exports import NOW, at, empty, facts, folder_source, stored, write

ROOT = Path(__file__).resolve().parents[2]
POINTS = 6  # steps, evenly spread over a pull
LAST = (0, 1, 3)  # steps counted from the end: after the commit, before it, before the ledger's row


@pytest.fixture(scope="module")
def killer() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.sources.killed_pull"],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def killed(process: subprocess.Popen[str], point: int, engine: Engine, folder: Path) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    url = engine.url.render_as_string(hide_password=False)
    process.stdin.write(f"{point} {url} {folder}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def everything(engine: Engine) -> tuple[object, ...]:
    quarantined = stored(engine, "quarantine", "kind", "row_json", "reason", "state")
    ledger = stored(
        engine, "pull", "start_at", "end_at", "rows_read", "rows_new", "rows_revised", "rows_quarantined"
    )
    return facts(engine, without=("contact_id",)), quarantined, ledger


def test_a_killed_pull_leaves_all_or_nothing(
    engine: Engine, killer: subprocess.Popen[str], tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    for table in ("grids", "contacts", "problems"):
        write(folder, table, {})
    no_place = {"lon": "", "lat": ""}  # spares every fork the loading of the outlines
    later = {"alarm_count": "9", "revised_at": "2020-03-13T00:00"}
    write(folder, "alarms", no_place, no_place | later, {"alarm_id": "A2", "lon": "x"})
    write(folder, "feedback", {}, {"alarm_id": "A2"})
    nothing = everything(engine)
    calls = int(killed(killer, 0, engine, folder))
    undisturbed = everything(engine)
    outcomes = set()
    for point in sorted(
        {*(calls * step // POINTS + 1 for step in range(POINTS)), *(calls - back for back in LAST)}
    ):
        empty(engine)
        assert killed(killer, point, engine, folder) == "killed"
        left = everything(engine)
        assert left in (nothing, undisturbed), point
        outcomes.add(left == undisturbed)
        if left == nothing:
            pull(engine, folder_source(folder), at("2020-03-01"), at("2020-04-01"), now=NOW)
            assert everything(engine) == undisturbed, point
    assert outcomes == {True, False}
