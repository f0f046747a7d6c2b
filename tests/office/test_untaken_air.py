"""Days that were not taken because the store has more of them: a person takes them after all, or keeps the store's."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from include.errors import InputError, StateError
from include.house import House, default_registry, open_house
from include.office.untaken_air import ASIDE, is_untaken, take
from include.sources.air.quality import import_air_quality
from include.sources.quarantine import discard, list_rows
from include.store.engine import reading
from include.store.hourly import read_hours
from include.store.tables import audit
from tests.sources.air_files import NOW, long_text, put

DAY = date(2020, 3, 12)


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> House:
    return replace(open_house(default_registry(), tmp_path / "var"), engine=engine)


def hours(house: House) -> int:
    return len(read_hours(house.hourly_dir, "city", [DAY]))


def refused(house: House, folder: Path) -> tuple[Path, int]:
    """A store with 24 hours of a day, and a file with 10 of them."""
    put(folder / "whole.csv", long_text("20200312", {"北京": [40] * 24}))
    path = put(folder / "shorter.csv", long_text("20200312", {"北京": [50] * 10}))
    for each in (folder / "whole.csv", path):
        import_air_quality(house.engine, house.hourly_dir, [each], now=NOW)
    with reading(house.engine) as connection:
        (row,) = list_rows(connection)
    assert is_untaken(row)
    assert "24小时 → 10小时" in row.reason
    return path, row.quarantine_id


@pytest.mark.parametrize("is_aside", [False, True])
def test_a_person_takes_the_file_after_all(house: House, tmp_path: Path, is_aside: bool) -> None:
    path, number = refused(house, tmp_path)
    if is_aside:
        (tmp_path / ASIDE).mkdir()
        path.rename(tmp_path / ASIDE / f"20200401T010000-{path.name}")
    done = take(house, number, by="甲", reason="来源更正", now=NOW)
    assert (len(done.days), done.untaken, hours(house)) == (1, (), 10)
    assert done.notes == ("3月12日 北京 PM2.5 24小时 → 10小时等3项，已按要求替换",)
    with reading(house.engine) as connection:
        assert list_rows(connection) == []
        assert connection.execute(select(audit.c.action, audit.c.actor, audit.c.reason)).all() == [
            ("take", "甲", "来源更正")
        ]
    with pytest.raises(StateError, match="settled already"):
        take(house, number, by="甲", reason="再次", now=NOW)


def test_a_person_keeps_what_the_store_has(house: House, tmp_path: Path) -> None:
    path, number = refused(house, tmp_path)
    discard(house.engine, number, by="甲", reason="文件不完整", now=NOW)
    assert hours(house) == 24
    with reading(house.engine) as connection:
        assert list_rows(connection) == []
    import_air_quality(house.engine, house.hourly_dir, [path], now=NOW)
    with reading(house.engine) as connection:
        assert list_rows(connection) == []


def test_a_file_that_is_gone_is_asked_for(house: House, tmp_path: Path) -> None:
    path, number = refused(house, tmp_path)
    path.unlink()
    with pytest.raises(InputError, match="the file is gone"):
        take(house, number, by="甲", reason="采用", now=NOW)
