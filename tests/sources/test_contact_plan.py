"""What a source's list changes in the book of contacts: whole plans on tiny lists."""

from dataclasses import replace
from datetime import date

import pytest

from include.sources.contacts.plan import Ask, Book, Listing, Plan, plan
from include.sources.contacts.rows import Contact, Known, agrees, is_unread

TODAY = date(2020, 3, 11)
SINCE = date(2020, 1, 1)
WRONG = Contact("140400", "to", "长治局", "wrong@other.example", "", SINCE, None)
RIGHT = replace(WRONG, address="right@changzhi.example")
OFFICE = Contact("140400", "cc", "长治局大气科", "daqi@changzhi.example", "0355-1", SINCE, None)


def planned(*rows: Contact, known=(), told=(), is_whole=True, unreadable="", **book) -> Plan:
    listing = Listing("exports", rows, is_whole, unreadable)
    return plan(listing, Book(tuple(known), {one.stay: one for one in told}, **book), TODAY)


def known(contact_id: int, contact: Contact, source="exports", **more) -> Known:
    return Known(contact_id, contact, source, **more)


def shape(made: Plan) -> dict[str, object]:
    """What a plan writes, by the mailboxes."""
    return {
        name: value
        for name, value in {
            "in": [one.address for one in made.inserts],
            "revised": [(one.contact.address, new.name) for one, new in made.revisions],
            "owner": [(one.contact.address, owner) for one, owner in made.owners],
            "ended": [(one.contact.address, str(day), heir.address) for one, day, heir in made.ends],
            "asked": [
                (one.kind, one.mine.address, one.told.address if one.told else "") for one in made.asks
            ],
        }.items()
        if value
    }


def test_a_first_list_is_taken_as_told() -> None:
    made = planned(WRONG, OFFICE)
    assert (made.new, made.revised, made.unchanged) == (2, 0, 0)
    assert shape(made) == {"in": [WRONG.address, OFFICE.address]}


def test_an_unchanged_list_changes_nothing() -> None:
    made = planned(WRONG, known=[known(1, WRONG)], told=[WRONG])
    assert (made.new, made.revised, made.unchanged, shape(made)) == (0, 0, 1, {})


@pytest.mark.parametrize(
    "told",
    [
        {"valid_to": None},
        {"name": "长治局（旧）"},
        {"valid_from": date(2020, 2, 1)},
        {"address": "WRONG@Other.example"},
        {"role": "cc"},
    ],
)
def test_what_a_person_ended_stays_ended_whatever_the_source_changes(told: dict) -> None:
    ended = known(1, replace(WRONG, valid_to=date(2020, 3, 11)), is_fixed=True)
    made = planned(replace(WRONG, **told), known=[ended], told=[WRONG])
    address = told.get("address", WRONG.address)
    assert shape(made) == {"asked": [("differs", WRONG.address, address)]}


def test_a_source_that_agrees_with_the_person_is_not_asked_about() -> None:
    ended = known(1, replace(WRONG, valid_to=date(2020, 3, 11)), is_fixed=True)
    earlier = replace(WRONG, valid_to=date(2020, 3, 1))
    assert shape(planned(earlier, known=[ended], told=[WRONG])) == {}
    assert shape(planned(known=[ended], told=[WRONG])) == {}  # it tells the ended one no more


def test_an_address_corrected_in_place_ends_the_old_one() -> None:
    made = planned(RIGHT, OFFICE, known=[known(1, WRONG), known(2, OFFICE)], told=[WRONG, OFFICE])
    assert (made.new, made.unchanged) == (1, 1)
    assert shape(made) == {
        "in": [RIGHT.address],
        "ended": [(WRONG.address, "2020-03-11", RIGHT.address)],
        "asked": [("replaced", WRONG.address, RIGHT.address)],
    }


@pytest.mark.parametrize(
    "heir",
    [
        replace(RIGHT, name=" 长 治 局"),
        replace(RIGHT, name="李四", phone="0355-9"),
        replace(WRONG, role="cc", name="别名"),
    ],
    ids=["name", "phone", "role"],
)
def test_the_line_is_known_by_name_by_telephone_and_by_the_mailbox(heir: Contact) -> None:
    old = replace(WRONG, phone="0355-9")
    third = replace(OFFICE, role="to", name="第三人")
    made = planned(heir, third, known=[known(1, old), known(2, third)], told=[old, third])
    assert shape(made)["asked"] == [("replaced", WRONG.address, heir.address)]


