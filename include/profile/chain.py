"""`chain:` of a profile: whether this office hands its alarms on itself, how long each step may take, whose it is, and to whom an
alarm goes. A profile without it has no chain, and sees nothing of one."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, Final

from include.profile import settings
from include.profile.chain_values import SLOTS, AssignRule, ChainSettings, Duty
from include.profile.findings import Findings
from include.profile.settings import FILE, Lined, Wrong
from include.rules import ChainRules, DissectionRules

_LONGEST_LIST: Final = 200
_LENGTHS: Final = tuple(one.name for one in fields(ChainRules) if isinstance(one.default, timedelta))
_COUNTS: Final = {"spot_check_percent": (0, 100)}
_CASE_COUNTS: Final = {"alarms": (2, 1000), "again": (1, 1000)}
_CASE_LENGTHS: Final = tuple(
    one.name for one in fields(DissectionRules) if isinstance(one.default, timedelta)
)


def read_chain(root: Lined, findings: Findings) -> ChainSettings | None:
    """The chain that profile.yaml describes; None where it has none. What is wrong is a finding."""
    part = root.value.get("chain") if isinstance(root.value, dict) else None
    if part is None:
        return None
    known_keys = (
        "automatic",
        "tell_superior",
        "within",
        "people",
        "assign",
        "dissection",
        *_COUNTS,
        "escalate_after",
    )
    told = _mapping(part, known_keys, findings)
    within = _mapping(told.get("within"), tuple(set(_LENGTHS) - {"escalate_after"}), findings)
    lengths = {name: _read(_length, one, findings) for name, one in within.items()}
    if "escalate_after" in told:
        lengths["escalate_after"] = _read(_length, told["escalate_after"], findings)
    counts = {
        name: _read(settings.number(*bounds), told[name], findings)
        for name, bounds in _COUNTS.items()
        if name in told
    }
    known = {name: value for name, value in {**lengths, **counts}.items() if value is not None}
    people = _mapping(told.get("people"), SLOTS, findings)
    duties = {slot: _duty(one, findings) for slot, one in people.items()}
    is_automatic, tells_superior = (
        bool(_read(settings.yes, told[key], findings)) if key in told else False
        for key in ("automatic", "tell_superior")
    )
    return ChainSettings(
        replace(ChainRules(), **known),
        duties,
        _assignments(told.get("assign"), findings),
        is_automatic,
        tells_superior,
        _dissection(told.get("dissection"), findings),
    )


def _dissection(part: Lined | None, findings: Findings) -> DissectionRules:
    """When a grid's alarms open a case; what is not said is the default."""
    told = _mapping(part, (*_CASE_COUNTS, *_CASE_LENGTHS), findings)
    values = {
        name: _read(settings.number(*_CASE_COUNTS[name]) if name in _CASE_COUNTS else _length, one, findings)
        for name, one in told.items()
    }
    return replace(DissectionRules(), **{name: value for name, value in values.items() if value is not None})


def _mapping(part: Lined | None, known: tuple[str, ...], findings: Findings) -> dict[str, Lined]:
    if part is None or part.plain() is None:
        return {}
    if not isinstance(part.value, dict):
        findings.add(FILE, part.line, "no mapping", expected="key: value", got=part.plain())
        return {}
    for key, value in part.value.items():
        if key not in known:
            findings.add(
                FILE, value.line, "unknown key of chain", expected="one of " + ", ".join(known), got=key
            )
    return {key: value for key, value in part.value.items() if key in known}


def _read(check: Any, part: Lined, findings: Findings) -> Any:
    try:
        return check(part.plain())
    except Wrong as error:
        findings.add(FILE, part.line, "a value of chain is wrong", expected=str(error), got=part.plain())
        return None


def _length(value: Any) -> timedelta:
    """A length of time with its unit."""
    seconds = {"min": 60, "h": 3600, "d": 86400}
    words = value.split() if isinstance(value, str) else []
    if (
        len(words) == 2
        and words[0].isascii()
        and words[0].isdigit()
        and len(words[0]) < 6
        and words[1] in seconds
    ):
        found = timedelta(seconds=int(words[0]) * seconds[words[1]])
        if timedelta(0) < found <= timedelta(days=366):
            return found
    raise Wrong("a length of time with its unit: 30 min, 24 h or 7 d")


def _duty(part: Lined, findings: Findings) -> Duty:
    told = _mapping(part, ("person", "deputy", "leader"), findings)
    return Duty(**{key: _read(settings.text_or_none, one, findings) or "" for key, one in told.items()})


def _assignments(part: Lined | None, findings: Findings) -> tuple[AssignRule, ...]:
    if part is None or part.plain() is None:
        return ()
    if not isinstance(part.value, list) or len(part.value) > _LONGEST_LIST:
        expected = f"- {{places: […], categories: […], lead: …, joint: […]}}, at most {_LONGEST_LIST}"
        findings.add(FILE, part.line, "assign is no list", expected=expected, got=part.plain())
        return ()
    return tuple(_assignment(one, findings) for one in part.value)


def _assignment(part: Lined, findings: Findings) -> AssignRule:
    told = _mapping(part, ("places", "categories", "lead", "joint"), findings)
    lists = {
        key: _read(settings.texts, told[key], findings) or () if key in told else ()
        for key in ("places", "categories", "joint")
    }
    names_lead = "lead" in told and told["lead"].plain() not in (None, "")
    lead = _read(settings.code, told["lead"], findings) or "" if names_lead else ""
    if lead in lists["joint"] or len(set(lists["joint"])) < len(lists["joint"]):
        findings.add(FILE, part.line, "a holder stands twice", expected="each unit once", got=part.plain())
    return AssignRule(lists["places"], lists["categories"], lead, lists["joint"], part.line)
