"""One odd file stops no other: whatever its name, its kind or its content, in every folder that is read."""

import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import InputError, QianliyanError
from include.sources.air.quality import import_air_quality
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.sources.kinds import watched_folder
from include.sources.kinds.watched_folder import empty_inbox
from include.sources.reading.file_names import fitting, label
from include.sources.stations.sources import Taken, empty_folder
from tests.sources.exports import NOW, at, folder_source, stored, write
from tests.sources.test_workbooks import saved

MARCH = (at("2020-03-01"), at("2020-04-01"))
GBK = os.fsdecode("报警".encode("gbk"))
LONG = "长" * 80 + "x" * 3  # 243 bytes; with .csv 247


def dated(path: Path, moment=NOW - timedelta(minutes=1)) -> Path:
    os.utime(path, (moment.timestamp(), moment.timestamp()))
    return path


def bad_xml(path: Path) -> None:
    import zipfile

    saved(path, ["alarm_id"], ["A9"])
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"</row>", b"</wor>", 1)
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)


def link_out(path: Path) -> None:
    outside = path.parent.parent / "outside.csv"
    outside.write_text("alarm_id\n")
    path.symlink_to(outside)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


# A name, how the odd entry is made, and what is said of it.
ODD: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "malformed XML": ("alarms2.xlsx", bad_xml, "the workbook cannot be read"),
    "a broken old workbook": ("alarms2.xlsx", lambda path: path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096)), "the workbook cannot be read"),
    "no workbook": ("alarms2.xlsx", lambda path: path.write_text("alarm_id\n"), "the workbook cannot be read"),
    "UTF-16": ("alarms2.csv", lambda path: path.write_text("alarm_id\n", encoding="utf-16"), "the file is UTF-16"),
    "one endless line": ("alarms2.csv", lambda path: path.write_bytes(b"x" * 3_000_000), "a line is longer"),
    "columns missing": ("alarms2.csv", lambda path: path.write_text("alarm_id\nA9\n"), "columns are missing"),
    "a folder": ("alarms2.csv", lambda path: path.mkdir(), "got a folder"),
    "a named pipe": ("alarms2.csv", lambda path: os.mkfifo(path), "got a named pipe"),
    "a socket": ("alarms2.csv", unix_socket, "got a socket"),
    "a link to nothing": ("alarms2.csv", lambda path: path.symlink_to("nowhere"), "the file cannot be read"),
    "a link to itself": ("alarms2.csv", lambda path: path.symlink_to(path), "a link that leads to itself"),
    "a link out": ("alarms2.csv", link_out, "a link that leaves its folder"),
    "a device": ("alarms2.csv", lambda path: path.symlink_to("/dev/zero"), "a link that leaves its folder"),
    "a GBK name": ("alarms_" + GBK + ".csv", lambda path: path.write_text("no\n"), "columns are missing"),
    "a long name": (f"alarms{LONG[2:]}.csv", lambda path: path.write_text("no\n"), "columns are missing"),
    "a name of control characters": ("alarms\n\x1b[2J\u202e.csv", lambda path: path.write_text("no\n"), "columns are missing"),
}  # fmt: skip


@pytest.fixture(params=ODD)
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path, str]:
    """A folder with a good file of two alarms and an odd entry; the entry, and what is to be said."""
    name, make, said = ODD[request.param]
    folder = tmp_path / "in"
    folder.mkdir()
    dated(write(folder, "alarms", {}, {"alarm_id": "A2"}))
    make(folder / name)
    if not (folder / name).is_symlink():
        dated(folder / name)
    return folder, folder / name, said


def troubles(engine: Engine) -> list[tuple[str, str]]:
    rows = stored(engine, "quarantine", "kind", "origin", "reason", "state")
    return [(origin, reason) for kind, origin, reason, state in rows if kind == "files" and state == "open"]


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


def test_the_other_files_of_a_folder_are_read(engine: Engine, odd: tuple[Path, Path, str]) -> None:
    folder, entry, said = odd
    result = pull(engine, folder_source(folder), *MARCH, now=NOW)
    assert (result.new, result.quarantined) == (2, 0)
    assert [said in warning for warning in result.warnings if "未能处理" in warning] == [True]
    ((origin, reason),) = troubles(engine)
    assert origin == label(entry)
    assert said in reason
    assert origin.isprintable()
    assert reason.isprintable()
    assert stored(engine, "pull", "parts_expected", "parts_received", "fingerprint") == [(2, 1, "")]
    remove(entry)
    assert pull(engine, folder_source(folder), *MARCH, now=NOW).unchanged == 2
    assert troubles(engine) == []


