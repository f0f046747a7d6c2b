"""What is installed is what was locked: every package with its hashes, wheels with their checksums, uv pinned."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = (
    "requirements.txt",
    "requirements-celery.txt",
    "requirements-fab.txt",
    "requirements-rasters.txt",
    "requirements-tools.txt",
    "requirements-uv.txt",
)
CHECKSUMS = ROOT / ".ci" / "checksums.py"


def packages(text: str) -> dict[str, int]:
    """Hashes of each pinned package of a lock."""
    found: dict[str, int] = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        if pinned := re.match(r"([A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==", block):
            found[pinned[1]] = len(re.findall(r"--hash=sha256:[0-9a-f]{64}", block))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_locked_with_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    unpinned = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line) and "==" not in line]
    assert unpinned == []
    assert [package for package, hashes in packages(text).items() if not hashes] == []
    assert "index-url" not in text


def test_every_installation_asks_for_the_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    commands = [line for line in makefile.splitlines() if re.search(r"(uv pip|-m pip) (install|wheel)", line)]
    assert len(commands) == 6
    assert [line for line in commands if "--require-hashes" not in line] == []


def licences(listed: Path) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "licences.py"), str(listed)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()


def test_a_licence_that_nobody_allowed_is_named_with_its_package(tmp_path: Path) -> None:
    text = (ROOT / ".ci" / "licences.txt").read_text(encoding="utf-8")
    listed = tmp_path / "licences.txt"
    listed.write_text(
        text.replace("LGPL-2.1-only\n", "").replace("text-unidecode:", "another:"), encoding="utf-8"
    )
    code, lines = licences(listed)
    assert code == 1
    assert [line.partition(" ")[0] for line in lines[:-1]] == ["docxtpl", "text-unidecode"]
    assert licences(ROOT / ".ci" / "licences.txt") == (0, [])


def checksums(verb: str, folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(CHECKSUMS), verb, str(folder)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr.strip()


def test_a_wheel_that_was_changed_added_or_lost_is_named(tmp_path: Path) -> None:
    for name in ("a-1.whl", "b-2.whl"):
        (tmp_path / name).write_bytes(name.encode())
    assert checksums("check", tmp_path)[0] == 2  # no checksums at all
    assert checksums("write", tmp_path)[0] == 0
    assert checksums("check", tmp_path) == (0, "")
    (tmp_path / "a-1.whl").write_bytes(b"another")
    (tmp_path / "b-2.whl").unlink()
    (tmp_path / "c-3.whl").write_bytes(b"c")
    assert checksums("check", tmp_path) == (
        2,
        "b-2.whl: missing\nc-3.whl: not in SHA256SUMS\na-1.whl: changed",
    )


def test_wheels_of_another_python_are_told_at_once(tmp_path: Path) -> None:
    own = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    (tmp_path / "any-1-py3-none-any.whl").write_bytes(b"any")
    (tmp_path / "a-1-cp399-cp399-manylinux_2_17_x86_64.whl").write_bytes(b"a")
    assert checksums("write", tmp_path)[0] == 0
    code, said = checksums("check", tmp_path)
    assert code == 2
    assert "made for Python 3.99, this is 3." in said
    (tmp_path / f"a-1-{own}-{own}-manylinux_2_17_x86_64.whl").write_bytes(b"a")
    assert checksums("write", tmp_path)[0] == 0
    assert checksums("check", tmp_path) == (0, "")
