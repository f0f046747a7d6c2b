"""The chain on the phone page: a holder signs, reports and rectifies by the link of its 交办单, somebody else accepts on site with a photo."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from include.act import Act
from include.chain.values import Move
from include.errors import StateError
from include.field.reports import Answer
from include.field.requests import COOKIE, device_id
from include.house import House
from include.office.chain import chain_at
from include.office.chain import take as take_chain
from include.office.chain_letters import chain_letters
from include.office.field_decisions import accept, reports
from include.office.field_links import link_of
from include.office.field_told import tell_page
from include.post.local_server import LocalMailbox
from include.profile.chain_values import ChainSettings
from include.profile.current import office as profile
from include.profile.current import using
from include.rules import ChainRules
from include.store import tables
from include.store.engine import reading, writing
from include.store.field_tables import field_device, field_report
from include.workflows.field_page import take
from tests.desk.facts import provenance
from tests.field.office import URL, office, page_of
from tests.field.pages import CLEAR, FOUND, Place, Visitor, photo, upload
from tests.field.test_spool import put

UNIT, ALARM = "140300", "Y2"
WORDS = {"task_sheet": "环交", "return_sheet": "环退"}
MINUTE = timedelta(minutes=1)
SIGNED = {"step": "signed", "inspector": "李四", "nonce": "s1"}
MENDED = {"step": "mended", "inspector": "李四", "note": "已苫盖", "nonce": "m1"}
PASSED = {"step": "passed", "inspector": "周某", "nonce": "p1"}


@pytest.fixture
def house(engine: Engine, tmp_path: Path, mailbox: LocalMailbox) -> Iterator[House]:
    made = office(engine, tmp_path / "var", mailbox)
    duty = {"region_code": profile().own_unit, "role": "duty", "name": "值班室", "address": "d@own.example"}
    with writing(engine) as connection:
        connection.execute(insert(tables.contact), {**duty, "valid_from": date(2020, 1, 1), **provenance()})
    chain = ChainSettings(replace(ChainRules(), spot_check_percent=0))
    with using(replace(profile(), chain=chain, letters={**profile().letters, **WORDS, "visit_sheet": ""})):
        yield replace(made, office=replace(made.office, number_words={**made.office.number_words, **WORDS}))


@pytest.fixture
def page(house: House) -> Place:
    """One hour after the morning's letters: the alarm is handed to its unit and the 交办单 has left."""
    page = page_of(house)
    step(house, page, "assign", unit_code=UNIT, task_no=0)
    letters(house, page)
    return page


def step(house: House, page: Place, name: str, **more: Any) -> None:
    values = {"actor": "王某", "task_no": 1, **more}
    take_chain(house, ALARM, Move(name, page.now, page.now, **values))


def letters(house: House, page: Place) -> None:
    """The letters of the minute leave, and the page is told."""
    page.now += MINUTE
    assert "trouble" not in chain_letters(house, page.now, "round")
    tell_page(house, page.now)


def word(house: House, kind: str) -> str:
    """The word of the link of the last letter of a kind."""
    own = tables.letter.c
    with reading(house.engine) as connection:
        asked = select(own.letter_id, own.released_at).where(own.kind == kind).order_by(own.letter_id.desc())
        row = connection.execute(asked).first()
    return link_of(house, row.letter_id, row.released_at).removeprefix(f"{URL}/f/")


def confirmed_phone(house: House, page: Place, link: str, unit: str = UNIT, name: str = "张三") -> Visitor:
    """A phone that a contact of the unit has confirmed."""
    phone = page.visitor()
    phone.get(f"/f/{link}")
    row = {
        "device_id": device_id(phone.cookies[COOKIE]),
        "unit_code": unit,
        "state": "confirmed",
        "contact_name": name,
        "contact_address": "z@yq.example",
        "letter_key": "k",
        "request_id": "0" * 32,
        "asked_at": page.now,
        "code_salt": "",
        "code_hash": "",
        "code_expires_at": page.now,
        "confirmed_at": page.now,
        "expires_at": page.now + timedelta(days=90),
        "changed_by": "test",
        "reason": "",
        "is_simulated": True,
    }
    with writing(house.engine) as connection:
        connection.execute(insert(field_device).values(row))
    return phone


def states(house: House, page: Place) -> list[str]:
    return [one.state for one in chain_at(house, ALARM, page.now)[1].tasks]


def sent(house: House, page: Place, phone: Visitor, link: str, form: dict[str, str], *photos: bytes) -> str:
    """What became of a report (its state and reason)."""
    answer = phone.send(form, word=link, uploads=[upload(one) for one in photos])
    assert answer.status_code == 303, answer.text[:3000]
    page.now += MINUTE
    take(house, page.now, "round")
    tell_page(house, page.now)
    own = field_report.c
    with reading(house.engine) as connection:
        row = connection.execute(
            select(own.state, own.reason).order_by(own.received_at.desc(), own.report_id).limit(1)
        ).one()
    return f"{row.state} {row.reason}".strip()


