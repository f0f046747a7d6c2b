"""Nobody but the installation's user reads its files: new ones by the umask, old ones tightened, links left alone."""

import os
import stat
import subprocess
import sys
from pathlib import Path

from include.store.private_files import tighten
from include.up import airflow_environment

ROOT = Path(__file__).resolve().parents[2]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_installation(var: Path) -> list[Path]:
    """An installation as earlier versions left it: everything for everybody."""
    files = [
        var / "supervision.db",
        var / "supervision.db-wal",
        var / "mailbox" / "letters" / "a.eml",
        var / "archive" / "ab" / "abc",
        var / "airflow" / "airflow.db",
        var / "airflow" / "simple_auth_manager_passwords.json.generated",
        var / "airflow" / "logs" / "x.log",
    ]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("secret", encoding="utf-8")
        file.chmod(0o666)
    for folder in (var / "mailbox", var / "archive", var / "airflow"):
        folder.chmod(0o777)
    return files


def test_what_was_left_open_is_closed(tmp_path: Path) -> None:
    files = open_installation(tmp_path)
    tighten(tmp_path)
    assert {mode(tmp_path / name) for name in ("mailbox", "archive", "airflow")} == {0o700}
    assert mode(tmp_path / "supervision.db") == 0o600
    tighten(tmp_path, is_deep=True)
    assert {mode(file) for file in files} == {0o600}
    assert tighten(tmp_path, is_deep=True) == []


def test_links_and_what_is_not_of_the_installation_are_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_text("x", encoding="utf-8")
    for path in (outside, outside / "mine.txt"):
        path.chmod(0o755)
    var = tmp_path / "var"
    var.mkdir()
    (var / "archive").symlink_to(outside)
    (var / "notes.txt").write_text("x", encoding="utf-8")
    (var / "notes.txt").chmod(0o644)
    os.mkfifo(var / "mailbox", 0o600)
    (var / "mailbox").chmod(0o666)
    tighten(var, is_deep=True)
    assert [mode(outside), mode(outside / "mine.txt"), mode(var / "notes.txt")] == [0o755, 0o755, 0o644]
    assert mode(var / "mailbox") == 0o600


def test_a_verb_makes_files_for_its_user_alone(tmp_path: Path) -> None:
    var = tmp_path / "var"
    environment = {**os.environ, "QIANLIYAN_VAR": str(var)}
    command = [sys.executable, "-m", "include", "migrate"]
    before = os.umask(0o000)
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    assert {path.name: mode(path) for path in [var, *var.iterdir()]} == {
        "var": 0o700,
        "supervision.db": 0o600,
        "archive": 0o700,  # a new store has one from its first hour
    }


def test_airflow_does_not_widen_its_logs(tmp_path: Path) -> None:
    environment = airflow_environment(tmp_path, 8080)
    assert environment["AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS"] == "0o700"
    assert environment["AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS"] == "0o600"
