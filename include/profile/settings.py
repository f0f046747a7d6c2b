"""profile.yaml: every key that it may have, with what it must be; each fault with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from include.addresses import CONTROL, TURNING, is_domain
from include.open_settings import CHECKS, Unusable
from include.profile.findings import Findings
from include.profile.tables import FIRST_DATE, LAST_DATE, plain_date, read_text
from include.profile.values import LANGUAGES, UNIT_KINDS
from include.yaml_once import PlainLoader

FILE: Final = "profile.yaml"
BEATS: Final = ("hourly_watch", "daily_dispatch", "weekly_summary", "half_monthly_bulletin")
# What a profile may say of the publication; the rest is the installation's.
PUBLISHED: Final = ("delay_days", "smallest_count", "licence", "licence_url", "hints_to")
_DEEPEST: Final = 8
_CLOCK: Final = re.compile("([01][0-9]|2[0-3]):([0-5][0-9])")
_MOST_NODES: Final = 50_000


class Impossible(str):
    """A value that cannot be, such as 2026-13-06; it is a fault already, so what it is used for need not be another."""


@dataclass(frozen=True)
class Lined:
    """A YAML value with the line of each of its parts; mappings and lists hold `Lined` again."""

    value: Any
    line: int

    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {key: part.plain() for key, part in self.value.items()}
        if isinstance(self.value, list):
            return [part.plain() for part in self.value]
        return self.value


def read_yaml(path: Path, findings: Findings) -> Lined | None:
    """A YAML file with its lines, or None; aliases and tags are not taken, and keys are texts that stand once."""
    text = read_text(path, findings)
    if text is None:
        return None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Lined({}, 1)
        return _lined(loader, node, path.name, findings, [0], 0)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        findings.add(path.name, line, "no YAML", expected="key: value", got=error.problem or error)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        findings.add(
            path.name, line, "a control character", expected="a text of lines", got=chr(error.character)
        )
    except RecursionError:
        findings.add(path.name, 0, "no YAML", expected=f"at most {_DEEPEST} levels", got="many more")
    except (yaml.YAMLError, ValueError) as error:
        findings.add(path.name, 0, "no YAML", expected="key: value", got=error)
    return None


class _Loader(PlainLoader):
    """Nor does one place stand for another: what a line says is read in it."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, f"the alias *{event.anchor}: write the value itself", event.start_mark
            )
        return super().compose_node(parent, index)


def _lined(
    loader: yaml.SafeLoader, node: yaml.Node, file: str, findings: Findings, seen: list[int], depth: int
) -> Lined:
    line = node.start_mark.line + 1
    seen[0] += 1
    if depth > _DEEPEST or seen[0] > _MOST_NODES:
        raise ValueError(f"more than {_MOST_NODES} parts or nested deeper than {_DEEPEST}")
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Lined] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            if key in found or not isinstance(key_node, yaml.ScalarNode):
                findings.add(
                    file,
                    key_node.start_mark.line + 1,
                    "a key stands twice or is no text",
                    expected="each key once",
                    got=key,
                )
            found[key] = _lined(loader, value_node, file, findings, seen, depth + 1)
        return Lined(found, line)
    if isinstance(node, yaml.SequenceNode):
        return Lined([_lined(loader, one, file, findings, seen, depth + 1) for one in node.value], line)
    try:
        return Lined(loader.construct_object(node), line)
    except ValueError as error:  # 2026-13-06: what looks like a date and is none; its text is what is wrong
        if not isinstance(node, yaml.ScalarNode):
            raise
        findings.add(file, line, f"no value: {error}", expected="a value that there is", got=node.value)
        return Lined(Impossible(node.value), line)


PDF_A, PDF_UA = ("a-2a", "a-2b", "a-3a", "a-3b"), "ua-1"


class Wrong(ValueError):
    """A value is not what its key asks for: the message says what is expected."""


def text(value: Any) -> str:
    """A text of one line that is not empty."""
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise Wrong("a text of one line without control characters")
    if CONTROL.search(value.strip()) or TURNING.search(value):
        raise Wrong("a text of one line without control characters")
    return value.strip()


