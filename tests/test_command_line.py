"""The verbs as an operator runs them: what they print, and with which code they end."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from include.__main__ import main
from include.house import default_registry, open_house
from include.office.attention import matters
from include.profile.current import load, using
from include.store.archive import Archive
from include.store.engine import writing
from include.store.watch_alarms import MadeAlarm, State, keep_alarms, open_todo
from tests.workflows.region import write_files

Verb = Callable[..., int]
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verb:
    """Runs a verb in an installation of its own; returns the exit code."""
    monkeypatch.setenv("QIANLIYAN_VAR", str(tmp_path / "var"))

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["include", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0)

    return run


@pytest.fixture
def region(tmp_path: Path, verb: Verb) -> Path:
    """A store with the hand-made region in the folder of the configured source."""
    assert verb("migrate") == 0
    return write_files(tmp_path / "var" / "demo_region")


def test_a_window_from_pull_to_figures(region: Path, verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb("pull", "--start", "2020-03-01", "--end", "2020-03-13") == 0
    # 5 alarms, 3 answers, 1 problem, 1 grid, 4 contacts; one alarm of an unknown city
    assert "demo_region: read 14, new 13, revised 0, unchanged 0, quarantined 1" in capsys.readouterr().out
    assert verb("feedback", "--period-end", "2020-03-12", "--kind", "day", "--format", "csv") == 0
    table = pd.read_csv(StringIO(capsys.readouterr().out), dtype={"unit_code": str}).set_index("unit_code")
    assert list(table.columns) == [
        "unit_name",
        "pushed",
        "answered",
        "due",
        "on_time",
        "late",
        "overdue",
        "in_dispute",
        "chronic",
        "closed",
        "feedback_rate",
        "on_time_rate",
        "problems",
        "alarms_with_problem",
        "flag",
    ]
    assert table.loc["140300", ["pushed", "answered", "due", "overdue", "flag"]].tolist() == [
        1,
        0,
        1,
        1,
        "urge",
    ]
    assert table.loc["total", ["pushed", "answered", "due", "on_time", "overdue"]].tolist() == [3, 1, 3, 1, 2]
    assert len(table) == 40


@pytest.mark.parametrize(("origin", "said"), [("模拟数据", "模拟数据\n"), ("", "")])
def test_figures_of_simulated_data_say_so(
    tmp_path: Path, verb: Verb, capsys: pytest.CaptureFixture[str], origin: str, said: str
) -> None:
    verb("migrate")
    write_files(tmp_path / "var" / "demo_region", origin=origin)
    capsys.readouterr()
    assert verb("feedback", "--period-end", "2020-03-12", "--kind", "day", "--format", "csv") == 0
    shown = capsys.readouterr()
    assert shown.err == said
    assert shown.out.startswith("unit_code,")


def test_figures_pull_what_they_need_by_themselves(
    region: Path, verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    as_of = "2020-03-13T00:00"
    assert (
        verb("feedback", "--start", "2020-03-08", "--end", "2020-03-12", "--as-of", as_of, "--format", "json")
        == 0
    )
    total = json.loads(capsys.readouterr().out)[-1]
    assert (total["unit_code"], total["pushed"], total["answered"], total["problems"]) == ("total", 4, 2, 1)
    assert total["feedback_rate"] == 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["feedback", "--period-end", "2020-03-05", "--kind", "midweek"],
            "expected a Wednesday; got 2020-03-05 (Thursday)",
        ),
        (["feedback", "--start", "2020-03-05"], "expected --period-end with --kind, or --start with --end"),
        (["feedback", "--start", "2020-03-05", "--end", "2020-03-05"], "at least one day"),
        (["pull", "--start", "2020-03-05", "--end", "2020-03-01"], "at least one day"),
        (["pull", "--start", "yesterday", "--end", "2020-03-01"], "expected YYYY-MM-DD"),
        (
            ["pull", "--start", "2020-03-01", "--end", "2020-03-02", "--source", "nobody"],
            "no such source; expected demo_region; got nobody",
        ),
        (["watch", "--start", "2020-03-05T07:30", "--end", "2020-03-06"], "not a whole hour"),
        (["watch", "--start", "2020-03-05T07:00", "--end", "2020-03-05T07:00"], "at least one hour"),
        (["watch", "--start", "2020-03-05"], "at least one hour"),
        (["letters", "show", "7"], "no such letter"),
        (["letters", "release", "7", "--reason", "x"], "no such letter"),
        (["quarantine", "show", "7"], "no such row in quarantine"),
        (["simulate", "--start", "2021-01-01", "--end", "2021-02-01", "--to", "x"], "2020-03-01"),
        (["nonsense"], "No such command"),
    ],
)
def test_bad_arguments_end_with_2_and_say_what_to_do(
    region: Path, verb: Verb, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert verb(*arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_the_watch_takes_days_and_hours(region: Path, verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb("migrate") == 0
    assert verb("watch", "--start", "2020-03-05T22:00", "--end", "2020-03-06") == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("2 hours judged")


def test_a_store_that_was_never_made_says_so(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb("letters", "list") == 2
    assert (
        "python -m include migrate makes a new store, for a new installation only" in capsys.readouterr().err
    )


def test_a_row_in_quarantine_is_listed_corrected_and_replayed(
    region: Path, verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    verb("pull", "--start", "2020-03-01", "--end", "2020-03-13")
    capsys.readouterr()
    assert verb("quarantine", "list", "--format", "json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["kind"], row["field"], row["value"]) == ("alarms", "unit_code", "999999")
    number = str(row["quarantine_id"])
    assert verb("quarantine", "replay", number) == 1
    assert verb("quarantine", "correct", number, "unit_code=610100", "--reason", "城市代码录错") == 0
    assert verb("quarantine", "replay", number) == 0
    capsys.readouterr()
    verb("feedback", "--period-end", "2020-03-12", "--kind", "day", "--format", "json")
    xian = next(one for one in json.loads(capsys.readouterr().out) if one["unit_code"] == "610100")
    assert xian["pushed"] == 2


def test_a_day_whose_letters_were_never_composed_is_not_reconciled(
    region: Path, verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    verb("pull", "--start", "2020-02-01", "--end", "2020-03-13")
    assert verb("reconcile", "--date", "2020-03-12") == 1
    assert "notice_140300_day_2020-03-11_2020-03-12_1：应有函件，但发件箱中没有" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["feedback"], ["letters", "resolve"], ["quarantine", "correct"], ["air-quality"]]
)
def test_every_verb_has_help(verb: Verb, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert verb(*arguments, "--help") == 0
    assert "Usage:" in capsys.readouterr().out


def test_importing_air_quality_ends_with_1_where_a_file_was_refused(
    tmp_path: Path, verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    verb("migrate")
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    header = "date,hour,城市,AQI,PM2.5"
    good.write_text(
        "\n".join([header, *(f"20200401,{hour},阳泉,50,{30 + hour}" for hour in range(24))]) + "\n",
        encoding="utf-8-sig",
    )
    bad.write_text("id,x\n1,2\n", encoding="utf-8")
    assert verb("import-air-quality", str(good)) == 0
    assert verb("import-air-quality", str(good), str(bad)) == 1
    assert "bad.csv" in capsys.readouterr().err


def test_importing_air_quality_says_what_the_hourly_run_says(
    tmp_path: Path, verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    """The words are `import_lines`, as of the run that takes files in; then every name that is not known, however many."""
    verb("migrate")
    names = [f"某城{number}" for number in range(30)]
    first = [f"20200401,{hour},阳泉,50,{30 + hour}" for hour in range(24)]
    for name, rows in (
        ("a.csv", first),
        ("b.csv", first[:10] + [f"20200401,0,{name},50,9" for name in names]),
    ):
        (tmp_path / name).write_text("\n".join(["date,hour,城市,AQI,PM2.5", *rows]) + "\n", encoding="utf-8")
    assert verb("import-air-quality", str(tmp_path / "a.csv")) == 0
    capsys.readouterr()
    assert verb("import-air-quality", str(tmp_path / "b.csv"), "--replace") == 0
    said = capsys.readouterr()
    assert said.out == (
        "读入1个文件、40行；存入1个地方的10个值（PM2.5），替换1天；未用0个值（在待查中），空值0个，重复值0个（只计一次）\n"
    )
    lines = said.err.splitlines()
    path = Path(lines[-1].partition("全部见")[2])
    assert lines == [
        "2020-04-01：1个城市（共1个）有效小时不足20小时，日均值无效",
        "城市 2020-04-01：PM2.5小时值由24个减少到10个，请核对文件是否完整",
        "4月1日 阳泉 PM2.5 24小时 → 10小时，已按要求替换",
        "不认识的城市或站点30个（后为行数或列数），未用："
        + "、".join(f"{name}（1）" for name in names[:20])
        + f"、共30个，全部见{path}",
    ]
    assert path.read_text(encoding="utf-8").splitlines() == [f"{name}（1）" for name in names]


@pytest.mark.parametrize("arguments", [["import-places", "--kind", "fire"], ["import-stations"]])
def test_imports_take_a_shipped_mapping_by_its_name(
    tmp_path: Path, verb: Verb, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    verb("migrate")
    (tmp_path / "fires.csv").write_text(
        "latitude,longitude,acq_date,acq_time,satellite\n38.05,114.5,2020-03-11,0512,N\n", encoding="utf-8"
    )
    named = (*arguments, str(tmp_path / "fires.csv"), "--mapping")
    capsys.readouterr()
    if arguments[0] == "import-places":
        assert verb(*named, "firms_downloads") == 0
        assert capsys.readouterr().out == "读入1行；存入1处，已有0处；重复0行，未用0行（在待查中）\n"
    assert verb(*named, "firms") == 2
    assert "a shipped mapping (airnow_embassy, " in capsys.readouterr().err


def test_prune_lists_by_kind_and_refuses_an_archive_of_another_store(
    region: Path, tmp_path: Path, verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert verb("prune", "--apply") == 0
    assert [line.split(" (")[0] for line in capsys.readouterr().out.splitlines()] == [
        "removed: 0 × archive",
        "removed: 0 × hours",
        "removed: 0 × draft",
        "removed: 0 × hints",
        "removed: 0 × field",
        "removed: 0 × fires seen from space, longer ago than the profile keeps them",
        "removed: 0 × messages to channels and exchanges with other levels that are over",
        "erased: names and words of 0 hints that were closed, with the mails that they came by",
        "erased: 0 positions and 0 photos of the phone page",
    ]
    digest = Archive(tmp_path / "var" / "archive").put(b"of a letter that this store does not know")
    assert verb("prune") == 1
    assert "the store names no file of the archive" in capsys.readouterr().err
    assert (tmp_path / "var" / "archive" / digest[:2] / digest).exists()


def test_a_restore_is_declared_with_a_reason(
    region: Path, verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert verb("letters", "restored", "--reason", "disk failed") == 0
    assert capsys.readouterr().out == "0 recipients: unknown; settle them with: letters resolve\n"
    assert verb("letters", "restored") == 2


VERBS = [
    ("migrate",),
    ("pull", "--start", "2020-03-01", "--end", "2020-03-02"),
    ("feedback", "--period-end", "2020-03-12", "--kind", "day"),
    ("air-quality", "--period-end", "2020-03-16", "--kind", "half_month"),
    ("import-air-quality", "."),
    ("quarantine", "list"),
    ("letters", "list"),
    ("reconcile", "--date", "2020-03-12"),
    ("prune",),
]


def _store_is_a_folder(path: Path) -> None:
    path.mkdir(parents=True)


def _store_is_no_database(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all" * 100)


def _folder_is_a_file(path: Path) -> None:
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.write_text("")


@pytest.mark.parametrize("arguments", VERBS, ids=lambda arguments: arguments[0])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_store_is_a_folder, "the store is a folder"),
        (
            _store_is_no_database,
            "the store cannot be used; expected a database that can be reached and written; got DatabaseError: file is not a database",
        ),
        (_folder_is_a_file, "the store's folder cannot be made"),
    ],
)
def test_a_store_that_cannot_be_used_is_one_line(
    tmp_path: Path,
    verb: Verb,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    spoil: Callable[[Path], None],
    said: str,
) -> None:
    path = tmp_path / "place" / "store.db"
    monkeypatch.setenv("AIRFLOW_CONN_SUPERVISION_DB", json.dumps({"conn_type": "sqlite", "host": str(path)}))
    spoil(path)
    assert verb(*arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert said in lines[0]


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        ("postgresql://u:pass-word@127.0.0.1:x/db", "connection supervision_db: port: a port cannot be used"),
        ("postgresql://u:pass-word@127.0.0.1:99999/db", "connection supervision_db: port: a port cannot be used"),
        ('{"conn_type": "postgres", "host": "127.0.0.1", "port": "²", "password": "pass-word"}', "connection supervision_db: port: a port cannot be used"),
        ('{"conn_type": "postgres", "host": "127.0.0.1", "port": 70000, "password": "pass-word"}', "connection supervision_db: port: a port cannot be used"),
        ('{"conn_type": "postgres", "host": "127.0.0.1", "port": 1, "login": "u", "password": "pass-word", "schema": "db"}', "the store cannot be used"),
    ],
)  # fmt: skip
def test_a_database_that_cannot_be_reached_is_one_line(
    verb: Verb,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    connection: str,
    said: str,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SUPERVISION_DB", connection)
    assert verb("quarantine", "list") == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert said in lines[0]
    assert "pass-word" not in lines[0]


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
sys.argv = ["include", *sys.argv[1:]]
from include.__main__ import main
main()
"""


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    environment = {**os.environ, "QIANLIYAN_VAR": str(tmp_path / "var"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", FULL, "migrate"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "the store cannot be used" in done.stderr


def test_one_odd_file_stops_no_pull_and_is_to_do(
    region: Path, verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    (region / "alarms_2.xlsx").write_bytes(b"PK no workbook")
    (region / os.fsdecode("alarms_报警.csv".encode("gbk"))).write_text("no\n")
    assert verb("pull", "--start", "2020-03-01", "--end", "2020-03-13") == 0
    said = capsys.readouterr()
    assert "demo_region: read 14, new 13, revised 0, unchanged 0, quarantined 1" in said.out
    assert "文件alarms_2.xlsx未能处理" in said.err
    assert "文件alarms_报警.csv未能处理" in said.err
    assert verb("quarantine", "list", "--format", "json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["origin"] for row in rows if row["kind"] == "files"] == ["alarms_报警.csv", "alarms_2.xlsx"]
    house = open_house(default_registry())
    found, _ = matters(house, datetime(2020, 3, 13, tzinfo=UTC))
    assert "文件未能读入　来源 demo_region 有2个" in [one.title for one in found]


@pytest.mark.parametrize(
    "day", ["0001-01-01", "1999-12-31", "2100-01-01", "9999-12-31", "２０２０-03-01", "2020-02-30"]
)
def test_a_date_beyond_any_calendar_is_one_line(
    verb: Verb, capsys: pytest.CaptureFixture[str], day: str
) -> None:
    assert verb("pull", "--start", day, "--end", "2020-03-12") == 2
    assert "years 2000 to 2099" in capsys.readouterr().err


def test_an_alarm_that_waits_is_listed_and_withdrawn_with_a_reason(
    tmp_path: Path, verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb("migrate") == 0
    engine = open_house(default_registry(), tmp_path / "var").engine
    at = datetime(2020, 3, 10, tzinfo=UTC)
    row = {
        "grid_id": "T1",
        "unit_code": "370800",
        "county": "鱼台县",
        "point_name": "y",
        "lon": None,
        "lat": None,
        "started_at": at,
        "pushed_at": at,
        "deadline_at": at,
        "rules_version": "2020-03",
        "is_simulated": False,
    }
    with writing(engine) as connection:
        keep_alarms(
            connection, [MadeAlarm("W-1", at, (State(at, at, 1, 91.2),), row, 0.9, {}, "watch-x")], now=at
        )
        open_todo(connection, "W-1", "unsupported", "数据不再支持", now=at)
    capsys.readouterr()
    assert verb("watch", "todo", "--format", "csv") == 0
    assert capsys.readouterr().out.splitlines() == [
        "alarm_id,grid_id,kind,reason,since,is_simulated",
        "W-1,T1,unsupported,数据不再支持,2020-03-10T08:00:00+08:00,False",
    ]
    assert verb("watch", "withdraw", "W-1") == 2  # without a reason
    assert verb("watch", "withdraw", "W-1", "--reason", "传感器故障") == 0
    assert capsys.readouterr().out == "W-1: withdrawn\n"
    assert verb("watch", "keep", "W-1", "--reason", "x") != 0  # nothing waits any more
    capsys.readouterr()
    assert verb("watch", "todo", "--format", "csv") == 0
    assert capsys.readouterr().out.splitlines() == ["alarm_id,grid_id,kind,reason,since,is_simulated"]


def test_the_region_of_an_office_outside_the_season_is_made_from_its_profile(
    tmp_path: Path, verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    window = ("simulate", "--start", "2020-03-01", "--end", "2020-03-02", "--to", str(tmp_path / "files"))
    with using(load("jinan")):
        assert verb(*window) == 0
        assert verb(*window, "--air") == 2
    told = capsys.readouterr()
    assert "grids.csv: 124 rows" in told.out
    assert "the air of the season is of other units than this office's" in told.err