def test_a_task_goes_its_whole_way_by_phone(house: House, page: Place) -> None:
    link = word(house, "task_sheet")
    phone = confirmed_phone(house, page, link)
    text = phone.get(f"/f/{link}/1").text
    assert "待签收" in text
    assert [
        one in text for one in ('value="signed"', 'value="clear"', 'value="mended"', 'value="passed"')
    ] == [
        True,
        True,
        False,
        False,
    ]
    assert sent(house, page, phone, link, SIGNED) == "taken"
    assert states(house, page) == ["acknowledged"]
    assert sent(house, page, phone, link, FOUND | {"category": "工业企业"}, photo()) == "taken"
    assert states(house, page) == ["reported"]
    step(house, page, "return", note="照片不清")
    letters(house, page)
    assert "退回原因：照片不清" in phone.get(f"/f/{link}/1").text  # by the way it came, and by letter:
    again = word(house, "return_sheet")
    assert again != link
    assert sent(house, page, phone, again, FOUND | {"category": "工业企业", "nonce": "n3"}) == "taken"
    step(house, page, "pass")
    letters(house, page)
    assert 'value="mended"' in phone.get(f"/f/{link}/1").text
    assert sent(house, page, phone, link, MENDED) == "taken"
    assert states(house, page) == ["rectified"]
    letters(house, page)
    visit = word(house, "visit_sheet")
    own = profile().own_unit
    acceptor = confirmed_phone(house, page, visit, own, "周某")
    assert acceptor.send(PASSED, word=visit).status_code == 422  # without a photo
    assert sent(house, page, acceptor, visit, PASSED | {"inspector": "李四"}, photo()) == (
        "rejected 验收通过须由李四以外的人办理"
    )
    assert states(house, page) == ["rectified"]
    assert sent(house, page, acceptor, visit, PASSED, photo()) == "taken"
    assert states(house, page) == ["accepted"]
    event = chain_at(house, ALARM, page.now)[0][-1]
    assert (event.event, event.person, event.note, event.receipt_at) == (
        "inspected_passed",
        "周某",
        "照片1张",
        page.now - MINUTE,
    )
    assert sent(house, page, acceptor, visit, PASSED | {"nonce": "p2"}, photo()) == (
        "rejected 该交办件已验收待销号，现在不能办理验收通过"
    )


def test_a_link_asks_only_what_its_letter_asks(house: House, page: Place) -> None:
    """Neither a holder who alters the form nor a page that was taken over takes a step that the letter does not ask for."""
    link = word(house, "task_sheet")
    phone = confirmed_phone(house, page, link)
    assert phone.send(PASSED, word=link, uploads=[upload(photo())]).status_code == 422
    forged = Answer(
        report_id="a" * 32,
        word=link,
        letter_key=_key(house, "task_sheet"),
        unit_code=UNIT,
        device_id="d" * 32,
        received_at=page.now,
        alarm_id=ALARM,
        step="passed",
        inspector="周某",
    )
    put(page, forged)
    take(house, page.now + MINUTE, "round")
    assert states(house, page) == ["assigned"]
    assert [path.name for path in page.folder.refused.iterdir()] == [f"{'a' * 32}.json"]


def test_what_waits_for_its_phone_counts_from_its_receipt_once_it_is_confirmed(
    house: House, page: Place
) -> None:
    link = word(house, "task_sheet")
    phone = page.visitor()
    phone.send(SIGNED, word=link)
    received_at = page.now
    page.now += 30 * MINUTE
    take(house, page.now, "round")
    assert states(house, page) == ["assigned"]
    [waiting] = reports(house.engine, ("waiting",))
    accept(house, waiting["report_id"], Act(page.now, "王某", "已电话核实"))
    events, _ = chain_at(house, ALARM, page.now)
    assert (events[-1].event, events[-1].receipt_at) == ("acknowledged", received_at)


def test_a_unit_that_holds_nothing_is_refused_a_step_of_the_chain(house: House, page: Place) -> None:
    link = word(house, "task_sheet")
    phone = confirmed_phone(house, page, link)
    step(house, page, "withdraw", note="交错")
    assert sent(house, page, phone, link, MENDED) == "rejected 该报警没有交办给本单位"
    assert "quarantined" in sent(house, page, phone, link, CLEAR)


def _key(house: House, kind: str) -> str:
    own = tables.letter.c
    with reading(house.engine) as connection:
        return str(connection.execute(select(own.letter_key).where(own.kind == kind)).scalar_one())


def test_neither_the_contact_nor_whom_the_phone_names_reviews_the_report(house: House, page: Place) -> None:
    link = word(house, "task_sheet")
    phone = confirmed_phone(house, page, link)
    report = FOUND | {"category": "工业企业", "inspector": "王五"}
    assert sent(house, page, phone, link, report) == "taken"
    for same in ("张三", "王五", "张三 <z@yq.example>", "赵六、张三"):
        with pytest.raises(StateError, match="another person must"):
            step(house, page, "pass", person=same)
    step(house, page, "pass", person="赵六")
    assert states(house, page) == ["passed"]
