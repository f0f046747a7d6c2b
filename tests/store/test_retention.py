"""What may go goes, and every letter is afterwards what it was."""

import hashlib
import os
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, select

from include.act import Act
from include.errors import CheckFailed
from include.periods import midnight
from include.post.composed import stored_composition
from include.post.copies import resend
from include.post.drafts import draft, reject, withhold
from include.post.reconciliation import reconcile
from include.store.air_days import Provenance, replace_city_days
from include.store.archive import Archive
from include.store.engine import reading, writing
from include.store.hourly import days_path, hours_path
from include.store.retention import Aged, expendable, old_fires, remove, remove_fires
from include.store.watch_tables import suspect_place
from tests.post.samples import (
    DAY,
    JINAN,
    NOW,
    TAIYUAN,
    YANGQUAN,
    add_cities,
    composition,
    facts,
    outgoing,
    released,
)

LATER = NOW + timedelta(days=100)
FIGURES = b'{"cities": []}'


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


PREVIEW, OLD_FIGURES = sha("%PDF-1.7（预览）".encode()), sha(FIGURES)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@pytest.fixture
def letters(engine: Engine, archive: Archive) -> Engine:
    """A released letter, a withheld one and a rejected one, each with its own PDF; the figures of a run; all 100 days old."""
    add_cities(engine, YANGQUAN)
    archive.put(FIGURES)
    assert released(engine, archive).action == "released"
    for city, settle in ((TAIYUAN, withhold), (JINAN, reject)):
        mine = composition(attached=city.encode())
        drafted = draft(engine, archive, facts(unit_code=city), mine, now=NOW, actor="run")
        settle(engine, drafted.letter_id, now=NOW, actor="王", reason="不发")
    for path in archive.objects().values():
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    return engine


def found(engine: Engine, archive: Archive, hourly: Path, now=LATER):
    with reading(engine) as connection:
        aged = (Aged("hints", hourly.parent / "hints", "*.csv", timedelta(days=30)),)
        return expendable(connection, archive, hourly, aged, now)


def swept(engine: Engine, archive: Archive, hourly: Path, now=LATER) -> list[tuple[str, str]]:
    gone: list[tuple[str, str]] = []
    remove(
        archive, found(engine, archive, hourly, now), now, lambda one: gone.append((one.kind, one.path.name))
    )
    return sorted(gone)


def compositions(engine: Engine, archive: Archive) -> list[object]:
    with reading(engine) as connection:
        return [stored_composition(connection, archive, letter_id) for letter_id in (1, 2, 3)]


def test_what_nothing_names_goes_and_every_letter_stays_whole(
    letters: Engine, archive: Archive, tmp_path: Path
) -> None:
    before = compositions(letters, archive)
    held = set(archive.objects())
    listed = [(one.kind, one.path.name) for one in found(letters, archive, tmp_path / "hourly")]
    assert set(archive.objects()) == held  # listing removes nothing
    gone = swept(letters, archive, tmp_path / "hourly")
    # the preview of the letter that was released since; its HTML and text are those of the other two previews
    assert gone == sorted(listed) == sorted([("archive", PREVIEW), ("archive", OLD_FIGURES)])
    assert set(archive.objects()) == held - {PREVIEW, OLD_FIGURES}
    assert swept(letters, archive, tmp_path / "hourly") == []
    assert compositions(letters, archive) == before
    with writing(letters) as connection:
        connection.exec_driver_sql("update delivery set state = 'sent'")
    copy = resend(outgoing(letters, archive), 1, Act(LATER, "王", "再发"))
    assert copy.copy_no == 2
    with reading(letters) as connection:
        assert reconcile(connection, DAY + timedelta(days=1), due=[facts().key]).faults == ()


def test_what_is_young_stays(letters: Engine, archive: Archive, tmp_path: Path) -> None:
    assert found(letters, archive, tmp_path, now=NOW + timedelta(days=89)) == []


