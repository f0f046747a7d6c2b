"""A profile as a whole: its tables, templates and outlines; and what it says in a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from include.errors import InputError
from include.language import catalogue
from include.letter_kinds import LETTER_KINDS
from include.office.profile_contacts import (
    check_contacts,
    lacks_superior,
    take_first_contacts,
    without_contacts,
)
from include.profile.current import told_office
from include.profile.findings import Findings
from include.profile.reading import read_with_findings
from include.profile.rules import RuleBook
from include.profile.settings import FILE
from include.profile.values import Profile
from include.selection.rules import require_usable, rules_of_office
from include.store.engine import writing
from include.store.migrate import migrate


def whole_check(folder: Path) -> Findings:
    """Every fault of the profile in a folder."""
    from include.letters.document.template_check import check_language, check_templates

    profile, findings = read_with_findings(folder)
    check_templates(folder / "templates", findings)
    if profile is not None:
        for kind in sorted(set(profile.letters) - set(LETTER_KINDS)):
            findings.add(
                FILE,
                findings.line(FILE, f"letters.{kind}"),
                "unknown kind of letter",
                expected=" | ".join(LETTER_KINDS),
                got=kind,
            )
        _check_number_words(profile, findings)
        _check_words(profile, findings)
        _check_outlines(profile, findings)
        _check_choice(profile, findings)
        check_language(profile, findings)
        check_contacts(profile, findings)
    return findings


def _check_number_words(profile: Profile, findings: Findings) -> None:
    """Numbers run by kind of letter: two kinds with one word would give one number twice."""
    first_of: dict[str, str] = {}
    for kind, word in profile.letters.items():
        if word and (first := first_of.setdefault(word, kind)) != kind:
            findings.add(
                FILE,
                findings.line(FILE, f"letters.{kind}"),
                "two kinds of letters have one number word",
                expected=f"another word than that of {first}",
                got=word,
            )


def found_store(engine: Engine, now: datetime) -> tuple[str, int]:
    """Creates or upgrades the store; one without any contact gets those of the profile. Returns its revision and how many. Raises
    InputError for a profile whose templates have faults."""
    from include.letters.document.template_check import check_language, check_templates

    findings, profile = Findings(), told_office()
    check_templates(profile.templates_dir, findings)
    check_language(profile, findings)
    findings.raise_first(str(profile.folder))
    revision = migrate(engine)
    with writing(engine, lock="intake") as connection:
        taken = take_first_contacts(connection, told_office(), now)
    return revision, taken.new if taken else 0


def _check_words(profile: Profile, findings: Findings) -> None:
    """Chinese words of which the house has no text: nobody would ever read them. Others name sources, by their connections."""
    known = catalogue("en")
    for term in profile.words:
        if term not in known and not term.isascii():
            findings.add(
                "words.yaml",
                findings.line("words.yaml", term),
                "no text of the house",
                expected="a text as include/language/en has it",
                got=term,
            )


def _check_choice(profile: Profile, findings: Findings) -> None:
    """Numbers of the choice of grids that fit one by one and not together, by each day from which one of them holds."""
    book = RuleBook(profile.rules)
    changes = [one for one in profile.rules if one.name.startswith("selection.") and not one.unit_code]
    for since in sorted({one.valid_from for one in changes}):
        try:
            require_usable(rules_of_office(book.on(since).selection, {}), FILE)
        except InputError as error:
            line = max(one.line for one in changes if one.valid_from == since)
            findings.add(FILE, line, f"{error.what}, from {since}", expected=error.expected, got=error.got)
            return


def _check_outlines(profile: Profile, findings: Findings) -> None:
    from include.geo.boundaries import read_outlines, shape_fault

    file = "outlines.parquet"
    try:
        found = read_outlines(profile)
    except InputError as error:
        findings.add(file, 0, error.what, expected=error.expected, got=f"{error.got} ({error.where})")
        return
    known = {place.place_code for place in profile.places}
    for row, code in enumerate(found["place_code"], start=1):
        if code not in known:
            findings.add(
                file, row, "an outline of an unknown place", expected="a place_code of places.csv", got=code
            )
    doubled = sorted(code for code, times in Counter(found["place_code"]).items() if times > 1)
    for code in doubled:
        findings.add(file, 0, "two outlines of one place", expected="one", got=code)
    for row, shape in enumerate(found.geometry, start=1):
        if (fault := shape_fault(shape)) is not None:
            what, expected, got = fault
            findings.add(file, row, what, expected=expected, got=got)


def warnings_of(profile: Profile) -> Iterator[str]:
    """What a profile without faults lacks for what it says, one line a matter."""
    if lacks_superior(profile):
        yield f"warning: chain.tell_superior: contacts.csv has no contact of {profile.told_superior} with the role province: 反馈单 cannot go there"


def summary(profile: Profile) -> Iterator[str]:
    """What a profile says, one line a matter."""
    own = profile.unit(profile.own_unit)
    addressed = {unit.unit_code for unit in profile.addressees()}
    yield f"profile: {profile.name} ({profile.folder})"
    yield f"office: {own.bureau if own else ''} ({profile.own_unit}), level {profile.level}, language {profile.language}, {profile.zone.key}"
    yield f"addressees: {len(addressed)} {profile.units_called} ({', '.join((*profile.addressed_levels, *profile.addressed_kinds))})"
    yield "regions: " + (", ".join(sorted({stay.region for stay in profile.regions})) or "none")
    yield "letters: " + ", ".join(
        f"{kind} ({word})" if word else kind for kind, word in profile.letters.items()
    )
    yield "beats: " + ", ".join(f"{dag} {clock:%H:%M}" for dag, clock in profile.beats.items())
    yield "standards: " + ", ".join(one.name for one in profile.standards)
    yield f"season: {profile.season[0]} to {profile.season[1]} (exclusive); holidays of {len({day.year for day in profile.holidays})} years"
    yield f"places: {len(profile.places)}; contacts: {len(profile.contacts)}; outlines: {'yes' if profile.outlines_path else 'no, letters come without maps'}"
    if profile.contacts and (without := without_contacts(profile)):
        yield "no contact in contacts.csv: " + ", ".join(without)
    yield from warnings_of(profile)
    for change in profile.rules:
        yield f"rule: {change.name} = {change.value} from {change.valid_from}" + (
            f" for {change.unit_code}" if change.unit_code else ""
        )