def text_or_none(value: Any) -> str:
    """As `text`, or nothing."""
    return "" if value is None or value == "" else text(value)


def published(name: str) -> Callable[[Any], Any]:
    """A setting of the publication, checked as the variable `publish` is; an empty text is nothing."""

    def checked(value: Any) -> Any:
        try:
            return CHECKS[name]("" if value is None else value)
        except Unusable as error:
            raise Wrong(str(error)) from None

    return checked


def code(value: Any) -> str:
    """A code of a unit or place: a text (in quotes where it is digits)."""
    if not isinstance(value, str) or not value or len(value) > 32 or not value.isprintable() or " " in value:
        raise Wrong('a code in quotes, such as "A01"')
    return value


def day(value: Any) -> date:
    """A date."""
    if isinstance(value, str):
        value = plain_date(value)
    if not isinstance(value, date) or isinstance(value, datetime) or not FIRST_DATE <= value < LAST_DATE:
        raise Wrong(f"a date, YYYY-MM-DD, from {FIRST_DATE} and before {LAST_DATE}")
    return value


def clock(value: Any) -> time:
    """A time of the day: "08:30"."""
    if isinstance(value, str) and (found := _CLOCK.fullmatch(value)):
        return time(int(found[1]), int(found[2]))
    raise Wrong('a time in quotes, such as "08:30"')


def minutes(value: Any) -> time:
    """The minutes after each hour: ":10"."""
    if isinstance(value, str) and (found := _CLOCK.fullmatch(f"00{value}")):
        return time(0, int(found[2]))
    raise Wrong('minutes after the hour in quotes, such as ":10"')


