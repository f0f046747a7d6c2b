"""Names that an import does not know: all of them, in words or in a file."""

from datetime import UTC, datetime
from pathlib import Path

from include.office.named import all_names, all_or_where

NOW = datetime(2026, 3, 16, 8, 30, tzinfo=UTC)


def test_few_names_are_said_and_no_file_is_made(tmp_path: Path) -> None:
    names = [f"某城{number}" for number in range(20)]
    assert all_names(names, tmp_path / "notes", "unknown", NOW) == "、".join(names)
    assert not (tmp_path / "notes").exists()


def test_of_many_the_first_are_said_and_all_are_in_a_file(tmp_path: Path) -> None:
    names = [f"某城{number}" for number in range(21)]
    *said, where = all_or_where(names, tmp_path / "notes", "unknown", NOW)
    path = tmp_path / "notes" / "unknown-20260316T083000.txt"
    assert (said, where) == (names[:20], f"共21个，全部见{path}")
    assert path.read_text(encoding="utf-8").splitlines() == names
