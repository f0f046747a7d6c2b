"""`make upgrade-test`: a store that an earlier release filled, carried over by this version, compared row by row and letter by letter.

    git checkout of RELEASE ─▶ its own `demo` ─▶ its store, archive, figures
                                    │ copied
    this version: migrate ─▶ the same letters, deliveries, numbers, audit, files; the same counts of `feedback`;
                             every letter made again from its frozen figures: the same words

The earlier release runs with the packages of its own lock. Exit 1 with every difference, 2 where the release cannot be built.
"""

import argparse
import csv
import hashlib
import io
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

from include.configured import ROOT
from include.errors import InputError, QianliyanError
from include.house import default_registry, default_var, open_house
from include.office.letter_acts import render

# Windows whose counts both versions call by the same words; what an edition judges (按期, 超期, marks) may differ.
WINDOWS: Final = (
    ("2020-03-11", "2020-03-12", "2020-03-12T08:30"),
    ("2020-03-01", "2020-03-29", "2020-03-29T00:00"),
    ("2020-03-01", "2020-04-01", "2020-04-01T09:00"),
)
COUNTS: Final = ("pushed", "answered", "problems")
_KEPT: Final[Mapping[str, str]] = {
    "letters": "select letter_key, state, number, issued_on, released_at, subject, message_id from letter where kind <> 'alarm'",
    "files": "select letter_key, role, file_name, sha256 from letter_file join letter using (letter_id) where kind <> 'alarm'",
    "deliveries": "select letter_key, address, header, copy_no, is_rehearsal, d.state, d.message_id, eml_sha256, smtp_code"
    " from delivery as d join letter using (letter_id)",
    "numbers": "select series, year, seq, number, allocated_at, void_reason from letter_number",
    "audit": "select at, actor, subject, subject_id, action, from_state, to_state, reason from audit",
    "alarms": "select alarm_id, revision, pushed_at, deadline_at, peak_pm25_ug_m3, source from alarm",
    "events": "select alarm_id, event, event_at, source from feedback_event",
    "problems": "select problem_id, revision, alarm_id, category, found_at, status from problem",
    "contacts": "select address, role, name, valid_from from contact",
}


def main() -> int:
    """Builds, upgrades, compares; prints what was compared and every difference."""
    parser = argparse.ArgumentParser(prog="make upgrade-test", description=__doc__.partition("\n")[0])
    parser.add_argument("--release", required=True, help="the commit of the earlier release")
    asked = parser.parse_args()
    folder = default_var() / "upgrade"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        differences = list(rehearse(asked.release, folder))
    except QianliyanError as error:
        print(error, file=sys.stderr)
        return 2
    for line in differences:
        print(f"DIFFERS {line}")
    print(f"{asked.release} → this version: {len(differences)} differences")
    return 1 if differences else 0


def rehearse(release: str, folder: Path) -> Iterable[str]:
    """Every difference between what the release left and what this version makes of it. Raises InputError."""
    code = _checkout(release, folder / "release")
    _install(code)
    _run(code, folder, "demo")
    old, new = folder / "demo", folder / "upgraded"
    before = {name: _rows(old, query) for name, query in _KEPT.items()}
    counted = [_counts(code, old, window) for window in WINDOWS]
    archived = _archived(old)
    shutil.copytree(old, new)
    _run(ROOT, new, "migrate")
    for name, query in _KEPT.items():
        yield from _lacking(name, before[name], _rows(new, query))
    yield from _lacking("archive", archived, _archived(new))
    for window, told in zip(WINDOWS, counted, strict=True):
        yield from _lacking(f"feedback {window[0]} to {window[1]}", told, _counts(ROOT, new, window))
    yield from _made_again(new)


def _checkout(release: str, folder: Path) -> Path:
    folder.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", release], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        raise InputError(
            "the earlier release is not in this clone",
            where=f"commit {release}",
            got=archive.stderr.decode(errors="replace").strip(),
            todo="fetch the whole history: git fetch --unshallow",
        )
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
    return folder


def _install(code: Path) -> None:
    """What the release's own Makefile installs into its own environment."""
    command = ["make", f"PYTHON={sys.executable}", ".venv/.installed"]
    # Not this make's own variables: MAKEFLAGS would hand down its targets and settings.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    done = subprocess.run(command, cwd=code, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(
            "the packages of the earlier release cannot be installed",
            where=str(code),
            got=(done.stderr or done.stdout).strip()[-800:],
            todo="see that a package index, or the folder of wheels, can be reached",
        )


def _run(code: Path, var: Path, *arguments: str) -> str:
    """One verb of a version, on what lies below `var`; its output."""
    environment = {**os.environ, "PYTHONPATH": str(code), "QIANLIYAN_VAR": str(var)}
    own = code / ".venv" / "bin" / "python"
    command = [str(own if own.exists() else sys.executable), "-m", "include", *arguments]
    done = subprocess.run(command, cwd=code, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(
            f"{arguments[0]} of {code.name} failed",
            where=str(var),
            got=(done.stderr or done.stdout).strip()[-800:],
        )
    return done.stdout


def _counts(code: Path, var: Path, window: tuple[str, str, str]) -> list[Any]:
    start, end, as_of = window
    text = _run(code, var, "feedback", "--start", start, "--end", end, "--as-of", as_of, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    unit = "unit_code" if "unit_code" in rows[0] else "city_code"
    return [(row[unit], *(row[name] for name in COUNTS)) for row in rows]


def _rows(var: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(var / "supervision.db")) as connection:
        return sorted(connection.execute(query).fetchall(), key=repr)


def _archived(var: Path) -> list[Any]:
    return sorted(
        (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in (var / "archive").rglob("*")
        if path.is_file() and len(path.name) == 64
    )


def _lacking(name: str, before: list[Any], after: list[Any]) -> Iterable[str]:
    lost, added = (
        [row for row in before if row not in set(after)],
        [row for row in after if row not in set(before)],
    )
    print(f"{name}: {len(before)} compared")
    yield from (f"{name}: lost {row}" for row in lost[:20])
    yield from (f"{name}: new {row}" for row in added[:20])


class _Words(HTMLParser):
    """What a reader of a page gets: its words and where its links lead; not how it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag == "style"
        self.found += [f"{name}: {told}" for name, told in attrs if name in ("href", "alt", "src")]

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found += data.split()


def words_of(page: str) -> list[str]:
    """The words and links of a mail's HTML, in order."""
    reader = _Words()
    reader.feed(page)
    reader.close()
    return reader.found


def _made_again(var: Path) -> Iterable[str]:
    """The words of every letter that left, made again from its frozen figures, against those that were archived."""
    house = open_house(default_registry(), var)
    rows, same = _rows(var, _LEFT), 0
    for key, kind, figures_json, number, issued_on, role, sha256 in rows:
        made = render(house, kind, figures_json, number, date.fromisoformat(issued_on))
        again = next(one.content for one in made.files if one.role == role)
        left = house.archive.get(sha256)
        if again == left or (role == "html" and words_of(again.decode()) == words_of(left.decode())):
            same += 1
        else:
            yield f"letter {key}: its {role} made again is not what left"
    print(f"letters made again: {len(rows)} texts, {same} equal")


_LEFT: Final = """select letter_key, kind, figures_json, number, issued_on, role, sha256
from letter join letter_file using (letter_id)
where state = 'released' and kind not in ('digest', 'trouble', 'alarm') and role in ('html', 'text')"""

if __name__ == "__main__":
    sys.exit(main())
