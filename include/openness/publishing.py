"""Publishing: what would be published, and doing it: editions recorded, files written, one folder put in the place of another."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from include.errors import InputError, StateError
from include.house import House
from include.openness.editions import Plan, planned, recorded
from include.openness.package import NAME, publication
from include.openness.site import Site

_PACKAGE: Final = "datapackage.json"
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
    files = publication(Site(plan.editions, house.openness, house.issuer.name))
    recorded(house, plan, now, actor)
    replace_folder(to, files)
    return Published(plan, len(files), sum(len(content) for content in files.values()))


def replace_folder(to: Path, files: Mapping[str, bytes]) -> None:
    """Writes the files beside the folder and then puts them in its place: a reader sees the old or the new whole.

    A crash between the two renames leaves the old folder under a name that begins with `.old-`, and the next run goes on.
    """
    _require_ours(to)
    to.parent.mkdir(parents=True, exist_ok=True)
    mark = secrets.token_hex(4)
    fresh, old = (to.parent / f".{word}-{to.name}-{mark}" for word in ("new", "old"))
    try:
        for path, content in files.items():
            _write(fresh, path, content)
        _open_folders(fresh)
        if to.exists():
            to.rename(old)
        fresh.rename(to)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


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
    """Raises InputError unless the folder is absent, empty, or a publication of ours: nothing else is ever removed."""
    if not to.exists() and not to.is_symlink():
        return
    if to.is_dir() and not to.is_symlink():
        if not any(to.iterdir()):
            return
        try:
            if json.loads((to / _PACKAGE).read_text(encoding="utf-8")).get("name") == NAME:
                return
        except (OSError, ValueError, AttributeError):
            pass
    raise InputError(
        "this is no publication, and nothing in it will be removed",
        where=f"--to {to}",
        expected="a folder that is not there yet, an empty one, or an earlier publication",
        todo="name another folder",
    )
