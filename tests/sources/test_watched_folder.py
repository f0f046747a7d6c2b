"""A watched folder: what is taken, what is left, where it ends, and what a crash in between does."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.sources.kinds import watched_folder
from include.sources.kinds.watched_folder import empty_inbox
from include.sources.reading.file_names import entries_of
from tests.sources.exports import NOW, at, facts, stored, write

MINUTE_AGO = NOW - timedelta(minutes=1)


def dated(path: Path, moment=MINUTE_AGO) -> Path:
    os.utime(path, (moment.timestamp(), moment.timestamp()))
    return path


def drop(folder: Path, table: str, *changes: dict[str, str], **settings: str) -> Path:
    return dated(write(folder, table, *changes, **settings))


def contents(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def source(folder: Path) -> SourceConfig:
    return SourceConfig("inbox", "inbox", str(folder))


def test_a_finished_file_is_read_and_put_away(engine: Engine, folder: Path, source: SourceConfig) -> None:
    drop(folder, "alarms", {}, {"alarm_id": ""}, name="alarms_0312.csv", encoding="gb18030")
    result = empty_inbox(engine, source, now=NOW)
    assert (result.read, result.new, result.quarantined) == (2, 1, 1)
    assert contents(folder) == ["done/alarms_0312.csv", "done/alarms_0312.csv.report.txt"]
    assert (folder / "done/alarms_0312.csv.report.txt").read_text(encoding="utf-8") == (
        "文件：alarms_0312.csv\n处理时间：2020年7月1日8时\n读入2条：新增1，更正0，无变化0，待核对1\n"
        "待核对的行：\n  alarms_0312.csv 第3行｜alarm_id｜｜必填，未填写\n"
    )
    assert stored(engine, "pull", "source", "start_at", "end_at", "rows_read") == [("inbox", NOW, NOW, 2)]


def test_a_pull_of_an_inbox_empties_it(engine: Engine, folder: Path, source: SourceConfig) -> None:
    drop(folder, "alarms", {})
    assert pull(engine, source, at("2020-03-12"), at("2020-03-13"), now=NOW).new == 1
    assert pull(engine, source, at("2020-03-12"), at("2020-03-13"), now=NOW).read == 0


def test_what_is_not_finished_stays(engine: Engine, folder: Path, source: SourceConfig) -> None:
    dated(write(folder, "alarms", {}), NOW - timedelta(seconds=29))
    for name in ("alarms2.csv.part", "~$alarms.xlsx", ".alarms.csv", "alarms3.csv.tmp"):
        drop(folder, "alarms", {}, name=name)
    before = contents(folder)
    assert empty_inbox(engine, source, now=NOW).read == 0
    assert contents(folder) == before
    assert empty_inbox(engine, source, now=NOW + timedelta(seconds=1)).read == 1


def test_a_file_that_grows_while_it_is_read_stays(
    engine: Engine, folder: Path, source: SourceConfig, monkeypatch
) -> None:
    path = drop(folder, "alarms", {})
    read = watched_folder._read

    def growing(*arguments):
        with path.open("a") as stream:
            stream.write("half a li")
        return read(*arguments)

    monkeypatch.setattr(watched_folder, "_read", growing)
    assert empty_inbox(engine, source, now=NOW).read == 0
    assert contents(folder) == ["alarms.csv"]
    assert stored(engine, "alarm", "alarm_id") == []


def test_files_that_cannot_be_used_do_not_stop_the_others(
    engine: Engine, folder: Path, source: SourceConfig
) -> None:
    dated(write(folder, "alarms", {}, name="a letter.docx"))
    drop(folder, "alarms", {}, name="报警.csv")
    (folder / "feedback.csv").write_text("alarm_id\nA1\n")
    dated(folder / "feedback.csv")
    (folder / "problems.xlsx").write_bytes(b"no workbook")
    dated(folder / "problems.xlsx")
    drop(folder, "alarms", {})
    result = empty_inbox(engine, source, now=NOW)
    assert (result.new, len(result.warnings)) == (1, 4)
    assert [name for name in contents(folder) if "report" not in name] == [
        "done/alarms.csv",
        "failed/a letter.docx",
        "failed/feedback.csv",
        "failed/problems.xlsx",
        "failed/报警.csv",
    ]
    assert (folder / "failed/a letter.docx.report.txt").read_text(encoding="utf-8") == (
        "未能处理：a letter.docx: not a file that can be read; expected CSV, XLSX or Parquet; got .docx\n"
    )


def test_the_same_content_is_never_read_twice(engine: Engine, folder: Path, source: SourceConfig) -> None:
    content = drop(folder, "alarms", {}).read_bytes()
    empty_inbox(engine, source, now=NOW)
    (folder / "alarms.csv").write_bytes(content)
    dated(folder / "alarms.csv")
    assert empty_inbox(engine, source, now=NOW).read == 0
    names = [name for name in contents(folder) if "report" not in name]
    assert len(names) == 2
    assert all(name.startswith("done/alarms.") for name in names)
    assert len(stored(engine, "pull", "pull_id")) == 1


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["_is_known", "record", "_report", "_move"])
def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(
    engine: Engine, folder: Path, source: SourceConfig, monkeypatch, step: str
) -> None:
    drop(folder, "alarms", {}, {"alarm_id": "A2", "lon": "x"})

    def killed(*_arguments, **_keywords):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(watched_folder, step, killed)
        with pytest.raises(Killed):
            empty_inbox(engine, source, now=NOW)
    assert contents(folder) == ["alarms.csv"]
    empty_inbox(engine, source, now=NOW)
    assert contents(folder) == ["done/alarms.csv", "done/alarms.csv.report.txt"]
    assert [len(rows) for rows in facts(engine).values()] == [0, 0, 1, 0, 0]
    assert stored(engine, "pull", "rows_read", "rows_new", "rows_quarantined") == [(2, 1, 1)]


@contextmanager
def _without_rights() -> Iterator[None]:
    """As an account to which rights apply: root reads everything."""
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(own)


def test_a_folder_that_may_be_listed_but_not_entered_is_named_with_its_source() -> None:
    with TemporaryDirectory() as place:
        folder = Path(place) / "drop"
        folder.mkdir()
        (folder / "alarms.csv").write_text("alarm_id\n", encoding="utf-8")
        Path(place).chmod(0o755)
        folder.chmod(0o744 if os.geteuid() == 0 else 0o400)
        with (
            _without_rights(),
            pytest.raises(InputError, match=rf"source inbox: {folder}.*rights r and x.*got.*denied"),
        ):
            entries_of(folder, f"source inbox: {folder}")
        folder.chmod(0o755)


def test_a_missing_inbox_is_an_error(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the folder cannot be listed"):
        empty_inbox(engine, SourceConfig("inbox", "inbox", str(tmp_path / "nowhere")), now=NOW)