def test_what_is_put_again_stays(letters: Engine, archive: Archive, tmp_path: Path) -> None:
    """A release that puts an object which is there already, between the listing and the sweep."""
    listed = found(letters, archive, tmp_path / "hourly")
    assert archive.put(FIGURES) == OLD_FIGURES
    os.utime(archive.path(OLD_FIGURES), (LATER.timestamp(), LATER.timestamp()))  # the clock of this test
    gone: list[str] = []
    remove(archive, listed, LATER, lambda one: gone.append(one.path.name))
    assert gone == [PREVIEW]
    assert archive.get(OLD_FIGURES) == FIGURES


def test_putting_again_makes_young(archive: Archive) -> None:
    path = archive.path(archive.put(FIGURES))
    os.utime(path, (0, 0))
    archive.put(FIGURES)
    assert path.stat().st_mtime > 0


def test_half_written_files_go_after_two_days(letters: Engine, archive: Archive, tmp_path: Path) -> None:
    hourly = tmp_path / "hourly"
    drafts = [archive.root / "ab" / ".new-x", hourly / "grid_hours" / ".new-7-2020-03-01.parquet"]
    for path in drafts:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert swept(letters, archive, hourly, now=NOW + timedelta(days=1)) == []
    gone = swept(letters, archive, hourly, now=NOW + timedelta(days=3))
    assert gone == sorted(("draft", path.name) for path in drafts)


def test_an_archive_of_another_store_is_left_alone(letters: Engine, archive: Archive, tmp_path: Path) -> None:
    with reading(letters) as connection:
        lost = next(iter(stored_composition(connection, archive, 1).files))
    archive.path(sha(lost.content)).unlink()
    with pytest.raises(CheckFailed, match="1 files of letters are not in the archive"):
        found(letters, archive, tmp_path)


def test_a_store_without_letters_removes_nothing(engine: Engine, archive: Archive, tmp_path: Path) -> None:
    archive.put(FIGURES)
    with pytest.raises(CheckFailed, match="the store names no file of the archive"):
        found(engine, archive, tmp_path)


def test_old_hours_go_only_where_their_daily_means_are_kept(
    letters: Engine, archive: Archive, tmp_path: Path
) -> None:
    now = midnight(date(2022, 4, 2))  # 762 days before: 2020-03-01
    days = [date(2020, 2, 28), date(2020, 2, 29), date(2020, 3, 1)]
    for dataset in ("city", "grid"):
        for day in days:
            for path in (hours_path(tmp_path, dataset, day), days_path(tmp_path, dataset, day)):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"parquet")
                os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    days_path(tmp_path, "grid", days[0]).unlink()
    fresh = hours_path(tmp_path, "grid", days[1])
    means = pd.DataFrame({"place_id": [YANGQUAN], "observed_on": pd.to_datetime([days[1]])})
    with writing(letters) as connection:
        replace_city_days(connection, [days[1]], means, Provenance("test", frozenset(), NOW))
    listed = found(letters, archive, tmp_path, now=now)
    assert [one.path for one in listed if one.kind == "hours"] == [
        hours_path(tmp_path, "city", days[1]),
        fresh,
    ]
    os.utime(fresh, (now.timestamp(), now.timestamp()))  # imported today
    gone = swept(letters, archive, tmp_path, now=now)
    assert [name for kind, name in gone if kind == "hours"] == ["2020-02-29.parquet"]
    assert fresh.exists()
    assert days_path(tmp_path, "grid", days[1]).exists()


def test_fires_go_when_no_alarm_can_be_laid_to_them(engine: Engine) -> None:
    told = {
        "source": "firms",
        "name": "",
        "lon": 112.0,
        "lat": 37.0,
        "is_simulated": True,
        "received_at": NOW,
    }
    rows = [
        told | {"kind": kind, "place_id": f"{kind}{days}", "seen_at": NOW - timedelta(days=days)}
        for kind, days in (("fire", 399), ("fire", 401), ("site", 401))
    ]
    with writing(engine) as connection:
        connection.execute(suspect_place.insert(), rows)
        assert (old_fires(connection, NOW), remove_fires(connection, NOW)) == (1, 1)
        left = connection.execute(select(suspect_place.c.place_id)).scalars().all()
        assert (sorted(left), old_fires(connection, NOW)) == (["fire399", "site401"], 0)
