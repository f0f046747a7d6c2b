"""The folder that the office shares with the page's server, and who writes what in it.

key          the office   the common key of the seals
bundles/     the office   <bundle>.json: one letter to one unit; taken away when the link ends
units/       the office   <unit>.json: to whom a code may be mailed
devices/     the office   <device>.<unit>.json: a code that was mailed, or that the device is confirmed
results/     the office   <bundle>.json: what became of what was sent
spool/       the page     reports on their way to the office, and the photos that they name
receipts/    the page     what it said it received
refused/     the office   what lay in the spool and was no report
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from include.errors import InputError

_BUNDLE: Final = re.compile("[a-z2-7]{16}")
_HEX: Final = re.compile("[0-9a-f]{32}")
_UNIT: Final = re.compile("[0-9A-Za-z_-]{1,32}")
# Below a folder that says who may come as far as this.
_OF_BOTH: Final = 0o2770
_OF_OFFICE: Final = 0o2750


@dataclass(frozen=True)
class FieldFolder:
    """Paths below `root`; only names of the right form become paths, so no name from outside leaves the folder."""

    root: Path

    @property
    def key(self) -> Path:
        return self.root / "key"

    @property
    def bundles(self) -> Path:
        return self.root / "bundles"

    @property
    def units(self) -> Path:
        return self.root / "units"

    @property
    def devices(self) -> Path:
        return self.root / "devices"

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def receipts(self) -> Path:
        return self.root / "receipts"

    @property
    def refused(self) -> Path:
        return self.root / "refused"

    def bundle(self, name: str) -> Path:
        """The bundle of a link."""
        return self.bundles / f"{_checked(_BUNDLE, name)}.json"

    def unit(self, unit_code: str) -> Path:
        """The contacts of a unit."""
        return self.units / f"{_checked(_UNIT, unit_code)}.json"

    def device(self, device_id: str, unit_code: str) -> Path:
        """What is known of a device for a unit."""
        return self.devices / f"{_checked(_HEX, device_id)}.{_checked(_UNIT, unit_code)}.json"

    def result(self, name: str) -> Path:
        """What became of the reports of a link."""
        return self.results / f"{_checked(_BUNDLE, name)}.json"

    def report(self, report_id: str) -> Path:
        """A report that waits for the office."""
        return self.spool / f"{_checked(_HEX, report_id)}.json"

    def photo(self, report_id: str, place: int) -> Path:
        """A photo of such a report: 1, 2, 3 …"""
        return self.spool / f"{_checked(_HEX, report_id)}.{place}.jpg"

    def receipt(self, report_id: str) -> Path:
        """What the page said that it received."""
        return self.receipts / f"{_checked(_HEX, report_id)}.json"

    def make(self) -> None:
        """Makes the folders that are missing; the page's group writes into its own two only. Raises OSError."""
        self.root.mkdir(parents=True, exist_ok=True)
        told = (self.bundles, self.units, self.devices, self.results, self.refused)
        for folder, mode in [
            (self.spool, _OF_BOTH),
            (self.receipts, _OF_BOTH),
            *((one, _OF_OFFICE) for one in told),
        ]:
            if not folder.is_dir():
                folder.mkdir(exist_ok=True)
                folder.chmod(mode)


def _checked(form: re.Pattern[str], name: str) -> str:
    if not form.fullmatch(name):
        raise InputError("not a name of this folder", where="field", got=name[:80], expected=form.pattern)
    return name
