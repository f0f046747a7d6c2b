"""Values of settings, read strictly: a value that a setting cannot have is refused by the setting's name, never guessed."""

import math
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

from include.errors import InputError

_FLAGS: Final = {"true": True, "false": False}
TODO: Final = "correct it where it is set: the environment or airflow_settings.yaml, which runs and the command line read, or the Airflow UI, which only runs read"


def require_keys(told: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Raises InputError for settings that nothing reads: a misspelt one would be silently without effect."""
    if unknown := sorted(set(told) - set(known)):
        raise _wrong(
            where, ", ".join(unknown), f"settings of these names: {', '.join(known)}", "unknown setting"
        )


def flag(told: Mapping[str, Any], key: str, where: str) -> bool:
    """A yes or no: true or false, as text too, as forms make it; absent or empty: no. Raises InputError."""
    value = told.get(key)
    if value is None or value == "":
        return False
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _FLAGS:
        return _FLAGS[value.strip().lower()]
    raise _wrong(f"{where}: {key}", value, "true or false")


def number(value: Any, where: str, *, least: float, most: float) -> float:
    """A number within its bounds, as text too. Raises InputError."""
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not least <= found <= most:
        raise _wrong(where, value, f"a number from {least:g} to {most:g}")
    return found


def days(told: Mapping[str, Any], default: tuple[date, date], where: str) -> tuple[date, date]:
    """`start` and `end` (exclusive), each the default's where it is not told. Raises InputError for what is no date or no time at all."""
    start, end = (
        _day(told, key, fallback, where) for key, fallback in zip(("start", "end"), default, strict=True)
    )
    if start >= end:
        raise _wrong(where, f"start {start}, end {end}", "a start before its end (the day after the last)")
    return start, end


def _day(told: Mapping[str, Any], key: str, default: date, where: str) -> date:
    value = told.get(key)
    if value is None or value == "":
        return default
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _wrong(f"{where}: {key}", value, "a date as 2020-03-01") from None


def _wrong(where: str, got: object, expected: str, what: str = "a setting cannot be used") -> InputError:
    return InputError(what, where=where, got=got, expected=expected, todo=TODO)
