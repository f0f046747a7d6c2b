"""Letter out with its link, answer in from a phone, figures changed: the whole loop, on both databases, with a real SMTP server."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
from sqlalchemy import Engine

from include.answer_form.layout import GUIDE_SHEET, REPLY_LINK_CELL
from include.field.settings import OFF
from include.office.field_decisions import reports
from include.post.local_server import LocalMailbox, received
from include.workflows.field_page import take
from tests.field.office import (
    URL,
    YANGQUAN,
    code_mailed,
    events,
    form_of,
    office,
    page_of,
    problems,
    text_of,
    word_of,
)
from tests.field.pages import CLEAR, FOUND, photo, upload

FOUND_Y2 = FOUND | {"category": "工业企业", "inspected_at": "2020-03-12T09:00", "rectify_by": "2020-03-20"}


def test_the_link_stands_in_mail_and_form_of_the_letter_that_asks(
    engine: Engine, tmp_path: Path, mailbox: LocalMailbox
) -> None:
    house = office(engine, tmp_path / "var", mailbox)
    link = f"{URL}/f/{word_of(house)}"
    [mail] = [one for one in received(mailbox.folder) if one.letter_key == YANGQUAN]
    assert link in text_of(mail).splitlines()
    assert f'<a href="{link}"'.encode() in mail.content() or link in text_of(mail)
    guide = openpyxl.load_workbook(io.BytesIO(form_of(mail)))[GUIDE_SHEET]
    assert (guide["A5"].value, guide[REPLY_LINK_CELL].value) == ("手机填报", link)
    others = [one for one in received(mailbox.folder) if one.letter_key != YANGQUAN]
    assert others
    assert all(link not in text_of(one) for one in others)


def test_without_an_address_there_is_no_link_no_folder_and_nothing_to_take(
    engine: Engine, tmp_path: Path, mailbox: LocalMailbox
) -> None:
    house = office(engine, tmp_path / "var", mailbox, OFF)
    assert all("手机填报" not in text_of(one) for one in received(mailbox.folder))
    assert not house.field_folder.root.exists()
    assert take(house, datetime(2020, 3, 12, 2, tzinfo=UTC), "round") == {"field": "未启用手机填报"}


def test_an_answer_waits_for_the_code_and_counts_from_its_receipt(
    engine: Engine, tmp_path: Path, mailbox: LocalMailbox
) -> None:
    house = office(engine, tmp_path / "var", mailbox)
    page, word = page_of(house, minutes=60), word_of(house)
    received_at = page.now
    phone = page.visitor()
    assert "荫营镇裸土堆场" in phone.get(f"/f/{word}").text
    sent = phone.send(FOUND_Y2, word=word, number=2, uploads=[upload(photo())])
    assert sent.status_code == 303
    receipt = f"/f/{word}/{sent.headers['location']}"
    assert "2020-03-12 09:35:00" in phone.get(receipt).text
    page.now += timedelta(minutes=5)
    assert take(house, page.now, "round")["reports"] == {"waiting": 1}
    assert (events(house), problems(house)) == ([], [])

    contacts = phone.get(f"/f/{word}/device").text
    assert "阳泉市生态环境局 &lt;d***@yangquan.example&gt;" in contacts
    assert "dudu@yangquan" not in contacts
    [chosen] = [
        line.split('value="')[1].split('"')[0]
        for line in contacts.splitlines()
        if "生态环境局 &lt;d***" in line
    ]
    assert phone.post(f"/f/{word}/device", {"contact": chosen}).headers["location"] == "device?asked=1"
    assert take(house, page.now, "round")["reports"] == {"mailed": 1}
    assert "验证码已发往阳泉市生态环境局 &lt;d***@yangquan.example&gt;" in phone.get(f"/f/{word}/device").text
    code = code_mailed(house)
    assert phone.post(f"/f/{word}/device", {"code": "ABCD-EFGH"}).status_code == 422
    page.now += timedelta(minutes=20)
    assert phone.post(f"/f/{word}/device", {"code": f" {code.lower()} "}).status_code == 303
    assert (
        "本手机已确认，反馈以阳泉市生态环境局 &lt;d***@yangquan.example&gt;名义报送"
        in phone.get(f"/f/{word}/device").text
    )
    assert take(house, page.now, "round")["reports"] == {"confirmed": 1, "taken": 1}

    inspected = datetime(2020, 3, 12, 1, 0, tzinfo=UTC)
    assert events(house) == [
        ("Y2", "submitted", received_at, "阳泉市生态环境局", "李四", True, "", inspected),
    ]
    [problem] = problems(house)
    assert problem[1:] == (
        "Y2",
        "工业企业",
        "料堆未覆盖",
        inspected,
        "整改中",
        datetime(2020, 3, 20, 16, 0, tzinfo=UTC),
    )
    [report] = reports(engine, ("taken",))
    assert report["actor"] == "阳泉市生态环境局 <dudu@yangquan.example>"
    [kept] = report["photos"]
    assert house.archive.get(kept["sha256"]).startswith(b"\xff\xd8\xff")
    assert "已采用" in phone.get(receipt).text
    assert [path.name for path in house.field_folder.spool.iterdir()] == []

    page.now += timedelta(minutes=5)
    assert phone.send(CLEAR, word=word, number=2).status_code == 303
    assert take(house, page.now, "round")["reports"] == {"taken": 1}
    assert [event[1] for event in events(house)] == ["submitted", "submitted"]
