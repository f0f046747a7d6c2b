"""contacts.csv of a profile in the book: taken once, what nobody touched follows the profile, what a person decided is a question."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, select

from include.office.profile_contacts import (
    check_contacts,
    contact_lines,
    lacks_superior,
    take_contacts,
    take_first_contacts,
    without_contacts,
)
from include.profile.chain_values import ChainSettings
from include.profile.current import office
from include.profile.findings import Findings
from include.profile.values import Contact, Profile
from include.sources.contacts.book import known_contacts
from include.sources.contacts.decisions import edit
from include.sources.contacts.questions import questions
from include.store.engine import reading, writing
from include.store.tables import contact

NOW = datetime(2020, 3, 9, 1, tzinfo=UTC)
DUTY = Contact("140300", "to", "值班室", "duty@yq.example", "0353-0000000", date(2020, 1, 1))
AIR = Contact("140300", "cc", "大气科", "air@yq.example")


def profile(*contacts: Contact) -> Profile:
    return replace(office(), contacts=contacts)


def take(engine: Engine, told: Profile) -> None:
    with writing(engine) as connection:
        take_contacts(connection, told, NOW)


def book(engine: Engine) -> list[tuple[str, str, str, str]]:
    """role, name, address, when it begins and ends"""
    with reading(engine) as connection:
        rows = [one.contact for one in known_contacts(connection)]
    return [(one.role, one.name, one.address, f"{one.valid_from}–{one.valid_to or ''}") for one in rows]


def lines(engine: Engine, told: Profile) -> list[tuple[str, str]]:
    with reading(engine) as connection:
        return [(one.mark, one.words) for one in contact_lines(connection, told, date(2020, 3, 9))]


def test_a_book_without_contacts_gets_those_of_the_profile_once(engine: Engine) -> None:
    with writing(engine) as connection:
        taken = take_first_contacts(connection, profile(DUTY, AIR), NOW)
    assert taken is not None
    assert taken.new == 2
    assert book(engine) == [
        ("to", "值班室", "duty@yq.example", "2020-01-01–"),
        ("cc", "大气科", "air@yq.example", "2000-01-01–"),
    ]
    with writing(engine) as connection:
        assert take_first_contacts(connection, profile(replace(DUTY, name="别处")), NOW) is None


def test_what_nobody_touched_follows_the_profile(engine: Engine) -> None:
    take(engine, profile(DUTY))
    newer = profile(replace(DUTY, name="环境局值班室"), AIR)
    assert lines(engine, newer) == [
        ("taken", "+ cc 大气科 <air@yq.example>"),
        ("taken", "to 值班室 <duty@yq.example> → to 环境局值班室 <duty@yq.example>"),
    ]
    assert [name for _, name, _, _ in book(engine)] == ["值班室"]  # a look changes nothing

    take(engine, newer)

    assert [name for _, name, _, _ in book(engine)] == ["环境局值班室", "大气科"]
    assert lines(engine, newer) == []


def test_what_a_person_decided_becomes_a_question(engine: Engine) -> None:
    take(engine, profile(DUTY))
    with writing(engine) as connection:
        [known] = known_contacts(connection)
        mine = replace(known.contact, name="夜间值班室")
        edit(connection, known.contact_id, mine, actor="王", reason="改夜班", now=NOW)
    take(engine, profile(DUTY))  # the profile says nothing new, but not what the person said
    with reading(engine) as connection:
        [asked] = questions(connection)
    assert (asked.kind, asked.source, asked.told and asked.told.name) == ("differs", "profile", "值班室")
    assert [name for _, name, _, _ in book(engine)] == ["夜间值班室"]


def test_a_contact_that_left_the_profile_stays_until_a_person_has_answered(engine: Engine) -> None:
    take(engine, profile(DUTY, AIR))
    take(engine, profile(DUTY))
    with reading(engine) as connection:
        assert [(one.kind, one.mine.address) for one in questions(connection)] == [
            ("vanished", "air@yq.example")
        ]
        assert len(connection.execute(select(contact).where(contact.c.valid_to.is_(None))).all()) == 2


def test_a_row_that_cannot_be_taken_stops_no_other(engine: Engine) -> None:
    told = profile(DUTY, replace(AIR, unit_code="999999"))
    assert lines(engine, told)[0][0] == "refused"
    take(engine, told)
    assert [address for _, _, address, _ in book(engine)] == ["duty@yq.example"]


@pytest.mark.parametrize("contacts", [(), (AIR,)])
def test_units_without_a_contact_are_named(contacts: tuple[Contact, ...]) -> None:
    assert "140300" in without_contacts(profile(*contacts))
    assert "140300" not in without_contacts(profile(*contacts, DUTY))


def test_the_unit_above_has_contacts_where_the_profile_tells_it(engine: Engine) -> None:
    own = next(one for one in office().units if one.unit_code == office().own_unit)
    units = (
        *(one for one in office().units if one is not own),
        replace(own, reports_to="990000"),
        replace(own, unit_code="990000", name="上级", reports_to=""),
    )
    above = Contact("990000", "province", "厅", "ting@sheng.example", line=2)
    for tells, faults in ((True, 0), (False, 2)):
        chain = ChainSettings(tells_superior=tells)
        told = replace(profile(above), units=units, chain=chain)
        findings = Findings()
        check_contacts(told, findings)
        assert len(findings) == faults
        assert not lacks_superior(told)
        assert lacks_superior(replace(told, contacts=(DUTY,))) is tells
