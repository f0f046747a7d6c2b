"""A letter is a function of profile, facts and moment: whatever ran before, its figures and files are the same bytes.

`make test` plays a small share. `make histories` (QIANLIYAN_HISTORIES=whole) plays the figures of a month and the files of two weeks.
"""

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.store.engine import open_engine
from include.store.migrate import migrate
from tests.histories.histories import Told, history, open_units, windows_between, write_units

IS_WHOLE = os.environ.get("QIANLIYAN_HISTORIES") == "whole"
MONTH = windows_between(date(2020, 3, 1), date(2020, 4, 1))
SHARE = [one for one in MONTH if one.end >= date(2020, 3, 15)][:3] + [
    one for one in MONTH if one.kind != "day"
][-2:]
FORTNIGHT = [one for one in MONTH if one.end <= date(2020, 3, 16)]
pytestmark = pytest.mark.timeout(7200 if IS_WHOLE else 600)
SEEDS = tuple(range(1, 6)) if IS_WHOLE else (1,)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_units(tmp_path_factory.mktemp("units") / "region", date(2020, 3, 1), date(2020, 4, 1))


@pytest.fixture
def engine(engine: Engine) -> Iterator[Engine]:
    """The cities of the key regions are there again afterwards."""
    yield engine
    migrate(engine)


def in_order(folder: Path, template: Path, var: Path, windows: list, composed: frozenset[str] | None) -> Told:
    """What one store of its own says whose beats ran one after the other."""
    var.mkdir()
    shutil.copy(template, var / "supervision.db")
    engine = open_engine(f"sqlite:///{var / 'supervision.db'}")
    told = history(open_units(engine, folder, var), windows, None, composed=composed)
    engine.dispose()
    return told


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_do_not_know_what_ran_before(
    engine: Engine, folder: Path, sqlite_template: Path, tmp_path: Path, seed: int
) -> None:
    windows = MONTH if IS_WHOLE else SHARE
    expected = in_order(folder, sqlite_template, tmp_path / "one", windows, frozenset())
    assert len(expected.figures) == len(windows)
    found = history(open_units(engine, folder, tmp_path / "other"), windows, seed)
    assert found.figures == expected.figures


@pytest.mark.parametrize("seed", SEEDS)
def test_letters_do_not_know_what_ran_before(
    engine: Engine, folder: Path, sqlite_template: Path, tmp_path: Path, seed: int
) -> None:
    if IS_WHOLE:
        windows, composed = FORTNIGHT, None
    else:
        windows, composed = SHARE[:3], frozenset({SHARE[0].key})
    expected = in_order(folder, sqlite_template, tmp_path / "one", windows, composed)
    assert sum(name.endswith(" pdf") for name in expected.files) > 1
    found = history(open_units(engine, folder, tmp_path / "other"), windows, seed, composed=composed)
    assert found == expected
