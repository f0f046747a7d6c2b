"""What the office told: bundles, contacts, devices and results, read from the folder at every request, each checked against its seal."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from include.errors import InputError
from include.field.bundles import Bundle, DeviceTold, Results, Told, UnitTold
from include.field.folders import FieldFolder
from include.field.links import LINK, is_same
from include.field.sealing import Purpose, read_sealed

_log = logging.getLogger(__name__)
_Kind = TypeVar("_Kind", bound=Told)

_NO_REPORTS: Final = Results(reports=())


class LinkRefused(Exception):
    """A link that opens nothing: unknown, wrong, ended or taken back; who asks is not told which."""


@dataclass(frozen=True)
class Opened:
    """A link that was opened: its word, the name of its bundle, and the bundle."""

    word: str
    name: str
    bundle: Bundle


@dataclass(frozen=True)
class ToldFolder:
    """The folder as the page reads it."""

    folder: FieldFolder
    key: bytes

    def open(self, word: str, now: datetime) -> Opened:
        """The bundle of a link. Raises LinkRefused."""
        parts = LINK.fullmatch(word)
        if parts is None:
            raise LinkRefused
        bundle = self._read("bundle", self.folder.bundle(parts[1]), Bundle)
        if bundle is None or not is_same(word, bundle.link_hash) or not bundle.is_open(now):
            raise LinkRefused
        return Opened(word, parts[1], bundle)

    def unit(self, unit_code: str) -> UnitTold:
        """To whom a code may be mailed; nobody where that is not known."""
        found = self._read("unit", self.folder.unit(unit_code), UnitTold)
        return found or UnitTold(unit_code=unit_code, contacts=())

    def device(self, device_id: str, unit_code: str, now: datetime) -> DeviceTold | None:
        """What is known of a device; nothing of one whose confirmation or code has ended."""
        found = self._read("device", self.folder.device(device_id, unit_code), DeviceTold)
        if found is None or found.expires_at <= now:
            return None
        return found if (found.device_id, found.unit_code) == (device_id, unit_code) else None

    def results(self, name: str) -> Results:
        """What became of the reports of a link."""
        return self._read("results", self.folder.result(name), Results) or _NO_REPORTS

    def _read(self, purpose: Purpose, path: Path, kind: type[_Kind]) -> _Kind | None:
        """What a file says; None, and a line in the log, of one that cannot be trusted."""
        try:
            return kind.model_validate(read_sealed(self.key, purpose, path))
        except FileNotFoundError:
            return None
        except (InputError, OSError, ValidationError, ValueError) as error:
            words = str(error) if isinstance(error, InputError) else type(error).__name__
            _log.error("%s/%s cannot be used: %s", path.parent.name, path.name, words)
            return None
