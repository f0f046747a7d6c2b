"""What lies in the spool and is not what a page of ours writes; what a page that was taken over can and cannot do; what a person decides."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from include.act import Act
from include.errors import InputError, StateError
from include.field.codes import code_of
from include.field.links import link_word
from include.field.reports import Answer, Confirmation
from include.field.sealing import seal, write_whole
from include.house import House
from include.office import field_decisions
from include.office.field_decisions import accept, reject, reports
from include.office.field_devices import revoke
from include.office.field_links import link_key
from include.office.field_told import stop_link, tell_page
from include.office.letter_acts import withhold_letter
from include.office.waiting import waiting
from include.post.local_server import LocalMailbox
from include.store import tables
from include.store.engine import reading, writing
from include.store.field_tables import field_device, field_photo, field_report
from include.workflows.answer_round import STEPS
from include.workflows.field_page import take
from tests.desk.facts import Browser
from tests.field.office import YANGQUAN, events, office, page_of, sent_at, word_of
from tests.field.pages import CLEAR, FOUND, Place, photo, upload

FOUND_Y = FOUND | {"category": "工业企业"}


@pytest.fixture
def house(engine: Engine, tmp_path: Path, mailbox: LocalMailbox) -> House:
    return office(engine, tmp_path / "var", mailbox)


@pytest.fixture
def page(house: House) -> Place:
    return page_of(house)


def answer(house: House, page: Place, **changes: Any) -> Answer:
    """What a page of ours might have written."""
    values: dict[str, Any] = {
        "report_id": "a" * 32,
        "word": word_of(house),
        "letter_key": YANGQUAN,
        "unit_code": "140300",
        "device_id": "d" * 32,
        "received_at": page.now,
        "alarm_id": "Y2",
        "step": "clear",
        "inspector": "李四",
        "unit": "阳泉市局",
    }
    return Answer(**{**values, **changes})


def put(page: Place, report: Any, key: bytes | None = None) -> None:
    """As whoever can write the folder does."""
    data = seal(key or page.key, "report", report.model_dump(mode="json"))
    write_whole(page.folder.report(report.report_id), data)


def confirmed(house: House, page: Place, device_id: str = "d" * 32) -> None:
    """A device that speaks for Yangquan."""
    row = {
        "device_id": device_id,
        "unit_code": "140300",
        "state": "confirmed",
        "contact_name": "张三",
        "contact_address": "z@yq.example",
        "letter_key": YANGQUAN,
        "request_id": "0" * 32,
        "asked_at": page.now,
        "code_salt": "",
        "code_hash": "",
        "code_expires_at": page.now,
        "confirmed_at": page.now,
        "expires_at": page.now + timedelta(days=100),
        "changed_by": "t",
        "reason": "t",
        "is_simulated": False,
    }
    with writing(house.engine) as connection:
        connection.execute(field_device.insert().values(row))


Forge = Callable[[House, Place], None]


def forged(**changes: Any) -> Forge:
    return lambda house, page: put(page, answer(house, page, **changes))


def raw(name: str, content: bytes) -> Forge:
    return lambda house, page: (page.folder.spool / name).write_bytes(content)


def under_another_key(house: House, page: Place) -> None:
    put(page, answer(house, page), b"x" * 32)


def of_another_unit(house: House, page: Place) -> None:
    put(page, answer(house, page, unit_code="130100"))


def with_a_made_link(house: House, page: Place) -> None:
    word = link_word(page.key, YANGQUAN, "140300", (sent_at(house) + timedelta(days=14)).date())
    put(page, answer(house, page, word=word))


def with_a_lost_photo(house: House, page: Place) -> None:
    told = {"sha256": "0" * 64, "size_bytes": 10, "width": 1, "height": 1}
    put(page, answer(house, page, photos=(told,)))


def with_another_photo(house: House, page: Place) -> None:
    with_a_lost_photo(house, page)
    page.folder.photo("a" * 32, 1).write_bytes(b"\xff\xd8\xff<html>")


def a_link_elsewhere(house: House, page: Place) -> None:
    outside = page.folder.root / "outside.json"
    outside.write_bytes(seal(page.key, "report", answer(house, page).model_dump(mode="json")))
    page.folder.report("a" * 32).symlink_to(outside)


def renamed(house: House, page: Place) -> None:
    put(page, answer(house, page))
    page.folder.report("a" * 32).rename(page.folder.report("b" * 32))


def with_a_made_code(house: House, page: Place) -> None:
    told = answer(house, page).model_dump(
        include={"report_id", "word", "letter_key", "unit_code", "device_id", "received_at"}
    )
    put(page, Confirmation(**{**told, "device_id": "e" * 32}, code="ABCD2345"))


FORGED: dict[str, Forge] = {
    "key": under_another_key,
    "unit": of_another_unit,
    "link": with_a_made_link,
    "alarm": forged(alarm_id="S1"),
    "letter": forged(letter_key="notice_999999_day_2020-03-11_2020-03-12_1"),
    "photo": with_a_lost_photo,
    "html": with_another_photo,
    "symlink": a_link_elsewhere,
    "name": renamed,
    "code": with_a_made_code,
    "noise": raw(f"{'c' * 32}.json", b"\x00\xff" * 1000),
    "bomb": raw(f"{'c' * 32}.json", b"[" * 1_000_000),
    "other": raw("README.txt", b"hello"),
}


@pytest.mark.parametrize("what", FORGED)
def test_what_is_no_report_is_set_aside_named_and_stops_nothing(house: House, page: Place, what: str) -> None:
    confirmed(house, page)
    FORGED[what](house, page)
    page.visitor().send(CLEAR, word=word_of(house))
    summary = take(house, page.now, "round")
    assert summary["reports"] == {"waiting": 1}
    assert len(summary["set_aside"]) == 1
    assert events(house) == []
    assert [path for path in page.folder.spool.iterdir() if path.suffix != ".jpg"] == []
    assert len(list(page.folder.refused.iterdir())) == 1
    assert {one.topic for one in waiting(house, page.now)} >= {"files", "field"}
    assert take(house, page.now, "round")["set_aside"] == []


@pytest.mark.parametrize(
    ("hours", "reason"),
    [(-2.0, field_decisions.ODD_MOMENT), (3.0, field_decisions.ODD_MOMENT), (15 * 24.0, "")],
)
def test_a_moment_that_cannot_be_waits_for_a_person(
    house: House, page: Place, hours: float, reason: str
) -> None:
    confirmed(house, page)
    told = page.now
    put(page, answer(house, page, received_at=page.now + timedelta(hours=hours)))
    now = told if hours < 24 else told + timedelta(hours=hours)
    assert take(house, now, "round")["reports"] == {"waiting": 1}
    [report] = reports(house.engine, ("waiting",))
    assert report["reason"] == (reason or field_decisions.ENDED)


def test_a_page_that_was_taken_over_confirms_no_device_and_decides_nothing(house: House, page: Place) -> None:
    """It holds the key of the seals and the folder; it can say that somebody answered, and that waits."""
    with pytest.raises(ValueError, match="step"):
        put(page, Answer(**{**answer(house, page).model_dump(), "step": 7}))
    put(page, answer(house, page, step="accepted"))
    assert len(take(house, page.now, "round")["set_aside"]) == 1
    put(page, answer(house, page))
    assert take(house, page.now, "round")["reports"] == {"waiting": 1}
    assert events(house) == []


def test_a_link_taken_back_opens_nothing_and_what_came_before_counts(house: House, page: Place) -> None:
    confirmed(house, page)
    word = word_of(house)
    put(page, answer(house, page, report_id="b" * 32))
    page.now += timedelta(minutes=1)
    stop_link(house, YANGQUAN, Act(page.now, "duty", "转发到了群里"))
    assert page.visitor().get(f"/f/{word}").status_code == 404
    page.now += timedelta(minutes=1)
    put(page, answer(house, page, report_id="c" * 32))
    assert take(house, page.now, "round")["reports"] == {"taken": 1, "waiting": 1}
    assert [row["reason"] for row in reports(house.engine, ("waiting",))] == [field_decisions.STOPPED]
    with pytest.raises(StateError, match="taken back already"):
        stop_link(house, YANGQUAN, Act(page.now, "duty", "再次"))
    tell_page(house, page.now)
    assert page.visitor().get(f"/f/{word}").status_code == 404


def test_links_end_by_themselves_and_their_files_go(house: House, page: Place) -> None:
    word = word_of(house)
    assert page.visitor().get(f"/f/{word}").status_code == 200
    page.now += timedelta(days=15)
    assert page.visitor().get(f"/f/{word}").status_code == 404
    assert tell_page(house, page.now)["links"] == 0
    assert list(page.folder.bundles.iterdir()) == []


def test_the_folder_is_made_again_from_the_store(house: House, page: Place) -> None:
    word = word_of(house)
    before = {path.name: path.read_bytes() for path in page.folder.bundles.iterdir()}
    assert len(before) == 2  # 提示函 and 督办函 of Yangquan; Shijiazhuang has answered
    for path in page.folder.bundles.iterdir():
        path.unlink()
    told = tell_page(house, page.now)
    assert {path.name: path.read_bytes() for path in page.folder.bundles.iterdir()} == before
    assert (told["links"], tell_page(house, page.now)["written"]) == (2, 0)
    assert page.visitor().get(f"/f/{word}").status_code == 200


def test_a_person_takes_or_refuses_what_waits_and_it_counts_from_its_receipt(
    house: House, page: Place
) -> None:
    word, received_at = word_of(house), page.now
    phone = page.visitor()
    kept = phone.send(FOUND_Y, word=word, number=2, uploads=[upload(photo())]).headers["location"]
    refused = phone.send(CLEAR | {"note": "测试"}, word=word, number=1).headers["location"]
    take(house, page.now, "round")
    later = page.now + timedelta(hours=9)
    desk = Browser(house)
    shown = desk.get("/field")
    assert "料堆未覆盖" in shown.text
    [report_id] = [row["report_id"] for row in reports(house.engine, ("waiting",)) if row["step"] == "found"]
    [sha256] = [
        one["sha256"]
        for one in reports(house.engine, ("waiting",))[0]["photos"]
        or reports(house.engine, ("waiting",))[1]["photos"]
    ]
    picture = desk.get(f"/field/photos/{sha256}")
    assert (picture.headers["content-type"], picture.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert desk.get(f"/field/photos/{'0' * 64}").status_code == 404
    with pytest.raises(InputError, match="a reason is needed"):
        accept(house, report_id, Act(later, "duty", " "))
    assert accept(house, report_id, Act(later, "duty", "电话核实")) == "accepted"
    other = refused.removeprefix("r/")
    done = desk.post("/field", {"report_id": other, "outcome": "reject", "reason": "测试数据"})
    assert done.status_code == 303
    with pytest.raises(StateError, match="does not wait"):
        reject(house, report_id, Act(later, "duty", "误点"))
    assert [(row[1], row[2]) for row in events(house)] == [("submitted", received_at)]
    tell_page(house, later)
    assert "已采用" in phone.get(f"/f/{word}/{kept}").text
    assert "未采用" in phone.get(f"/f/{word}/{refused}").text
    assert "测试数据" in phone.get(f"/f/{word}/{refused}").text
    with reading(house.engine) as connection:
        audit = tables.audit.c
        query = select(audit.actor, audit.from_state, audit.to_state, audit.reason).where(
            audit.subject == "field_report"
        )
        rows = [tuple(row) for row in connection.execute(query.order_by(audit.audit_id))]
    assert rows == [("duty", "waiting", "accepted", "电话核实"), ("duty", "waiting", "rejected", "测试数据")]


def test_a_device_that_was_revoked_speaks_for_nobody(house: House, page: Place) -> None:
    confirmed(house, page)
    revoke(house, "d" * 32, "140300", Act(page.now, "duty", "手机遗失"))
    put(page, answer(house, page))
    assert take(house, page.now, "round")["reports"] == {"waiting": 1}
    with pytest.raises(StateError, match="no such device"):
        revoke(house, "d" * 32, "140300", Act(page.now, "duty", "手机遗失"))


def test_a_letter_that_was_withdrawn_has_no_link(
    engine: Engine, tmp_path: Path, mailbox: LocalMailbox
) -> None:
    house = office(engine, tmp_path / "var", mailbox, deliver_mail=False)
    word = word_of(house)
    with reading(engine) as connection:
        query = select(tables.letter.c.letter_id).where(tables.letter.c.letter_key == YANGQUAN)
        letter_id = connection.execute(query).scalar_one()
    page = page_of(house)
    assert page.visitor().get(f"/f/{word}").status_code == 200
    withhold_letter(house, letter_id, now=page.now, actor="duty", reason="有误")
    tell_page(house, page.now)
    assert page.visitor().get(f"/f/{word}").status_code == 404


def test_codes_are_few_and_go_to_contacts_of_today_only(house: House, page: Place) -> None:
    word = word_of(house)
    text = page.visitor().get(f"/f/{word}/device").text
    contact = text.split('name="contact" value="')[1].split('"')[0]
    for number in range(6):
        page.visitor(f"198.51.100.{number}").post(f"/f/{word}/device", {"contact": contact})
    page.open()  # a page that counts nothing any more
    page.visitor("198.51.100.90").post(f"/f/{word}/device", {"contact": contact})
    assert take(house, page.now, "round")["reports"] == {"mailed": 6, "refused": 1}
    with writing(house.engine) as connection:
        connection.execute(update(tables.contact).values(valid_to=sent_at(house).date()))
    page.now += timedelta(hours=2)
    page.open()
    last = page.visitor("198.51.100.91")
    last.post(f"/f/{word}/device", {"contact": contact})
    assert take(house, page.now, "round")["reports"] == {"refused": 1}
    assert "所选联系人已不再有效" in last.get(f"/f/{word}/device").text


def test_a_code_holds_an_hour_and_is_that_of_its_device(house: House, page: Place) -> None:
    word = word_of(house)
    phone = page.visitor()
    contact = phone.get(f"/f/{word}/device").text.split('name="contact" value="')[1].split('"')[0]
    phone.post(f"/f/{word}/device", {"contact": contact})
    [wish] = page.reports()
    take(house, page.now, "round")
    code = code_of(link_key(house.engine, page.now), wish.report_id)
    with reading(house.engine) as connection:
        row = connection.execute(select(field_device)).one()
    assert code not in str(tuple(row))
    late = page.now + timedelta(minutes=61)
    sent = wish.model_dump(include={"word", "letter_key", "unit_code", "device_id"})
    put(page, Confirmation(**sent, report_id="e" * 32, received_at=late, code=code))
    assert len(take(house, late, "round")["set_aside"]) == 1
    page.now = late
    assert phone.post(f"/f/{word}/device", {"code": code}).status_code == 422


def test_positions_go_after_90_days_and_photos_after_two_years(house: House, page: Place) -> None:
    place = {"position": "yes", "lon": "113.58", "lat": "37.86", "accuracy": "12"}
    page.visitor().send(FOUND_Y | place, word=word_of(house), uploads=[upload(photo())])
    take(house, page.now, "round")

    def held() -> tuple[Any, Any]:
        with reading(house.engine) as connection:
            lon = connection.execute(select(field_report.c.lon)).scalar_one()
            return lon, connection.execute(select(field_photo.c.erased_at)).scalar_one()

    assert held() == (113.58, None)
    assert "113.58" not in reports(house.engine, ("waiting",))[0]["answer"].model_dump_json()
    assert field_decisions.erase(house.engine, page.now + timedelta(days=89)) == (0, 0)
    day91: datetime = page.now + timedelta(days=91)
    assert field_decisions.erase(house.engine, day91) == (1, 0)
    assert held() == (None, None)
    assert field_decisions.erase(house.engine, page.now + timedelta(days=731)) == (0, 1)
    assert held() == (None, page.now + timedelta(days=731))


def test_a_round_of_answers_takes_the_spool_and_names_what_stops_it(house: House, page: Place) -> None:
    page.visitor().send(CLEAR, word=word_of(house))
    assert STEPS["field"](house, page.now, "round")["手机填报"]["reports"] == {"waiting": 1}
    page.folder.key.write_text("no key")
    assert (
        "the key of the phone page cannot be read"
        in STEPS["field"](house, page.now, "round")["手机填报"]["trouble"]
    )
