"""The tray at the desk: safe text, attachments to save, acts with a reason, permissions."""

from typing import Any

from include.office.waiting import waiting
from include.periods import HOUR
from include.simulator.mail_answers import something_found, text_mail
from tests.desk.facts import Browser
from tests.mailroom.office import CONTACT, NOW, SENT, Place, answer, form


def test_a_mail_is_shown_as_text_saved_and_filed(place: Place) -> None:
    place.deliver(text_mail(place.letter, CONTACT, SENT, "<script>alert(1)</script><img src=//evil.example>"))
    place.read()
    (one,) = [each for each in waiting(place.house, NOW) if each.topic == "mail"]
    assert (one.path, one.reason) == ("/mails/1", "来信须由人处理")
    browser, guest = Browser(place.house), Browser(place.house, user="guest")
    assert 'href="/desk/mails/1"' in browser.get("/mails").text
    page = browser.get("/mails/1").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<img" not in page
    assert 'method="post"' not in guest.get("/mails/1").text
    saved = browser.get("/mails/1/files/-1")
    assert saved.headers["content-disposition"].startswith("attachment; ")
    assert saved.headers["content-type"] == "application/octet-stream"
    assert browser.get("/mails/1/files/7").status_code == 404
    assert browser.get("/mails/99").status_code == 404
    assert browser.post("/mails/1", {"outcome": "filed", "reason": "已电话答复"}).status_code == 303
    assert browser.post("/mails/1", {"outcome": "spam", "reason": "再判"}).status_code == 409
    assert [each for each in waiting(place.house, NOW) if each.topic == "mail"] == []
    assert "没有待处理的来信" in browser.get("/mails").text
    assert "归档" in browser.get("/mails?every=true").text


def test_a_form_of_a_colleague_is_taken_by_one_click_and_its_letter_shows_it(place: Place) -> None:
    place.deliver(answer(place, "colleague@city.example"))
    place.read()
    browser = Browser(place.house)
    before = browser.get("/mails/1").text
    assert "不是该函件收件单位的联系人" in before
    assert 'name="form" value="0" checked' in before
    assert ">A1　" in before
    assert "采用所附反馈表" not in before  # what it does is seen first
    seen = browser.post("/mails/1/look", {"form": "0"}).text
    assert seen.count('<span class="state outcome-new">将记入</span>') == 2
    assert 'name="form" value="0" checked' in seen
    assert "采用所附反馈表" in seen
    assert "并将发件人加为阳泉市的联系人" in seen
    assert place.events() == []
    assert browser.post("/mails/1/look", {}).status_code == 409
    assert Browser(place.house, user="guest").post("/mails/1/look", {"form": "0"}).status_code == 403
    assert browser.post("/mails/1/accept", {"reason": "已核实"}).status_code == 409  # no form is chosen
    told = {"reason": "已核实", "form": "0", "contact": "140300"}
    assert browser.post("/mails/1/accept", told).status_code == 303
    page = browser.get("/mails/1").text
    assert "收到2条，均已采用。" in page
    assert "mailto:colleague@city.example?subject=" in page
    assert "colleague@city.example" in browser.get("/letters/1").text
    assert [alarm for alarm, *_ in place.events()] == ["A1", "A2"]


def test_what_a_mail_says_is_typed_in(place: Place) -> None:
    place.deliver(text_mail(place.letter, CONTACT, SENT, "A1 未发现问题"))
    place.read()
    told = {"letter_key": place.key, "alarm_id": "A1", "result": "已排查，未发现问题", "reason": "来信所述"}
    browser = Browser(place.house)
    assert browser.post("/mails/1/answer", told).status_code == 409
    more = {"unit": "分局", "inspector": "李某", "answered_at": "2020-03-13 09:00"}
    assert browser.post("/mails/1/answer", {**told, **more}).status_code == 303
    assert place.events() == [("A1", "submitted", SENT)]


def test_a_row_that_was_refused_stands_with_its_cells_by_name(place: Place) -> None:
    def fill(number: int, alarm_id: str) -> dict[str, Any]:
        found = dict(something_found(SENT - HOUR, "扬尘（工地）"))
        return found if number == 0 else {**found, "inspector": None}

    place.deliver(answer(place, content=form(place.key, fill=fill)))
    place.read()
    page = Browser(place.house).get("/mails/1").text
    assert "采用1条，未采用1条" in page
    assert "必填：排查人　排查人：—；排查结果：已排查，发现问题；" in page
    assert "Inspected by (person): —; " in Browser(place.house, language="en").get("/mails/1").text
