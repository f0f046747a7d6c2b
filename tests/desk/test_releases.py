"""Whether a letter may be released: what the page offers is what the release does, and what it does not offer it gives the reason of."""

import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.periods import DAY
from include.post.drafts import draft
from include.supervision.figures import to_json
from tests.desk.facts import SHIJIAZHUANG, Browser, add_alarm, add_event, archive_in, house_of, moment
from tests.letters.samples import reminder
from tests.post.samples import add_cities, audit_rows, composition, facts

MORNING = moment("03-13 08:30")
ANSWERED = "所列2条报警均已反馈、核减或结案，不再督办"


def reminder_of(engine: Engine, folder: Path, *, day: date = date(2020, 3, 12), answered: int = 0) -> Browser:
    """The desk on the morning of a 督办函 of two alarms, of which the first so many have been answered since."""
    for number in (1, 2):
        add_alarm(engine, f"A{number}", f"03-{12 - number} 10:00", SHIJIAZHUANG)
        if number <= answered:
            add_event(engine, f"A{number}", "submitted", "03-13 08:00")
    letter = facts("reminder", SHIJIAZHUANG, day, ("A1", "A2"), figures=to_json(reminder(2)))
    draft(engine, archive_in(folder), letter, composition(), now=MORNING, actor="run")
    return Browser(house_of(engine, folder), now=MORNING)


def is_offered(page: str, action: str) -> bool:
    return f'action="/desk/letters/1/{action}"' in page


@pytest.mark.parametrize("is_kept_back", [False, True])
@pytest.mark.parametrize(
    ("answered", "has_contact", "reason"),
    [
        (0, True, ""),
        (1, True, ""),  # the other one is urged
        (2, True, ANSWERED),
        (0, False, "石家庄市在发文日没有可用的主送联系人"),
    ],
)
def test_what_is_offered_works_and_what_is_not_says_why(
    engine: Engine, tmp_path: Path, answered: int, has_contact: bool, reason: str, is_kept_back: bool
) -> None:
    if has_contact:
        add_cities(engine, SHIJIAZHUANG)
    browser = reminder_of(engine, tmp_path, answered=answered)
    if is_kept_back:
        assert browser.post("/letters/1/withhold", {"reason": "待核"}).status_code == 303
    page = browser.get("/letters/1").text
    assert is_offered(page, "release") == (not reason)
    assert is_offered(page, "withhold") == (not is_kept_back)
    assert is_offered(page, "reject")
    assert bool(re.search(f"现在不能放行：[^<]*{reason}", page)) == bool(reason)
    refused = browser.post("/letters/1/release", {"reason": "照发"})
    assert refused.status_code == (409 if reason else 303)
    assert reason in refused.text


def test_many_at_once_say_the_same(engine: Engine, tmp_path: Path) -> None:
    add_cities(engine, SHIJIAZHUANG)
    browser = reminder_of(engine, tmp_path, answered=2)
    page = browser.post("/letters", {"letter": ["1"], "action": "release", "reason": "照发"}).text
    assert "办成0封，未办成1封。" in page
    assert ANSWERED in page


def test_what_is_kept_back_is_not_kept_back_again(engine: Engine, tmp_path: Path) -> None:
    browser = reminder_of(engine, tmp_path)
    choose = '<option value="{}">'
    assert choose.format("withhold") in browser.get("/letters").text
    for count in ("办成1封，未办成0封", "办成0封，未办成1封"):
        again = browser.post("/letters", {"letter": ["1"], "action": "withhold", "reason": "待核"})
        assert count in again.text
    assert "函件已是暂不发送" in again.text
    assert [row[1] for row in audit_rows(engine, "letter")] == ["draft", "withhold"]
    page = browser.get("/letters").text
    assert choose.format("release") in page
    assert choose.format("withhold") not in page
    assert choose.format("resend") not in page
    english = Browser(house_of(engine, tmp_path), language="en", now=MORNING)
    again = english.post("/letters/1/withhold", {"reason": "again"})
    assert (again.status_code, "the letter is withheld already" in again.text) == (409, True)


def test_the_page_of_who_may_only_look_says_nothing_of_it(engine: Engine, tmp_path: Path) -> None:
    reminder_of(engine, tmp_path, answered=2)
    guest = Browser(house_of(engine, tmp_path), user="guest", now=MORNING + DAY)
    assert "现在不能放行" not in guest.get("/letters/1").text