def test_the_only_line_of_a_role_is_the_same_line_whatever_it_is_called() -> None:
    made = planned(replace(RIGHT, name="李四"), known=[known(1, WRONG)], told=[WRONG])
    assert shape(made)["ended"] == [(WRONG.address, "2020-03-11", RIGHT.address)]
    two = [known(1, WRONG), known(2, replace(WRONG, name="乙", address="b@x.example"))]
    made = planned(replace(RIGHT, name="李四"), known=two, told=[one.contact for one in two])
    assert shape(made) == {
        "in": [RIGHT.address],
        "asked": [("vanished", WRONG.address, ""), ("vanished", "b@x.example", "")],
    }


def test_a_new_address_of_later_ends_the_old_one_then() -> None:
    later = replace(RIGHT, valid_from=date(2020, 4, 1))
    made = planned(later, known=[known(1, WRONG)], told=[WRONG])
    assert shape(made)["ended"] == [(WRONG.address, "2020-04-01", RIGHT.address)]


def test_a_row_that_is_gone_is_asked_about_and_stays() -> None:
    made = planned(OFFICE, known=[known(1, WRONG), known(2, OFFICE)], told=[WRONG, OFFICE])
    assert shape(made) == {"asked": [("vanished", WRONG.address, "")]}
    assert made.gone == [WRONG]
    again = planned(OFFICE, known=[known(1, WRONG), known(2, OFFICE)], told=[WRONG, OFFICE])
    assert again.gone == [WRONG]  # it goes on being asked, until it is told again
    back = planned(WRONG, OFFICE, known=[known(1, WRONG), known(2, OFFICE)], told=[WRONG, OFFICE])
    assert (shape(back), back.gone) == ({}, [])


def test_a_part_of_a_list_says_nothing_about_the_others() -> None:
    book = [known(1, WRONG), known(2, OFFICE)]
    made = planned(OFFICE, known=book, told=[WRONG, OFFICE], is_whole=False)
    assert (shape(made), made.forgotten, made.gone) == ({}, [], [])
    made = planned(RIGHT, known=book, told=[WRONG, OFFICE], is_whole=False)
    assert shape(made)["ended"] == [(WRONG.address, "2020-03-11", RIGHT.address)]


def test_what_could_not_be_read_is_not_missing() -> None:
    made = planned(
        RIGHT, known=[known(1, WRONG)], told=[WRONG], unreadable='{"address": "WRONG@other.example"}'
    )
    assert shape(made) == {"in": [RIGHT.address]}


def test_what_another_source_still_tells_is_not_missing_but_its_own() -> None:
    book = {"elsewhere": {WRONG.key: frozenset({"platform"})}}
    assert shape(planned(known=[known(1, WRONG)], told=[WRONG], **book)) == {
        "owner": [(WRONG.address, "platform")]
    }


def test_two_sources_that_differ_are_a_question_and_the_first_one_stands() -> None:
    other = replace(WRONG, name="另一名称")
    mine = [known(1, WRONG, "platform")]
    book = {"elsewhere": {WRONG.key: frozenset({"platform"})}}
    assert shape(planned(other, known=mine, **book)) == {"asked": [("differs", WRONG.address, WRONG.address)]}
    assert shape(planned(replace(WRONG, address=WRONG.address.upper()), known=mine, **book)) == {}
    made = planned(other, known=mine)  # the first source tells it no more
    assert shape(made) == {"owner": [(WRONG.address, "exports")], "revised": [(WRONG.address, "另一名称")]}


def test_a_new_address_on_a_line_that_a_person_decided_waits() -> None:
    mine = known(1, replace(WRONG, phone="0355-2"), is_fixed=True)
    made = planned(RIGHT, known=[mine], told=[WRONG])
    assert shape(made) == {"asked": [("held", WRONG.address, RIGHT.address)]}
    again = planned(RIGHT, known=[mine], told=[RIGHT], held={RIGHT.stay: 1})
    assert shape(again) == {"asked": [("held", WRONG.address, RIGHT.address)]}


def test_a_person_s_own_correction_stands_against_another_of_the_source() -> None:
    ended = known(1, replace(WRONG, valid_to=TODAY), is_fixed=True, replaced_by_id=2)
    mine = known(2, replace(RIGHT, valid_from=TODAY), "desk", is_fixed=True)
    third = replace(WRONG, address="third@other.example")
    assert shape(planned(third, known=[ended, mine], told=[WRONG])) == {
        "asked": [("held", RIGHT.address, third.address)]
    }
    assert shape(planned(RIGHT, known=[ended, mine], told=[WRONG])) == {}  # the source corrected it likewise
    gone_only = known(1, replace(WRONG, valid_to=TODAY), is_fixed=True)
    assert shape(planned(third, known=[gone_only], told=[WRONG])) == {"in": [third.address]}