def test_the_other_files_of_an_inbox_are_taken(engine: Engine, odd: tuple[Path, Path, str]) -> None:
    folder, entry, said = odd
    source = SourceConfig("inbox", "inbox", str(folder))
    for _ in range(2):
        result = empty_inbox(engine, source, now=NOW)
        assert all(said in warning for warning in result.warnings)
    ((origin, reason),) = troubles(engine)
    assert origin == label(entry)
    assert said in reason
    assert (folder / "done" / "alarms.csv").is_file()
    moved = list(folder.glob("failed/*.report.txt"))
    assert len(moved) + os.path.lexists(entry) == 1  # moved aside with a report, or left
    assert stored(engine, "alarm", "alarm_id") == [("A1",), ("A2",)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.mark.parametrize("name", [f"alarms_{GBK}.csv", f"alarms{LONG[2:]}xxx.csv", "alarms\n\u202e.csv"])
def test_a_good_file_of_an_odd_name_is_read(engine: Engine, folder: Path, name: str) -> None:
    dated(write(folder, "alarms", {}, {"alarm_id": ""})).rename(folder / name)
    result = pull(engine, folder_source(folder), *MARCH, now=NOW)
    assert (result.new, result.quarantined) == (1, 1)
    again = empty_inbox(engine, replace(folder_source(folder), kind="inbox"), now=NOW)
    assert (again.unchanged, again.warnings) == (1, ())
    (report,) = (folder / "done").glob("*.report.txt")
    assert "读入2条" in report.read_text(encoding="utf-8")


def test_a_trouble_is_settled_by_a_file_of_that_name_that_can_be_read(engine: Engine, folder: Path) -> None:
    source = SourceConfig("inbox", "inbox", str(folder))
    (folder / "alarms2.csv").write_text("no\n")
    dated(folder / "alarms2.csv")
    empty_inbox(engine, source, now=NOW)
    assert [origin for origin, _ in troubles(engine)] == ["alarms2.csv"]
    dated(write(folder, "alarms", {}, name="alarms2.csv"))
    empty_inbox(engine, source, now=NOW)
    assert troubles(engine) == []


@pytest.mark.parametrize("name", ["done", "failed"])
@pytest.mark.parametrize("make", [lambda path: path.write_text("x"), lambda path: path.symlink_to("/tmp")])
def test_the_folders_of_what_was_read_may_be_something_else(
    engine: Engine, folder: Path, name: str, make: Callable[[Path], object]
) -> None:
    make(folder / name)
    dated(write(folder, "alarms", {}))
    (folder / "alarms2.csv").write_text("no\n")
    dated(folder / "alarms2.csv")
    source = SourceConfig("inbox", "inbox", str(folder))
    result = empty_inbox(engine, source, now=NOW)
    assert result.new == 1
    left = "alarms.csv" if name == "done" else "alarms2.csv"
    assert (folder / left).is_file()
    assert any(left in warning and "留在原处" in warning for warning in result.warnings)
    assert any(name in warning and "belongs to the folder" in warning for warning in result.warnings)
    assert empty_inbox(engine, source, now=NOW).new == 0
    (folder / name).unlink()
    empty_inbox(engine, source, now=NOW)
    assert (folder / name / left).is_file()
    assert [origin for origin, _ in troubles(engine)] == ["alarms2.csv"]


def test_a_file_dated_in_the_future_is_reported(engine: Engine, folder: Path) -> None:
    dated(write(folder, "alarms", {}), NOW + timedelta(days=400))
    result = empty_inbox(engine, SourceConfig("inbox", "inbox", str(folder)), now=NOW)
    assert ["the file is dated in the future" in warning for warning in result.warnings] == [True]
    real_now = NOW.replace(year=2200)
    dated(folder / "alarms.csv", real_now + timedelta(days=400))
    assert empty_inbox(engine, SourceConfig("inbox", "inbox", str(folder)), now=real_now).new == 1


def test_a_file_that_vanishes_is_nobodys_trouble(engine: Engine, folder: Path, monkeypatch) -> None:
    dated(write(folder, "alarms", {}))
    dated(write(folder, "alarms", {"alarm_id": "A2"}, name="alarms2.csv"))
    read = watched_folder._read

    def vanishing(engine, source, mapping, file, now):
        if file.path.name == "alarms.csv":
            file.path.unlink()
        return read(engine, source, mapping, file, now)

    monkeypatch.setattr(watched_folder, "_read", vanishing)
    result = empty_inbox(engine, SourceConfig("inbox", "inbox", str(folder)), now=NOW)
    assert (result.new, result.warnings) == (1, ())


def test_a_folder_of_which_no_file_can_be_read_is_an_error(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "alarms.csv").write_text("no\n")
    with pytest.raises(InputError, match="columns are missing"):
        pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert stored(engine, "pull", "pull_id") == []


AIR = "date,hour,城市,PM2.5\n" + "".join(f"20200301,{hour},北京,20\n" for hour in range(24))


@pytest.mark.parametrize(
    "text",
    [
        "date,hour,城市,PM2.5\n99991231,0,北京,20\n",
        "date,hour,城市,PM2.5\n00010101,0,北京,20\n",
        "x\n1\n",
        "",
    ],
)
@pytest.mark.parametrize("name", ["b.csv", f"{GBK}.csv", f"{LONG}.csv"])
def test_one_odd_air_file_stops_no_other(engine: Engine, tmp_path: Path, text: str, name: str) -> None:
    folder = tmp_path / "air"
    folder.mkdir()
    (folder / "a.csv").write_text(AIR)
    (folder / name).write_text(text)
    (folder / "c.csv").mkdir()
    result = import_air_quality(engine, tmp_path / "hourly", [folder], now=NOW)
    assert (result.files, [str(day.observed_on) for day in result.days]) == (1, ["2020-03-01"])
    assert sorted(label(path) for path in result.unread) == sorted([label(folder / name), "c.csv"])
    assert {origin for origin, _ in troubles(engine)} == {label(folder / name), "c.csv"}
    (folder / name).write_text(AIR.replace("0301", "0302"))
    (folder / "c.csv").rmdir()
    import_air_quality(engine, tmp_path / "hourly", [folder / name], now=NOW)
    assert [origin for origin, _ in troubles(engine)] == ["c.csv"]


def test_names_fit_and_are_printable() -> None:
    for name in (f"{LONG}xyz.csv", GBK * 60 + ".csv", "a.csv", "无后缀" * 27):
        cut = fitting(Path(name), before="20200301T000000-", spare=11)
        assert len(os.fsencode(cut)) <= 255 - 11
        assert label(Path(name)).encode()
    assert fitting(Path("a.csv")) == "a.csv"
    assert label(Path(GBK + ".csv")) == "报警.csv"
    assert str(QianliyanError("x", where=GBK)) == "报警: x"


def test_one_odd_station_file_stops_no_other(engine: Engine, folder: Path, tmp_path: Path) -> None:
    hours = "station_id,hour,pm25_ug_m3\nS1,2020-03-01T08:00,20\n"
    (folder / "station_hours.csv").write_text(hours)
    (folder / f"station_hours_{GBK}.csv").write_text(hours.replace("08:00", "09:00"))
    (folder / "station_hours_3.csv").write_bytes(b"\xff\xfe\x00")
    (folder / "winds.csv").mkdir()
    (folder / "station_hours_4.csv").symlink_to("/etc/hostname")
    (folder / "station_hours_5.xlsx").write_bytes(b"PK")
    for name in (
        "station_hours.csv",
        f"station_hours_{GBK}.csv",
        "station_hours_3.csv",
        "station_hours_5.xlsx",
    ):
        dated(folder / name)
    taken = Taken()
    empty_folder(engine, tmp_path / "hourly", folder, taken, now=NOW)
    assert (taken.files, taken.rows) == (2, 2)
    assert [error.split(":")[0].split("：")[0] for error in taken.errors] == [
        "station_hours_4.csv",
        "winds.csv",
        "station_hours_3.csv",
        "station_hours_5.xlsx",
    ]
    assert all(error.isprintable() for error in taken.errors)
    assert sorted(label(path) for path in (folder / "done").glob("*.csv")) == [
        "station_hours.csv",
        "station_hours_报警.csv",
    ]
    assert sorted(path.name for path in (folder / "failed").glob("*[vx]")) == [
        "station_hours_3.csv",
        "station_hours_5.xlsx",
    ]
