"""A profile's folder to a `Profile`, with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from include.errors import InputError
from include.profile import settings
from include.profile.chain import read_chain
from include.profile.checks import check
from include.profile.findings import Findings
from include.profile.rules import OFFICE_RULES, RULE_NAMES, rule_value
from include.profile.settings import Impossible, Lined, Wrong, read_yaml
from include.profile.standards import read_standards
from include.profile.tables import Row, date_of, dates_of, read_table
from include.profile.values import (
    Contact,
    Letterhead,
    Place,
    Profile,
    RuleChange,
    Stay,
    Unit,
)
from include.profile.words import read_words

_DATES: Final = ("valid_from", "valid_to")
# The columns of each table: those that must be there, and those that may.
COLUMNS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "places.csv": (("place_code", "name", "level", "parent_code"), ("aliases", "name_en", *_DATES)),
    "units.csv": (
        ("unit_code", "name", "bureau", "kind", "place_code", "reports_to"),
        ("address_form", "aliases", "name_en", *_DATES),
    ),
    "regions.csv": (("region", "unit_code", "valid_from"), ("valid_to",)),
    "contacts.csv": (("unit_code", "role", "name", "address"), ("phone", *_DATES)),
    "holidays.csv": (("date", "is_free", "name"), ()),
    "categories.csv": (("category",), ("name_en",)),
}
OPTIONAL_TABLES: Final = ("contacts.csv", "holidays.csv")
FOLDERS: Final = ("templates",)
OTHER_FILES: Final = ("profile.yaml", "standards.yaml", "words.yaml", "outlines.parquet", "README.md")


def read_profile(folder: Path) -> Profile:
    """The profile in a folder. Raises InputError with the first fault, where it has any."""
    profile, findings = read_with_findings(folder)
    findings.raise_first(str(folder))
    assert profile is not None  # no findings, so everything was there
    return profile


def read_with_findings(folder: Path) -> tuple[Profile | None, Findings]:
    """The profile in a folder, with stand-ins for what cannot be read (None where profile.yaml is no mapping), and every fault."""
    if not folder.is_dir():
        raise InputError(
            "there is no such profile",
            where=str(folder),
            expected="a folder with profile.yaml, or the name of a shipped profile",
            todo="run: python -m include profile new DIR",
        )
    findings = Findings()
    _check_names(folder, findings)
    read = {name: _table(folder, name, findings) for name in COLUMNS}
    tables = {name: rows or [] for name, rows in read.items()}
    findings.lacking |= {name for name, rows in read.items() if rows is None}
    root = read_yaml(folder / settings.FILE, findings)
    if root is None:
        return None, findings
    if not isinstance(root.value, dict):
        findings.add(settings.FILE, root.line, "no mapping", expected="key: value", got=root.plain())
        return None, findings
    told = settings.read_settings(root, findings)
    profile = Profile(
        name=folder.name,
        folder=folder,
        language=told["language"],
        zone=told["time_zone"],
        own_unit=told["own_unit"],
        level=told["level"],
        addressed_levels=told["addressees.levels"],
        addressed_kinds=told.get("addressees.kinds", ()),
        units_called=told["addressees.called"],
        upper_called=told.get("addressees.upper", ""),
        titles=_group(told, "titles"),
        address_forms=_group(told, "address_forms"),
        letterhead=Letterhead(**_group(told, "letterhead")),
        letters=_letters(root, findings),
        beats=_group(told, "beats"),
        season=(told["season.start"], told["season.end"]),
        map_notice=told.get("map_notice", ""),
        weekend=told.get("weekend", ()),
        largest_mail_mib=told.get("largest_mail_mib", 0),
        has_complete_regions=told.get("regions_are_complete", False),
        retention_days=_group(told, "retention_days"),
        submetering=_group(told, "submetering"),
        trusted_mail_domains=told.get("trusted_mail_domains", ()),
        rules=_rules(root, findings),
        places=tuple(_place(row, findings) for row in tables["places.csv"]),
        units=tuple(_unit(row, findings) for row in tables["units.csv"]),
        regions=tuple(_stay(row, findings) for row in tables["regions.csv"]),
        contacts=tuple(_contact(row, findings) for row in tables["contacts.csv"]),
        standards=read_standards(folder, findings),
        holidays=_holidays(tables["holidays.csv"], findings),
        categories=_categories(read["categories.csv"], findings),
        words=read_words(folder, findings),
        categories_en={row["category"]: row["name_en"] for row in tables["categories.csv"] if row["name_en"]},
        pdf_standards=told.get("pdf_standards", ()),
        chain=read_chain(root, findings),
        reports_upward=told.get("reports_upward", ""),
        publish={key: value for key, value in _group(told, "publish").items() if value is not None},
    )
    if all(
        rows is not None for rows in read.values()
    ):  # a lost table would be a fault of every row that refers to it
        check(profile, findings)
    return profile, findings


def _check_names(folder: Path, findings: Findings) -> None:
    known = {*COLUMNS, *OTHER_FILES, *FOLDERS}
    for path in sorted(folder.iterdir()):
        if path.name not in known and not path.name.startswith("."):
            findings.add(path.name, 0, "not a file of a profile", expected=", ".join(sorted(known)))
    _check_files(folder, findings)
    for name in (*COLUMNS, settings.FILE, "standards.yaml"):
        if not (folder / name).is_file() and name not in OPTIONAL_TABLES:
            findings.add(name, 0, "the file is missing", expected=f"{folder.name}/{name}")


def _check_files(folder: Path, findings: Findings) -> None:
    """Notes every file of the folder, at any depth, that is a link out of it, or neither file nor folder, or one instead of the other."""
    inside = folder.resolve()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in Path(name).parts):
            continue
        if path.is_symlink() and not path.exists():
            findings.add(name, 0, "a link to nothing", expected="a file", got=path.readlink())
        elif path.is_symlink() and not path.resolve().is_relative_to(inside):
            findings.add(name, 0, "a link out of the profile", expected="a file in it", got=path.readlink())
        elif not path.is_file() and not path.is_dir():
            findings.add(name, 0, "neither file nor folder", expected="a file", got="a pipe or device")
        elif path.parent == folder and path.is_dir() != (name in FOLDERS):
            got = "a folder" if path.is_dir() else "a file"
            findings.add(
                name, 0, "not what it should be", expected="a folder" if path.is_file() else "a file", got=got
            )


def _table(folder: Path, name: str, findings: Findings) -> list[Row] | None:
    path = folder / name
    if not path.is_file():
        return [] if name in OPTIONAL_TABLES else None
    return read_table(path, *COLUMNS[name], findings)


def _group(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key.removeprefix(f"{name}."): value for key, value in told.items() if key.startswith(f"{name}.")}


def _place(row: Row, findings: Findings) -> Place:
    start, end = dates_of("places.csv", row, findings)
    return Place(
        row["place_code"],
        row["name"],
        row["level"],
        row["parent_code"],
        row.names("aliases"),
        row["name_en"],
        start,
        end,
        row.line,
    )


def _unit(row: Row, findings: Findings) -> Unit:
    start, end = dates_of("units.csv", row, findings)
    return Unit(
        row["unit_code"],
        row["name"],
        row["bureau"],
        row["kind"],
        row["place_code"],
        row["reports_to"],
        row["address_form"],
        row.names("aliases"),
        row["name_en"],
        start,
        end,
        row.line,
    )


def _stay(row: Row, findings: Findings) -> Stay:
    start, end = dates_of("regions.csv", row, findings)
    if start is None and not row["valid_from"]:
        findings.add("regions.csv", row.line, "valid_from is empty", expected="the first day, YYYY-MM-DD")
        findings.undated.add(("regions.csv", row.line))
    return Stay(row["region"], row["unit_code"], start or date.min, end, row.line)


def _contact(row: Row, findings: Findings) -> Contact:
    start, end = dates_of("contacts.csv", row, findings)
    return Contact(
        row["unit_code"], row["role"], row["name"], row["address"], row["phone"], start, end, row.line
    )


def _letters(root: Lined, findings: Findings) -> dict[str, str]:
    part = root.value.get("letters")
    if part is None or not isinstance(part.value, dict):
        findings.add(
            settings.FILE,
            part.line if part else 1,
            "the kinds of letters in use are missing",
            expected="letters: {notice: 机关代字, …}",
        )
        return {}
    found = {}
    for kind, word in part.value.items():
        findings.lines[settings.FILE, f"letters.{kind}"] = word.line
        try:
            found[kind] = settings.text_or_none(word.plain())
        except Wrong as error:
            findings.add(
                settings.FILE, word.line, f"letters.{kind} is wrong", expected=str(error), got=word.plain()
            )
    return found


def _rules(root: Lined, findings: Findings) -> tuple[RuleChange, ...]:
    part = root.value.get("rules")
    if part is None or part.plain() is None:
        return ()
    if not isinstance(part.value, list):
        findings.add(settings.FILE, part.line, "rules is no list", expected="- {name: …, value: …, from: …}")
        return ()
    return tuple(found for one in part.value if (found := _rule(one, findings)) is not None)


_RULE_KEYS: Final = {"name", "value", "unit", "from"}


def _rule(one: Lined, findings: Findings) -> RuleChange | None:
    told = one.value if isinstance(one.value, dict) else {}
    if set(told) - _RULE_KEYS or not {"name", "value", "from"} <= set(told):
        findings.add(
            settings.FILE,
            one.line,
            "a rule cannot be read",
            expected="name, value, from[, unit]",
            got=one.plain(),
        )
        return None
    names = RULE_NAMES
    name = told["name"].plain()
    if name not in names:
        group = str(name).partition(".")[0]
        near = [known for known in names if known.startswith(f"{group}.")] or names
        findings.add(
            settings.FILE, told["name"].line, "unknown rule", expected="one of " + ", ".join(near), got=name
        )
        return None
    try:
        value = rule_value(name, told["value"].plain())
    except ValueError as error:
        findings.add(
            settings.FILE,
            told["value"].line,
            f"the value of {name} is wrong",
            expected=str(error),
            got=told["value"].plain(),
        )
        return None
    key = "from"
    if isinstance(told[key].value, Impossible):
        return None
    try:
        since = settings.day(told[key].plain())
        key = "unit"
        unit = settings.code(told[key].plain()) if key in told else ""
    except Wrong as error:
        findings.add(
            settings.FILE,
            told[key].line,
            f"{key} of a rule is wrong",
            expected=str(error),
            got=told[key].plain(),
        )
        return None
    if unit and name in OFFICE_RULES:
        findings.add(
            settings.FILE,
            told["unit"].line,
            f"{name} holds for the whole office",
            expected="a rule without unit",
            got=unit,
        )
        return None
    return RuleChange(name, value, unit, since, one.line)


def _categories(rows: list[Row] | None, findings: Findings) -> tuple[str, ...]:
    if rows is not None and not rows:
        findings.add(
            "categories.csv", 1, "no category", expected="what problems are told by", got="a header only"
        )
    lines: dict[str, int] = {}
    for row in rows or ():
        first = lines.setdefault(row["category"], row.line)
        if first != row.line:
            findings.add(
                "categories.csv",
                row.line,
                "a category stands twice",
                expected=f"each once: line {first} has it",
                got=row["category"],
            )
    return tuple(lines)


def _holidays(rows: list[Row], findings: Findings) -> dict[date, tuple[bool, str]]:
    found: dict[date, tuple[bool, str]] = {}
    for row in rows:
        if row["is_free"] not in ("true", "false"):
            findings.add(
                "holidays.csv", row.line, "is_free is wrong", expected="true | false", got=row["is_free"]
            )
        day = date_of("holidays.csv", row, "date", findings)
        if day in found:
            findings.add("holidays.csv", row.line, "a date stands twice", expected="each date once", got=day)
        if day is not None:
            found[day] = (row["is_free"] == "true", row["name"])
    return found
