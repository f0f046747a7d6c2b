"""Readers of files: forked from one process that has loaded what they need, each with limits of its own and nothing of the others."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.sources.reading import children
from include.sources.reading.children import child
from include.sources.reading.parquet_child import MOST_MEMORY
from include.sources.reading.parquet_files import read_parquet

TELLS = f"""
import builtins, json, os, resource, sys
known = getattr(builtins, "known", 0)
builtins.known = known + 1
from include.sources.reading.confinement import confine
confine({MOST_MEMORY}, 7)
print(json.dumps({{
    "parent": os.getppid(), "known": known, "environment": sorted(os.environ), "folder": os.getcwd(),
    "memory": resource.getrlimit(resource.RLIMIT_AS), "seconds": resource.getrlimit(resource.RLIMIT_CPU),
    "request": json.loads(sys.argv[1]), "file": sys.stdin.read(),
    "open": sorted(int(name) for name in os.listdir("/proc/self/fd"))[:3],
    "more": len(os.listdir("/proc/self/fd")) - 4,
}}))
"""


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets readers run another program, with nothing loaded before."""

    def run(program: str) -> None:
        monkeypatch.setattr(children, "program", lambda module: program)
        monkeypatch.setattr(children, "loading", lambda module: "")

    return run


def read(path: Path, text: str, **request: Any) -> tuple[int, str, str]:
    """How the reader ended, and what it wrote."""
    path.write_text(text)
    with child(path, "any", request, {}) as reader:
        told = reader.stdout.read().decode(), reader.stderr.read().decode()
        return reader.wait(), *told


def test_each_file_has_a_new_reader_of_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: Callable[[str], None]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MAIL_SERVER", "secret")
    runs(TELLS)
    told = []
    for n in range(3):
        code, out, error = read(tmp_path / "a", f"file {n}", number=n)
        assert (code, error) == (0, "")
        told.append(json.loads(out))
    assert len({one.pop("parent") for one in told} | {os.getpid()}) == 2
    same = {
        "known": 0,
        "environment": ["LC_CTYPE", "MALLOC_ARENA_MAX", "PYTHONPATH"],
        "folder": "/",
        "memory": [MOST_MEMORY, MOST_MEMORY],
        "seconds": [7, 12],
        "open": [0, 1, 2],
        "more": 0,
    }
    for one in told:
        assert set(one.pop("environment")) <= set(same["environment"])  # type: ignore[call-overload]
    del same["environment"]
    assert told == [same | {"request": {"number": n}, "file": f"file {n}"} for n in range(3)]


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("", 0),
        ("raise SystemExit", 0),
        ("raise SystemExit(3)", 3),
        ("raise SystemExit('why')", 1),
        ("1 / 0", 1),
        ("import os; os.abort()", -signal.SIGABRT),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL),
    ],
)
def test_how_a_reader_ended_is_told(
    tmp_path: Path, runs: Callable[[str], None], program: str, code: int
) -> None:
    runs(program)
    told, out, error = read(tmp_path / "a", "")
    assert (told, out, "ZeroDivisionError" in error) == (code, "", program == "1 / 0")


def test_a_reader_that_computes_for_too_long_is_killed_and_the_next_is_not(
    tmp_path: Path, runs: Callable[[str], None]
) -> None:
    runs(
        "import sys; from include.sources.reading.confinement import confine; confine(1 << 32, 1)\n"
        "while sys.stdin.read() == 'long': sys.stdin.seek(0)\n"
    )
    assert read(tmp_path / "a", "long")[0] == -signal.SIGXCPU
    assert read(tmp_path / "a", "short") == (0, "", "")


def test_two_readers_at_once_are_told_apart(tmp_path: Path, runs: Callable[[str], None]) -> None:
    runs("import sys; print(sys.stdin.read())")
    for name in "ab":
        (tmp_path / name).write_text(name)
    with child(tmp_path / "a", "any", {}, {}) as one, child(tmp_path / "b", "any", {}, {}) as other:
        assert [reader.stdout.read() for reader in (other, one)] == [b"b\n", b"a\n"]
        assert [reader.wait() for reader in (one, other)] == [0, 0]
        assert one.pid != other.pid


def test_files_are_read_on_when_the_process_of_the_readers_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    for _ in range(3):
        (chunk,) = read_parquet(path)
        assert chunk.rows["a"].tolist() == ["1"]
        for forks in children._forks.values():
            forks.process.kill()
            forks.process.wait()


def test_a_process_that_is_asked_no_more_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: Callable[[str], None]
) -> None:
    runs("import os; print(os.getppid())")
    monkeypatch.setattr(children, "IDLE_SECONDS", 0.05)
    first = read(tmp_path / "a", "")[1]
    (forks,) = (own for key, own in children._forks.items() if key[1] == children.program("any"))
    assert forks.process.wait(timeout=30) == 0
    assert read(tmp_path / "a", "")[1] != first
