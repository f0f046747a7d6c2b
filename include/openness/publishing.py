"""Publishing: what would be published, and doing it: editions recorded, files written, one folder put in the place of another."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from include.errors import InputError, StateError
from include.house import House
from include.openness.editions import Plan, planned, recorded
from include.openness.package import NAME, publication
from include.openness.site import Site
from include.profile.current import office
from include.profile.rules import RuleBook

_PACKAGE: Final = "datapackage.json"
# Every path that a publication may have.
_PAGE: Final = r"[A-Za-z0-9-]+(\.(zh|en))?\.html"
_PICTURE: Final = r"[A-Za-z0-9-]+\.(zh|en)\.svg"
_OURS: Final = re.compile(
    rf"(datapackage\.json|SHA256SUMS|LICENSE\.txt|feed\.xml|style\.css|(index|method|dictionary|changes|hints)(\.(zh|en))?\.html"
    rf"|charts/{_PICTURE}|units/({_PAGE}|{_PICTURE})"
    rf"|v[0-9]+/[0-9]{{4}}/[0-9]{{2}}/(index(\.(zh|en))?\.html|map\.(zh|en)\.svg|(answers|problems|categories|counties|region)\.csv|counties\.geojson))"
)
# For everybody: these files are open to the public, whatever the installation's other files are.
_FILE_MODE, _FOLDER_MODE = 0o644, 0o755


@dataclass(frozen=True)
class Published:
    """What was written."""

    plan: Plan
    files: int
    size_bytes: int


def publish(
    house: House, until: date, to: Path, *, now: datetime, actor: str, seen: str | None = None
) -> Published:
    """Publishes every month that may be up to `until` into the folder `to`, which then holds nothing else.

    `seen`: the digest of the plan that a person approved. Raises InputError for a folder that holds anything but a publication of
    ours, StateError where the plan is not the approved one any more.
    """
    _require_ours(to)
    plan = planned(house, until, now)
    if seen not in (None, plan.digest):
        raise StateError(
            "what would be published is not what was approved",
            where=f"publication up to {until}",
            got="facts or settings that changed since",
            todo="prepare it again, and have it approved again",
        )
    rules = RuleBook(office().rules)
    files = publication(Site(plan.editions, house.openness, house.issuer.name, office().names_en, rules))
    recorded(house, plan, now, actor)
    replace_folder(to, files)
    return Published(plan, len(files), sum(len(content) for content in files.values()))


def replace_folder(to: Path, files: Mapping[str, bytes]) -> None:
    """Writes the files beside the folder and then puts them in its place: a reader sees the old or the new whole.

    A crash leaves a folder under a name that begins with `.new-` or `.old-`; the next run sweeps it away.
    """
    _require_ours(to)
    to.parent.mkdir(parents=True, exist_ok=True)
    mark = secrets.token_hex(4)
    fresh, old = (to.parent / f".{word}-{to.name}-{mark}" for word in ("new", "old"))
    fresh.mkdir()
    try:
        with _held(fresh):
            for path, content in files.items():
                _write(fresh, path, content)
            _open_folders(fresh)
            if to.exists():
                to.rename(old)
            fresh.rename(to)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    _sweep(to)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """While a folder is written it is locked: the lock ends with the process, however that ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _sweep(to: Path) -> None:
    """Removes what a crash left beside the folder: named as `replace_folder` does, of nobody who still writes, with nothing foreign in it."""
    name = re.compile(rf"\.(new|old)-{re.escape(to.name)}-[0-9a-f]{{8}}")
    for path in sorted(to.parent.iterdir()):
        if name.fullmatch(path.name) and path.is_dir() and not path.is_symlink() and not _foreign(path):
            with suppress(OSError), _held(path):
                shutil.rmtree(path)


def _foreign(folder: Path) -> list[str]:
    """Files of a folder that no publication writes there, by path; links and whatever is no file are such."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        is_ours = path.is_dir() or (path.is_file() and _OURS.fullmatch(name))
        if path.is_symlink() or not is_ours:
            found.append(name)
    return found


def _write(root: Path, path: str, content: bytes) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as file:
        file.write(content)
    place.chmod(_FILE_MODE)


def _open_folders(root: Path) -> None:
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(_FOLDER_MODE)


def _require_ours(to: Path) -> None:
    """Raises InputError unless the folder is absent, empty, or a publication of ours and no more: nothing else is ever removed."""
    if to.is_symlink():
        raise InputError(
            "this is a link, and a publication puts one folder in the place of another",
            where=f"--to {to}",
            got=f"a link to {to.readlink()}",
            expected="a folder",
            todo="name the folder itself",
        )
    if not to.exists():
        return
    if to.is_dir():
        if not any(to.iterdir()):
            return
        try:
            is_ours = json.loads((to / _PACKAGE).read_text(encoding="utf-8")).get("name") == NAME
        except (OSError, ValueError, AttributeError):
            is_ours = False
        foreign = _foreign(to) if is_ours else []
        if foreign:
            raise InputError(
                "there are files beside the publication that are none of it, and nothing is removed",
                where=f"--to {to}",
                got=", ".join(foreign[:5]) + (f" and {len(foreign) - 5} more" if len(foreign) > 5 else ""),
                expected="a folder that holds nothing but the publication",
                todo="move them out of the folder: the whole folder is replaced",
            )
        if is_ours:
            return
    raise InputError(
        "this is no publication, and nothing in it will be removed",
        where=f"--to {to}",
        expected="a folder that is not there yet, an empty one, or an earlier publication",
        todo="name another folder",
    )
