"""Values of a mapping's YAML: each is taken as what it must be, or refused by its place in the file."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from include.errors import InputError


def mapping_in(content: object, where: str) -> dict[str, Any]:
    """Names and values. Raises InputError."""
    if not isinstance(content, dict) or not all(isinstance(key, (str, int)) for key in content):
        raise InputError("not a list of names and values", where=where, got=content)
    return {str(key): value for key, value in content.items()}


def only(content: dict[str, Any], allowed: set[str], where: str) -> None:
    """Raises InputError for a name that is not allowed."""
    unknown = sorted(set(content) - allowed)
    if unknown:
        raise InputError(
            "unknown name", where=where, got=", ".join(unknown), expected=", ".join(sorted(allowed))
        )


def texts(content: object, where: str) -> tuple[str, ...]:
    """A list of texts (numbers as they are written)."""
    if not isinstance(content, list) or not all(isinstance(entry, (str, int, float)) for entry in content):
        raise InputError("not a list of texts", where=where, got=content)
    return tuple(text(entry) for entry in content)


def text(value: object) -> str:
    """A value as a text; true and false in small letters."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def zone(name: str, where: str) -> ZoneInfo:
    """A time zone by its name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InputError(
            "unknown time zone", where=where, got=name, expected="a name such as Asia/Shanghai or UTC"
        ) from error


def number(content: object, where: str, least: float, most: float) -> float:
    """A number within bounds."""
    if isinstance(content, bool) or not isinstance(content, (int, float)) or not least <= content <= most:
        raise InputError("not such a number", where=where, got=content, expected=f"{least:g} to {most:g}")
    return float(content)


def choice(content: object, allowed: tuple[str, ...], where: str) -> str:
    """One of several words."""
    if content not in allowed:
        raise InputError("unknown word", where=where, got=content, expected=" | ".join(allowed))
    return str(content)
