"""What an office says about its phone page: the address that links name, and the folder that it shares with the page's server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from include.errors import InputError

_URL: Final = re.compile(r"https?://[A-Za-z0-9.\-:\[\]]+(?:/[A-Za-z0-9._~\-/]*)?")
_LOCAL: Final = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]+)?(?:/.*)?")
_LONGEST: Final = 200


@dataclass(frozen=True)
class FieldSettings:
    """`url`: where the page is reached from outside, https only (http on this machine alone); empty: there is none, and letters name
    none. `folder`: bundles, spool and the key of both, shared with the page's server and with nobody else."""

    url: str = ""
    folder: str = "var/field"

    @property
    def is_on(self) -> bool:
        """Whether letters name the page."""
        return bool(self.url)


OFF: Final = FieldSettings()


def field_settings(told: Mapping[str, Any]) -> FieldSettings:
    """The settings as the variable `field` states them. Raises InputError."""
    names = tuple(FieldSettings.__dataclass_fields__)
    if unknown := sorted(set(told) - set(names)):
        raise _wrong(", ".join(unknown), "a setting", f"one of {', '.join(names)}")
    for name, text in told.items():
        if not isinstance(text, str) or len(text) > _LONGEST or not text.isprintable():
            raise _wrong(name, text, f"at most {_LONGEST} characters on one line")
    url = str(told.get("url", "")).strip().rstrip("/")
    if url and not (_URL.fullmatch(url) and (url.startswith("https://") or _LOCAL.fullmatch(url))):
        raise _wrong(
            "url", url, "an address that begins with https:// (http:// on this machine only), or nothing"
        )
    return FieldSettings(url, str(told.get("folder") or OFF.folder))


def _wrong(name: str, got: object, expected: str) -> InputError:
    return InputError(
        "a setting of the phone page cannot be used",
        where=f"variable field: {name}",
        got=got,
        expected=expected,
    )
