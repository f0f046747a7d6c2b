"""Files that only the installation's own user reads: the store, letters, mail, Airflow's database, passwords and logs."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

UMASK: Final = 0o077
# What an installation makes below its folder; nothing else there is touched, whatever the folder is set to.
_OURS: Final = (
    "airflow",
    "air_quality",
    "archive",
    "demo_region",
    "hourly",
    "mailbox",
    "stations",
    "stations_in",
    "supervision.db",
    "supervision.db-shm",
    "supervision.db-wal",
)


def keep_private() -> None:
    """From now on this process and those that it starts make files for its own user alone."""
    os.umask(UMASK)


def tighten(var: Path, *, is_deep: bool = False) -> list[Path]:
    """Takes group's and others' rights from what an earlier version left open in the installation's folder, and returns it.

    A folder that nobody else may enter guards all that is in it; `is_deep`: the files inside as well. Links are not
    followed, files of other users are left alone.
    """
    found = (var / name for name in _OURS)
    paths = [each for path in found for each in ([path, *_inside(path)] if is_deep else [path])]
    return [path for path in paths if _close(path)]


def _inside(folder: Path) -> Iterator[Path]:
    if folder.is_symlink():  # os.walk would go into the one that it begins with
        return
    for place, folders, files in os.walk(folder, followlinks=False):
        yield from (Path(place) / name for name in (*folders, *files))


def _close(path: Path) -> bool:
    """Whether the file was open to others, and is no longer."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # not there, a link, a socket, or not readable even for us
        return False
    try:
        state = os.fstat(handle)
        mode = stat.S_IMODE(state.st_mode)
        is_open = bool(mode & UMASK) and state.st_uid == os.geteuid()
        if is_open:
            os.fchmod(handle, mode & ~UMASK)
        return is_open
    finally:
        os.close(handle)
