"""Keys of letters and of runs as a person names what they stand for: they stand in sentences that were kept, and mean nothing to an officer."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from include.language import say
from include.letter_kinds import letter_label
from include.periods import DAG_NAMES, DAY, office_zone
from include.profile.current import office
from include.sources.contacts.rows import FIELDS as CONTACT_FIELDS
from include.sources.names import FIELDS, ROLES

_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d")
_RUN: Final = re.compile(rf"\b(?:{'|'.join(DAG_NAMES)})/[^\s，；。：（）“”]+")
_EDGE: Final = r"\d{4}-\d\d-\d\d(?:T\d{4}(?:\d\d)?Z)?"
# `notice_130100_day_2020-03-12_2020-03-13_1`: kind, addressee, window, revision (`Period.letter_key`).
_LETTER: Final = re.compile(
    rf"\b(?P<kind>[a-z_]{{1,16}})_(?P<who>[0-9A-Za-z.-]+)_[a-z_]+_(?P<start>{_EDGE})_(?P<end>{_EDGE})_(?P<revision>\d+)\b"
)
# A field of a contact as the trail keeps it: `role：to`, `valid_to：— → 2020-03-11`.
_FIELD: Final = re.compile(rf"\b(?P<name>{'|'.join(CONTACT_FIELDS)})(?P<sign>：|: )")
_ROLE: Final = re.compile(
    rf"(?<=\brole[：:])(?P<space> ?)(?P<old>{'|'.join(ROLES)})\b(?: → (?P<new>{'|'.join(ROLES)})\b)?"
)


def codes_said(text: str, named: Callable[[str], str] = say) -> str:
    """The text with every key of a letter and of a run, and every field of a contact, in words; `named` says a name or a word of the house."""
    if "_" not in text:
        return text
    said = _RUN.sub(lambda found: run_said(found[0], named), text)
    said = _ROLE.sub(lambda found: _role(found, named), said)
    said = _FIELD.sub(lambda found: named(FIELDS[found["name"]]) + found["sign"], said)
    return _LETTER.sub(lambda found: _letter(found, named), said)


def run_parts(run_id: str | None) -> tuple[str, datetime | None]:
    """What a run is called: its workflow, and the moment that its id ends with (None where it has another id)."""
    dag_id, _, own = (run_id or "").partition("/")
    stamp = _STAMP.search(own)
    moment = datetime.fromisoformat(stamp[0]) if stamp else None
    return DAG_NAMES.get(dag_id, dag_id), moment


def run_said(run_id: str | None, named: Callable[[str], str] = say) -> str:
    """`日调度 2020-03-12 08:30`; the name of its workflow alone where no moment is in its id; empty for no run."""
    name, moment = run_parts(run_id)
    return (
        named(name) + (f" {moment.astimezone(office_zone()):%Y-%m-%d %H:%M}" if moment else "")
        if name
        else ""
    )


def _role(found: re.Match[str], named: Callable[[str], str]) -> str:
    new = f" → {named(ROLES[found['new']])}" if found["new"] else ""
    return found["space"] + named(ROLES[found["old"]]) + new


def _letter(found: re.Match[str], named: Callable[[str], str]) -> str:
    unit = office().unit(found["who"])
    who = named(unit.name) if unit else ""
    start, end = found["start"], found["end"]
    if "T" in start:
        window = f"{_moment(start):%Y-%m-%d %H:%M}"
    else:
        last = str(date.fromisoformat(end) - DAY)
        window = start if start == last else f"{start} — {last}"
    return " ".join(part for part in (named(letter_label(found["kind"])), who, window) if part)


def _moment(stamp: str) -> datetime:
    day, _, clock = stamp.removesuffix("Z").partition("T")
    utc = datetime.fromisoformat(f"{day}T{clock[:2]}:{clock[2:4]}:{clock[4:6] or '00'}+00:00")
    return utc.astimezone(office_zone())
