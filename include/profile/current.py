"""The office of this process. One install serves one office, as one process has one locale: it is set when the installation is
opened, and is the one that QIANLIYAN_PROFILE names (or `ministry`) until then."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from include.errors import InputError
from include.profile.reading import read_profile
from include.profile.rules import RuleBook, Rules
from include.profile.values import Profile
from include.rules import DEADLINES, Deadlines

SHIPPED: Final = Path(__file__).resolve().parents[2] / "profiles"
VARIABLE: Final = "QIANLIYAN_PROFILE"
DEFAULT: Final = "ministry"


class _Current:
    """What `use` set last, and the same with what the store knows by now."""

    told: Profile | None = None
    kept: Profile | None = None


def office() -> Profile:
    """The office of this process: its profile with the places, units and regions that an operator changed since."""
    return _Current.kept or told_office()


def told_office() -> Profile:
    """The profile of this process as its files say it."""
    if _Current.told is None:
        _Current.told = load(os.environ.get(VARIABLE) or DEFAULT)
    return _Current.told


def latest_told_office() -> Profile:
    """The profile of this process as its files say it by now, where they changed since it was read and have no fault: what a desk that
    runs takes over with its next page (`store.offices.adopt_office`), so that a rule needs no new start."""
    told = told_office()
    known, version = _READ.get(told), _version(told.folder)
    if known is None or known == version:
        return told
    try:
        return _reread(told.folder, version)
    except InputError:
        return told


def rules_on(day: date, unit_code: str = "") -> Rules:
    """The rules of a unit on a date: the defaults, and what the profile says otherwise."""
    return RuleBook(office().rules).on(day, unit_code)


def own_deadlines(day: date, unit_code: str = "") -> Deadlines | None:
    """The deadlines of a unit on a date, where they are not the defaults."""
    found = rules_on(day, unit_code).deadlines
    return None if found == DEADLINES else found


def use(profile: Profile, kept: Profile | None = None) -> None:
    """From now on this is the profile of this process. `kept`: as the store has it by now (`store.offices`)."""
    _Current.told, _Current.kept = profile, kept


@contextmanager
def using(profile: Profile) -> Iterator[Profile]:
    """As `use`, for the length of a `with`."""
    before = (_Current.told, _Current.kept)
    use(profile)
    try:
        yield profile
    finally:
        _Current.told, _Current.kept = before


def load(name: str) -> Profile:
    """The profile of that name, one of those that are shipped, or in that folder. Raises InputError."""
    return _load(profile_folder(name))


def profile_folder(name: str) -> Path:
    """The folder of a shipped profile by its name, or the folder that a path names. Raises InputError."""
    shipped = SHIPPED / name
    if name and "/" not in name and shipped.is_dir():
        return shipped
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise InputError(
            "there is no such profile",
            where="variable profile",
            got=name,
            expected="the path of a folder, or " + " | ".join(shipped_names()),
        )
    return folder.resolve()


def shipped_names() -> list[str]:
    """The names of the profiles that are shipped."""
    return sorted(path.name for path in SHIPPED.iterdir() if (path / "profile.yaml").is_file())


_Version = tuple[tuple[str, int, int], ...]
# What the files were when a profile was read.
_READ: Final[WeakKeyDictionary[Profile, _Version]] = WeakKeyDictionary()


@lru_cache(maxsize=8)
def _load(folder: Path) -> Profile:
    return _reread(folder, _version(folder))


@lru_cache(maxsize=8)
def _reread(folder: Path, version: _Version) -> Profile:
    profile = read_profile(folder)
    _READ[profile] = version
    return profile


def _version(folder: Path) -> _Version:
    """Name, size and time of change of each file at the top of a folder."""
    if not folder.is_dir():
        return ()
    found = ((path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file())
    return tuple((name, told.st_size, told.st_mtime_ns) for name, told in found)
