"""What is wrong with a profile: file, line, what, expected, got."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from include.addresses import printable
from include.errors import InputError


@dataclass(frozen=True, order=True)
class Finding:
    """One fault. `line` is 1 for the first line of the file, 0 where the file as a whole is meant."""

    file: str
    line: int
    what: str
    expected: str = ""
    got: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        told = [f"{place}: {self.what[:200]}"]
        told += [f"expected {self.expected}"] if self.expected else []
        told += [f"got {self.got[:200]}"] if self.got else []
        return "; ".join(told)


class Findings:
    """The faults found so far; reading goes on after one, so that a person sees all of them at once."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}
        # Where keys stand (file and dotted key), which settings could not be read, and which rows have dates that could not:
        # what is said of these already is not said again by what depends on it.
        self.lines: dict[tuple[str, str], int] = {}
        self.lacking: set[str] = set()
        self.undated: set[tuple[str, int]] = set()

    def add(self, file: str, line: int, what: str, *, expected: str = "", got: object = "") -> None:
        """Notes a fault, once, as a terminal can print it: names of files and values come from outside."""
        told = (printable(text) for text in (file, what, expected, str(got)))
        file, what, expected, got = told
        self._found[Finding(file, line, what, expected, got)] = None

    def line(self, file: str, key: str) -> int:
        """The line of a key, 0 where it is not known."""
        return self.lines.get((file, key), 0)

    def __iter__(self) -> Iterator[Finding]:
        return iter(sorted(self._found))

    def __len__(self) -> int:
        return len(self._found)

    def raise_first(self, where: str) -> None:
        """Raises InputError with the first fault and how many there are; nothing where there is none."""
        found = list(self)
        if found:
            first = found[0]
            raise InputError(
                first.what,
                where=f"{where}: {first.file}:{first.line}",
                expected=first.expected,
                got=first.got,
                todo=f"{len(found)} faults in all; run: python -m include profile check {where}",
            )
