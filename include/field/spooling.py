"""The page's side of the spool: photos first, then the report that names them, then the receipt; each whole or not at all.

A report is received when it lies in the spool under its name. A form that is sent again finds its receipt, or writes the same file
again: the office knows reports by their id.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from include.errors import InputError
from include.field.folders import FieldFolder
from include.field.photos import TakenPhoto
from include.field.reports import LARGEST_REPORT_BYTES, Report, report_of
from include.field.sealing import read_sealed, seal, write_whole
from include.rules import FIELD

_log = logging.getLogger(__name__)
_COUNT_SECONDS = 2.0  # a count of the spool holds this long


class SpoolFull(Exception):
    """The page can take nothing at the moment: the office has not fetched for long, or the disk is full."""


@dataclass
class SpoolFolder:
    """The spool as the page writes it."""

    folder: FieldFolder
    key: bytes
    _counted_at: float = field(default=float("-inf"))
    _is_full: bool = False

    def receipt(self, report_id: str) -> Report | None:
        """What was received under this id, or None."""
        for path in (self.folder.receipt(report_id), self.folder.report(report_id)):
            try:
                return report_of(read_sealed(self.key, "report", path, LARGEST_REPORT_BYTES), path.name)
            except FileNotFoundError:
                continue
            except (InputError, OSError, ValidationError) as error:
                _log.error("%s cannot be used: %s", path.name, type(error).__name__)
        return None

    def take(self, report: Report, photos: Sequence[TakenPhoto] = ()) -> None:
        """Puts a report into the spool, durably. Raises SpoolFull."""
        self.require_room()
        data = seal(self.key, "report", report.model_dump(mode="json"))
        if len(data) > LARGEST_REPORT_BYTES:
            raise InputError("the report is too large", expected=f"at most {LARGEST_REPORT_BYTES} bytes")
        try:
            for place, photo in enumerate(photos, start=1):
                write_whole(self.folder.photo(report.report_id, place), photo.content)
            write_whole(self.folder.report(report.report_id), data)
        except OSError as error:
            _log.error("the spool cannot be written: %s", error.strerror)
            raise SpoolFull from error
        try:
            write_whole(self.folder.receipt(report.report_id), data)
        except OSError as error:  # it was received all the same
            _log.error("a receipt cannot be written: %s", error.strerror)

    def require_room(self) -> None:
        """Raises SpoolFull where nothing more is to be taken."""
        if time.monotonic() - self._counted_at > _COUNT_SECONDS:
            self._is_full = _is_full(self.folder.spool)
            self._counted_at = time.monotonic()
        if self._is_full:
            raise SpoolFull


def _is_full(spool: Path) -> bool:
    try:
        sizes = [one.stat().st_size for one in spool.iterdir()]
        free = shutil.disk_usage(spool).free
    except OSError:
        return True
    too_much = len(sizes) > FIELD.most_waiting_files or sum(sizes) > FIELD.most_waiting_bytes
    return too_much or free < FIELD.least_free_bytes
