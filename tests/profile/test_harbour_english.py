"""An office in English: every kind of its letters with all their files, and every page of its desk, hold no Chinese character."""

import email
import email.policy
import io
import itertools
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import select

from include import office_demo
from include.answer_form.layout import NOTHING_FOUND, RECTIFYING
from include.demo import DEMO_MAILBOX, demo_registry, play_run
from include.house import House, open_house
from include.language import say
from include.letters.alarm import compose_alarm
from include.letters.composition import Letter
from include.letters.digest import Matter, compose_digest
from include.office.letter_acts import letters_of_period
from include.office.profiles import found_store
from include.office.waiting import waiting
from include.periods import DAY, HOUR, midnight, period_ending
from include.post.local_server import local_mailbox, received
from include.profile.current import VARIABLE, load, office, using
from include.replies.verdict import _WORDS, reason_words
from include.rules import SIMULATED_LABEL
from include.simulator.imap_server import imap_server, put_all
from include.simulator.mail_answers import (
    Filled,
    answer_mail,
    bounce_mail,
    filled_in,
    form_of,
    nothing_found,
    text_mail,
)
from include.simulator.office_region import write_office_region
from include.store.engine import reading
from include.store.mail_tables import mail
from include.store.tables import audit
from include.supervision.alarm_push import AlarmFigures, PushedAlarm, TrendHour
from include.supervision.figures import FormRow, Issue, Suspected
from include.workflows import answer_round, daily_dispatch
from tests.desk import facts
from tests.desk.crawl import crawled, kind_of, plain_pages