def test_a_first_day_that_changed_is_a_revision() -> None:
    later = replace(WRONG, valid_from=date(2020, 2, 1))
    made = planned(later, known=[known(1, WRONG)], told=[WRONG])
    assert made.revisions == [(known(1, WRONG), later)]
    assert (made.asks, made.ends, made.forgotten) == ([], [], [WRONG])


def test_the_same_mailbox_twice_in_a_list_is_one_contact() -> None:
    twice = replace(WRONG, address="Wrong@OTHER.example")
    made = planned(WRONG, twice)
    assert (made.new, made.revised, made.unchanged, made.inserts) == (1, 0, 1, [twice])


def test_a_mailbox_that_nobody_reads_is_asked_about_when_it_comes() -> None:
    nobody = replace(WRONG, address="no-reply@x.example")
    made = planned(nobody)
    assert made.asks == [Ask("unread", nobody, nobody)]
    assert shape(planned(nobody, known=[known(1, nobody)], told=[nobody])) == {}


@pytest.mark.parametrize(
    "address",
    [
        "noreply@x.example",
        "No-Reply@X.example",
        "no_reply@x.example",
        "do.not.reply@x.example",
        "donotreply2@x.example",
        "noreply+letters@x.example",
        "system-noreply@x.example",
        "MAILER-DAEMON@x.example",
        "postmaster@x.example",
        "bounce@x.example",
        "bounces+17@x.example",
        "auto-reply@x.example",
        "office@bounces.x.example",
        "info@no-reply.x.example",
        "wuxuhuifu@x.example",
        "nobody@x.example",
        "dev-null@x.example",
    ],
)
def test_addresses_that_nobody_reads(address: str) -> None:
    assert is_unread(address)


@pytest.mark.parametrize(
    "address",
    [
        "dudu@x.example",
        "reply@x.example",
        "norman@x.example",
        "huifu@x.example",
        "trebounce@x.example",
        "post@x.example",
    ],
)
def test_addresses_that_somebody_reads(address: str) -> None:
    assert not is_unread(address)


def test_rows_agree_when_they_mean_the_same_from_today_on() -> None:
    assert agrees(WRONG, replace(WRONG, valid_from=date(2020, 2, 1)), TODAY)
    assert not agrees(WRONG, replace(WRONG, valid_from=date(2020, 4, 1)), TODAY)
    assert not agrees(WRONG, replace(WRONG, valid_to=date(2020, 4, 1)), TODAY)
    assert not agrees(WRONG, replace(WRONG, phone="1"), TODAY)


def test_a_list_with_a_row_that_cannot_be_read_is_not_complete() -> None:
    """The new row of this line was set apart: its old address has not vanished."""
    made = planned(
        RIGHT, known=[known(1, WRONG), known(2, OFFICE)], told=[WRONG, OFFICE], unreadable="thr ee@x"
    )
    assert [one.kind for one in made.asks] == ["replaced"]
    assert made.gone == []


def test_a_source_takes_its_own_correction_back() -> None:
    ended = known(1, replace(WRONG, valid_to=TODAY), is_fixed=True, replaced_by_id=2, ended_by="exports")
    made = planned(WRONG, known=[ended, known(2, RIGHT)], told=[RIGHT])
    assert shape(made) == {
        "revised": [(WRONG.address, WRONG.name)],
        "ended": [(RIGHT.address, str(TODAY), WRONG.address)],
        "asked": [("replaced", RIGHT.address, WRONG.address)],
    }


def test_a_correction_stands_against_other_sources() -> None:
    ended = known(
        1, replace(WRONG, valid_to=TODAY), "other", is_fixed=True, replaced_by_id=2, ended_by="other"
    )
    made = planned(WRONG, known=[ended, known(2, RIGHT, "other")])
    assert shape(made) == {"asked": [("differs", WRONG.address, WRONG.address)]}


def test_an_address_in_no_list_is_asked_about_however_it_came() -> None:
    made = planned(OFFICE, known=[known(1, RIGHT), known(2, OFFICE)], told=[OFFICE])
    assert shape(made) == {"asked": [("vanished", RIGHT.address, "")]}
    assert (
        shape(planned(OFFICE, known=[known(1, RIGHT, is_fixed=True), known(2, OFFICE)], told=[OFFICE])) == {}
    )