def number(least: int, most: int) -> Callable[[Any], int]:
    """A whole number between two bounds."""

    def checked(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Wrong(f"a whole number from {least} to {most}")
        return value

    return checked


def one_of(*names: str) -> Callable[[Any], str]:
    """One of some words."""

    def checked(value: Any) -> str:
        if value not in names:
            raise Wrong(" | ".join(names))
        return str(value)

    return checked


def zone(value: Any) -> ZoneInfo:
    """An IANA time zone."""
    try:
        return ZoneInfo(text(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Wrong("an IANA time zone, such as Asia/Shanghai") from None


def yes(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Wrong("true or false")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list):
        raise Wrong("a list of texts, [a, b]")
    return tuple(text(one) for one in value)


def pdf_standards(value: Any) -> tuple[str, ...]:
    """At most one kind of PDF/A, and PDF/UA."""
    found = texts(value)
    if not set(found) <= {*PDF_A, PDF_UA} or len(found) != len(set(found)) or len(set(found) & {*PDF_A}) > 1:
        raise Wrong(f"a list of {PDF_UA} and one of {', '.join(PDF_A)}")
    return found


def domains(value: Any) -> tuple[str, ...]:
    """A list of domains of mail."""
    found = texts(value)
    if not all(is_domain(one) for one in found):
        raise Wrong("a list of domains, [city.example]")
    return found


def weekdays(value: Any) -> tuple[int, ...]:
    """A list of days of the week, 0 Monday to 6 Sunday."""
    if not isinstance(value, list) or len(value) > 6:
        raise Wrong("a list of 0 (Monday) to 6 (Sunday), at most six")
    found = tuple(number(0, 6)(one) for one in value)
    if len(set(found)) < len(found):
        raise Wrong("each day once")
    return found


REQUIRED: Final[Mapping[str, Callable[[Any], Any]]] = {
    "language": one_of(*LANGUAGES),
    "time_zone": zone,
    "own_unit": code,
    "level": text,
    "addressees.levels": texts,
    "addressees.called": text,
    "letterhead.issuer": text,
    "letterhead.contact": text,
    "letterhead.phone": text,
    "titles.leader": text,
    "titles.operators": text,
    "titles.greeting": text,
    "season.start": day,
    "season.end": day,
}
OPTIONAL: Final[Mapping[str, tuple[Callable[[Any], Any], Any]]] = {
    "addressees.kinds": (texts, ()),
    "addressees.upper": (text_or_none, ""),
    **{f"address_forms.{kind}": (text_or_none, "") for kind in UNIT_KINDS},
    "beats.hourly_watch": (minutes, time(0, 10)),
    "beats.daily_dispatch": (clock, time(8, 30)),
    "beats.weekly_summary": (clock, time(9, 0)),
    "beats.half_monthly_bulletin": (clock, time(9, 0)),
    "map_notice": (text_or_none, ""),
    "weekend": (weekdays, (5, 6)),
    "largest_mail_mib": (number(1, 100), 20),
    "regions_are_complete": (yes, False),
    "retention_days.unnamed": (number(1, 36500), 90),
    "retention_days.drafts": (number(1, 365), 2),
    "retention_days.hourly_values": (number(400, 36500), 762),
    "retention_days.raw_mail": (number(30, 36500), 400),
    "retention_days.fires": (number(30, 36500), 400),
    "retention_days.positions": (number(1, 90), 90),
    "retention_days.photos": (number(30, 36500), 730),
    "retention_days.spools": (number(30, 3650), 90),
    "retention_days.exchange": (number(120, 36500), 400),
    "submetering.idle_hours": (number(1, 24), 2),
    "submetering.shorter_hours": (number(1, 24), 3),
    "submetering.lost_hours": (number(1, 24), 2),
    "submetering.stopped_hours": (number(1, 24), 2),
    "submetering.running_percent": (number(1, 100), 30),
    "submetering.idle_percent": (number(1, 100), 40),
    "submetering.off_percent": (number(1, 100), 10),
    "trusted_mail_domains": (domains, ()),
    "pdf_standards": (pdf_standards, ()),
    "reports_upward": (one_of("auto", "review"), ""),
    # None: as include.open_settings says
    **{f"publish.{name}": (published(name), None) for name in PUBLISHED},
}
STAND_INS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(REQUIRED, ""),
    "language": LANGUAGES[0],
    "time_zone": ZoneInfo("UTC"),
    "addressees.levels": (),
    "season.start": date.min,
    "season.end": date.max,
}
# Read apart: their keys are the profile's own.
FREE: Final = ("letters", "rules", "chain")


def read_settings(root: Lined, findings: Findings) -> dict[str, Any]:
    """The values of profile.yaml by dotted key, defaults filled in; a wrong or missing one is a finding, and one that
    must be there has a stand-in, so that the faults of everything else are seen at once."""
    told = dict(_leaves(root, "", findings))
    known = {*REQUIRED, *OPTIONAL}
    for key, part in told.items():
        if key not in known:
            findings.add(FILE, part.line, "unknown key", expected=_nearest(key, known), got=key)
    findings.lines |= {(FILE, key): part.line for key, part in told.items()}
    found: dict[str, Any] = {}
    for key, check in [*REQUIRED.items(), *((key, check) for key, (check, _) in OPTIONAL.items())]:
        if key not in told:
            if key in REQUIRED:
                findings.add(FILE, 1, "a key is missing", expected=key)
            else:
                found[key] = OPTIONAL[key][1]
            continue
        if isinstance(told[key].value, Impossible):
            continue
        try:
            found[key] = check(told[key].plain())
        except Wrong as error:
            findings.add(FILE, told[key].line, f"{key} is wrong", expected=str(error), got=told[key].plain())
    findings.lacking |= {*REQUIRED, *OPTIONAL} - set(found)
    return {**STAND_INS, **found}


def _leaves(part: Lined, prefix: str, findings: Findings) -> Any:
    groups = {key.split(".")[0] for key in (*REQUIRED, *OPTIONAL) if "." in key}
    if not isinstance(part.value, dict):
        findings.add(FILE, part.line, "no mapping", expected="key: value", got=part.plain())
        return
    for key, value in part.value.items():
        name = f"{prefix}{key}"
        if not prefix and key in FREE:
            continue
        if not prefix and key in groups:
            yield from _leaves(value, f"{key}.", findings)
        else:
            yield name, value


def _nearest(key: str, known: set[str]) -> str:
    group = key.split(".")[0]
    near = sorted(name for name in known if name.startswith(f"{group}."))
    return "one of " + ", ".join(near or sorted({name.split(".")[0] for name in known} | set(FREE)))