# Chinese, Japanese and Korean characters, their signs and their wide letters.
CJK = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")
pytestmark = pytest.mark.timeout(300)
PLAYED = {"summary", "notice", "reminder", "bulletin", "overview"}
# What the desk answers with that is made of words.
READ = {
    "text/html",
    "text/csv",
    "text/plain",
    "text/javascript",
    "application/json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
COMPOSED = {"alarm", "late_alarm", "digest", "trouble"}


@pytest.fixture(autouse=True)
def _harbour(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(VARIABLE, "harbour")  # whoever opens an installation asks for it
    with using(load("harbour")):
        yield


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a summary, a day and a half-month of the office were played."""
    folder = tmp_path_factory.mktemp("harbour")
    with using(load("harbour")), pytest.MonkeyPatch.context() as patch:
        patch.setenv("QIANLIYAN_VAR", str(folder))
        patch.setenv(VARIABLE, "harbour")
        assert office_demo.play_office() == 0
        answered_by_mail(folder / "demo_harbour")
        yield folder / "demo_harbour"


def answered_by_mail(var: Path) -> None:
    """What came in after the day's letters, of every kind, and the next day's letters."""
    at = midnight(date(2020, 3, 12)) + 12 * HOUR
    letters = {one.letter_key: one for one in received(var / "mailbox") if form_of(one.content()) is not None}
    # A unit that has a letter on the next day, too, and another.
    first, last = (letters[f"notice_HB-{unit}_day_2020-03-11_2020-03-12_1"] for unit in "SN")
    content, contact = first.content(), first.recipients[0]
    own = form_of(content)
    assert own is not None
    half = filled_in(own, lambda number, _: {"result": say(NOTHING_FOUND)} if number == 0 else None)
    times = (at + number * HOUR / 60 for number in itertools.count(1))

    def one_and_a_half(number: int, _: str) -> Filled | None:
        half_told = {"result": say(NOTHING_FOUND)} if number == 1 else None
        return nothing_found(at) if number == 0 else half_told

    def forged(whole: bytes) -> bytes:
        return whole.replace(b"dkim=pass", b"dkim=fail").replace(b"spf=pass", b"spf=fail")

    def words() -> bytes:
        return text_mail(content, contact, next(times), "All was inspected.")

    mails = [
        answer_mail(content, contact, filled_in(own, one_and_a_half), next(times)),
        answer_mail(content, contact, half, next(times)),
        answer_mail(content, contact, own, next(times)),
        answer_mail(content, "stranger@city.example", half, next(times)),
        forged(answer_mail(content, contact, half, next(times))),
        answer_mail(content, contact, half[: len(half) // 2], next(times)),
        words(),
        words().replace(b"From: ", b"Auto-Submitted: auto-replied\r\nFrom: ", 1),
        words().replace(b"text/plain", b"application/pkcs7-mime"),
        bounce_mail(last.content(), last.recipients[0], next(times)),
        bounce_mail(last.content(), last.recipients[0], next(times), "452 4.2.2 Mailbox full"),
        bounce_mail(last.content(), "nobody@elsewhere.example", next(times)),
        b"From: a@b.example\r\nSubject: offer\r\n\r\nbuy\r\n",
    ]
    with imap_server() as port, local_mailbox(var / "mailbox") as mailbox:
        house = open_house(demo_registry(mailbox.port, port), var)
        put_all(port, [(each, at) for each in mails])
        done = answer_round.take(house, at + 3 * HOUR, "test")
        assert done["mail"][DEMO_MAILBOX]["tray"] >= 6
        assert done["mail"][DEMO_MAILBOX]["rows_refused"] >= 1
        assert play_run(house, daily_dispatch, "daily_dispatch", period_ending("day", date(2020, 3, 13))) == 0


def chinese(text: str) -> list[str]:
    """The lines with a character of these, cut."""
    return [line.strip()[:120] for line in re.split(r"[\n<>]", text) if CJK.search(line)]


def texts(name: str, content: bytes) -> str:
    """All that a file says, its name and its own properties included."""
    if name.endswith(".pdf"):
        reader = PdfReader(io.BytesIO(content))
        return "\n".join([name, str(reader.metadata), *(page.extract_text() for page in reader.pages)])
    if name.endswith((".docx", ".xlsx")):
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = [package.read(one) for one in package.namelist() if one.endswith((".xml", ".rels"))]
        return "\n".join([name, *(part.decode("utf-8") for part in parts)])
    return name if name.endswith(".png") else f"{name}\n{content.decode('utf-8')}"


def test_every_letter_that_left_is_in_english(played: Path) -> None:
    mails = sorted((played / "mailbox").rglob("*.eml"))
    endings = set()
    for path in mails:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert chinese("\n".join(f"{key}: {value}" for key, value in message.items())) == []
        for part in message.walk():
            if not part.is_multipart():
                name = part.get_filename() or f"body.{part.get_content_subtype()}"
                endings.add(name.rpartition(".")[2])
                assert chinese(texts(name, part.get_payload(decode=True))) == [], name
    assert endings == {"pdf", "docx", "xlsx", "html", "plain", "png"}


def test_what_came_by_mail_is_told_in_english(played: Path) -> None:
    house = house_of(played)
    with reading(house.engine) as connection:
        told = [
            *connection.execute(select(mail.c.tray_reason, mail.c.refused_json, mail.c.reasons, mail.c.kind))
        ]
        assert {row.kind for row in told} >= {"answer", "reply", "bounce", "autoreply", "other"}
        audited = connection.execute(select(audit.c.reason).where(audit.c.actor == "test")).scalars()
        said = [*audited, *(f"{row.tray_reason} {json.loads(row.refused_json)}" for row in told)]
        matters = [
            f"{one.title} {one.reason} {one.todo}" for one in waiting(house, midnight(date(2020, 3, 13)))
        ]
    assert chinese("\n".join([*said, *matters])) == []
    reasons = {name for row in told for name in row.reasons.split(",")}
    assert [reason_words(name) for name in reasons if reason_words(name) == name] == []
    assert [words for words in map(reason_words, _WORDS) if CJK.search(words)] == []


def test_the_next_letter_says_what_came_by_mail(played: Path) -> None:
    """Of the first form one row was whole and one half; the second has one half row; a form that is empty or forged has none."""
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in sorted((played / "mailbox").rglob("*.eml"))
    ]
    ((letter, line),) = (
        (message, line)
        for message in mails
        for line in message.get_body(("plain",)).get_content().splitlines()
        if line.startswith("By mail:")
    )
    assert re.fullmatch(
        r"By mail: 3 rows received, 2 not used: “Inspected - no problem found” needs: Inspected by \(body\), "
        r"Inspected by \(person\), Inspected at \(D\d+, D\d+\)",
        line,
    )
    (pdf,) = (part for part in letter.walk() if str(part.get_filename()).endswith(".pdf"))
    printed = "".join(texts("letter.pdf", pdf.get_payload(decode=True)).split())
    told = "".join(line.removeprefix("By mail: 3 rows received, 2").split())
    assert f"bymaillately:3rows,ofwhich2{told}." in printed


def test_every_kind_of_the_office_is_made_here(played: Path) -> None:
    house = house_of(played)
    with reading(house.engine) as connection:
        kinds = {
            letter.kind
            for period in (
                period_ending("midweek", date(2020, 3, 11)),
                period_ending("day", date(2020, 3, 12)),
                period_ending("half_month", date(2020, 3, 16)),
            )
            for letter in letters_of_period(connection, period, tuple(PLAYED))
        }
    assert kinds == PLAYED
    assert set(office().letters) == PLAYED | COMPOSED


def at(hours: int) -> datetime:
    return datetime(2020, 3, 12, tzinfo=UTC) + hours * HOUR


def push(*, is_by_person: bool) -> AlarmFigures:
    trend = tuple(TrendHour(at(number - 24), 20.0 + 3 * number, 20.0) for number in range(24))
    suspects = (Suspected("Old Boiler Works", "high", "1.2 km upwind", "E1", "enterprise", 0.6),)
    box = (24.95, 60.15, 25.0, 60.2)
    alarm = PushedAlarm(
        "W1", "HB-N-001", "Old Docks", "Old Docks, grid 1", 24.97, 60.17, box, at(-3), at(0), 3, 92.0, 70.0, 22.0,
        4, 3, 0.95, at(24), "late" if is_by_person else "new", None, trend, suspects,
    )  # fmt: skip
    row = FormRow(
        "CODE", "W1", "HB-N-001", "Old Docks", "Old Docks, grid 1", 24.97, 60.17, at(-3), 3, 92.0, at(24)
    )
    return AlarmFigures(
        "alarm_HB-N", "HB-N", "Northport", "Northport Environment Office", period_ending("hour", at(0)), (alarm,),
        (row,), at(24), 30, 40, is_by_person, "2026-11", True,
    )  # fmt: skip


def composed() -> Iterator[Letter]:
    issue = Issue("Harbour Clean Air Agency", "Duty desk", "+000", "answers@harbour.example", None, None)
    for is_by_person in (False, True):
        yield compose_alarm(push(is_by_person=is_by_person), issue)
    matter = Matter("Northport", "an address bounced", "correct it", at(0))
    for kind in ("digest", "trouble"):
        yield compose_digest(date(2020, 3, 12), [matter], is_simulated=True, kind=kind)


def test_pushes_and_lists_to_operators_are_in_english() -> None:
    for letter in composed():
        assert chinese(letter.subject) == []
        for file in letter.files:
            assert chinese(texts(file.file_name, file.content)) == [], file.file_name


def house_of(var: Path) -> House:
    return open_house(demo_registry(1), var)


def told(answer: httpx.Response, path: str) -> str:
    """All that an answer says, codes of data aside: those are no words."""
    kind = answer.headers["content-type"].partition(";")[0]
    name = f"{path}.xlsx" if kind.endswith(".sheet") else f"{path}.html"
    text = texts(name, answer.content) if kind in READ else ""
    return re.sub(f'([",\\t]|^)({SIMULATED_LABEL}|{RECTIFYING})', "", text)


def test_every_page_of_the_desk_is_in_english(played: Path) -> None:
    now = midnight(date(2020, 3, 16)) + 10 * HOUR
    browser = facts.Browser(house_of(played), language="en-GB", now=now)
    assert len(plain_pages(browser)) > 30
    found, seen = {}, set()
    for path, answer in crawled(browser, "/", "/?at=2020-03-12T09:00"):
        assert answer.status_code < 500, path
        seen.add(kind_of(path))
        if path.partition("?")[0].endswith(("/figures", ".css")):  # frozen figures hold codes
            continue
        text = told(answer, path)
        if lines := chinese(text):
            found[path] = lines
        if "Beijing" in text:  # its clock is Helsinki's
            found[path] = [line for line in text.splitlines() if "Beijing" in line]
    assert found == {}
    assert "As of (Europe/Helsinki time)" in browser.get("/").text
    wanted = {"/letters/#", "/cities/#", "/alarms/#", "/grids/#", "/chain", "/links", "/outages", "/signing"}
    assert wanted | {"/audit", "/ranking", "/season", "/map", "/units", "/hints", "/spot-checks"} <= seen


@pytest.mark.parametrize(("day", "hours"), [(date(2020, 3, 29), 23), (date(2020, 10, 25), 25)])
def test_a_day_with_a_change_of_clocks_gives_its_letters(tmp_path: Path, day: date, hours: int) -> None:
    write_office_region(office(), day - 12 * DAY, day + DAY, tmp_path / "demo_region", 7)
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        house = open_house(demo_registry(mailbox.port), tmp_path)
        period = period_ending("day", day + DAY)
        found_store(house.engine, period.end_at)
        assert period.end_at.astimezone(UTC) - period.start_at.astimezone(UTC) == timedelta(hours=hours)
        assert play_run(house, daily_dispatch, "daily_dispatch", period) == 0
        with reading(house.engine) as connection:
            letters = letters_of_period(connection, period, ("notice", "reminder"))
    assert {letter.state for letter in letters} == {"released"}
    assert {letter.addressee for letter in letters} <= {"HB-N", "HB-S", "HB-I"}
    assert any(letter.kind == "notice" for letter in letters)
