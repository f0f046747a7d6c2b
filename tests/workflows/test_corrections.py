from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.answer_form.code import answer_code
from include.desk.standing import letter_file
from include.errors import StateError
from include.house import House
from include.office.letter_acts import release_letter
from include.post.drafts import StoredLetter, find_by_key, reject
from include.post.local_server import local_mailbox, received
from include.store.engine import reading
from include.store.facts import unheard_cities, urged_alarms
from include.supervision.daily import read_window
from include.supervision.figures import NoticeFigures, from_json
from include.workflows import daily_dispatch
from include.workflows.corrections import correct, proposed_corrections
from tests.desk.facts import Browser
from tests.letters.reading import pdf_text, squeezed
from tests.post.samples import audit_rows
from tests.workflows.region import ALARMS, DAY, FEEDBACK, later, open_region, run_of, write_files

NOTICE = "notice_140300_day_2020-03-11_2020-03-12"
REMINDER = "reminder_140300_day_2020-03-11_2020-03-12"


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    with local_mailbox(tmp_path / "mailbox") as mailbox:
        yield open_region(engine, tmp_path / "var", mailbox)


def test_a_letter_that_left_is_proposed_for_correction_with_the_difference(
    house: House, tmp_path: Path
) -> None:
    run = run_of(house)
    daily_dispatch.pull(run)
    computed = daily_dispatch.figures(run)
    daily_dispatch.compose(run, computed)
    daily_dispatch.release(run)
    daily_dispatch.post(run)
    assert proposed_corrections(house, DAY) == ()
    # on the next day the platform tells of an answer that was given before the letter left
    late = FEEDBACK + "Y2,submitted,2020-03-11T22:00,郊区分局,李某,false,\n"
    write_files(Path(house.sources[0].location), feedback=late)
    daily_dispatch.pull(replace(run, now=later(run, days=1)))
    notice, reminder = proposed_corrections(house, DAY)
    assert (notice.letter_key, notice.number) == (
        "notice_140300_day_2020-03-11_2020-03-12_1",
        "环执法提函〔2020〕2号",
    )
    assert notice.differences[:10] == (
        "本期已反馈 0→1",
        "本期按期 0→1",
        "本期超期 1→0",
        "近7日已反馈 0→1",
        "近7日按期 0→1",
        "近7日超期 2→1",
        "本月已反馈 0→1",
        "本月按期 0→1",
        "本月超期 2→1",
        "网格T85711 状态 超期未反馈→部分反馈（1/2）",
    )
    assert {"超期清单报警不再有Y2", "反馈表报警不再有Y2"} < set(notice.differences)
    assert reminder.letter_key == "reminder_140300_day_2020-03-11_2020-03-12_1"
    assert {"反馈表报警不再有Y2", "超期总数 2→1"} < set(reminder.differences)  # it urged Y1 alone
    assert proposed_corrections(house, date(2020, 3, 13)) == ()
    assert len(received(tmp_path / "mailbox")) == 3  # nothing was sent by itself


def test_an_alarm_that_moved_to_another_unit_is_missing_in_the_letter_of_the_first(house: House) -> None:
    """Fault 6: only the letters of the present unit were candidates."""
    run = run_of(house)
    daily_dispatch.pull(run)
    computed = daily_dispatch.figures(run)
    daily_dispatch.compose(run, computed)
    daily_dispatch.release(run)
    moved = ALARMS.format(origin="").replace(
        "T85711,140300,郊区,荫营镇裸土堆场,113.56,37.93,2020-03-11T06:00",
        "T85711,130100,井陉县,荫营镇裸土堆场,113.56,37.93,2020-03-11T06:00",
    )
    write_files(Path(house.sources[0].location), alarms=moved)
    daily_dispatch.pull(replace(run, now=later(run, days=1)))
    words = {one.letter_key: one.differences for one in proposed_corrections(house, DAY)}
    assert "本期推送 1→0" in words[f"{NOTICE}_1"]
    assert "反馈表报警不再有Y2" in words[f"{NOTICE}_1"]


@pytest.fixture
def told(house: House) -> House:
    """The letters of the day left; on the next day an answer is told that was given before."""
    run = run_of(house)
    daily_dispatch.pull(run)
    computed = daily_dispatch.figures(run)
    daily_dispatch.compose(run, computed)
    daily_dispatch.release(run)
    daily_dispatch.post(run)
    late = FEEDBACK + "Y2,submitted,2020-03-11T22:00,郊区分局,李某,false,\n"
    write_files(Path(house.sources[0].location), feedback=late)
    daily_dispatch.pull(replace(run, now=later(run, days=1)))
    return house


def letter(house: House, key: str) -> StoredLetter:
    with reading(house.engine) as connection:
        found = find_by_key(connection, key)
    assert found is not None, key
    return found


def ask(house: House, key: str, reason: str = "市局来电") -> str:
    """Asks for a correction on the next day; returns what was done."""
    now = later(run_of(house), days=1)
    return correct(house, letter(house, key).letter_id, now=now, actor="值班员", reason=reason).action


def sign(house: House, key: str) -> tuple[str, str | None]:
    now = later(run_of(house), days=1, hours=1)
    done = release_letter(
        house, letter(house, key).letter_id, now=now, actor="值班员", reason="已核", is_person=True
    )
    return done.action, done.number


def words_of(house: House, one: StoredLetter, role: str) -> str:
    """A letter's file as a person reads it, without line ends."""
    content = letter_file(house, one.letter_id, role).content
    return pdf_text(content) if role == "pdf" else squeezed(content.decode())


def test_a_correction_is_drafted_and_leaves_only_when_a_person_releases_it(
    told: House, tmp_path: Path
) -> None:
    assert [ask(told, f"{NOTICE}_1"), ask(told, f"{NOTICE}_1", "又点了一次")] == ["created", "left"]
    draft, original = letter(told, f"{NOTICE}_2"), letter(told, f"{NOTICE}_1")
    assert (draft.state, draft.state_reason, draft.revision, draft.number) == (
        "awaiting_approval",
        "更正环执法提函〔2020〕2号：市局来电",
        2,
        None,
    )
    assert (original.state, original.number) == ("released", "环执法提函〔2020〕2号")
    figures = from_json(NoticeFigures, draft.figures_json)
    assert (figures.window.answered, figures.letter_key) == (1, f"{NOTICE}_2")
    assert [row.code for row in figures.form] == [
        answer_code(f"{NOTICE}_2", row.alarm_id) for row in figures.form
    ]
    assert [row for row in audit_rows(told.engine, "letter") if row[1] == "correct"] == [
        (f"{NOTICE}_2", "correct", None, "awaiting_approval"),
        (f"{NOTICE}_1", "correct", "released", "released"),
    ]
    # No run of the day, and no round of the post, sends it or takes it back.
    again = replace(run_of(told, deliver="send"), now=later(run_of(told), days=1))
    daily_dispatch.compose(again, computed := daily_dispatch.figures(again))
    daily_dispatch.release(again)
    daily_dispatch.post(again)
    daily_dispatch.account(again, computed)
    assert letter(told, f"{NOTICE}_2").state == "awaiting_approval"
    assert len(received(tmp_path / "mailbox")) == 3
    assert sign(told, f"{NOTICE}_2") == ("released", "环执法提函〔2020〕3号")
    daily_dispatch.post(replace(again, now=later(run_of(told), days=1, hours=2)))
    assert len(received(tmp_path / "mailbox")) == 4


def test_a_correction_says_which_letter_it_corrects_and_what_changes(told: House) -> None:
    ask(told, f"{NOTICE}_1")
    sign(told, f"{NOTICE}_2")
    sent, original = letter(told, f"{NOTICE}_2"), letter(told, f"{NOTICE}_1")
    assert sent.subject.startswith("【更正】")
    page = words_of(told, sent, "pdf")
    assert (
        "本函为更正函，更正环执法提函〔2020〕2号（2020年3月12日），与原函不一致的以本函为准。更正事项：本期已反馈0→1；"
        in page
    )
    assert "本件为更正，更正环执法提函〔2020〕2号（2020年3月12日）" in words_of(told, sent, "text")
    assert "更正" not in words_of(told, original, "pdf")
    eml = letter_file(told, sent.letter_id, "eml").content.decode()
    assert f"References: {original.message_id}" in eml.replace("\r\n ", " ")


def test_a_corrected_letter_is_compared_no_more_and_counts_once(told: House) -> None:
    ask(told, f"{REMINDER}_1")
    assert [one.letter_key for one in proposed_corrections(told, DAY)] == [f"{NOTICE}_1"]
    assert (
        sign(told, f"{REMINDER}_2")[0] == "released"
    )  # though the city has answered: it corrects what was said
    assert [one.letter_key for one in proposed_corrections(told, DAY)] == [f"{NOTICE}_1"]
    day = DAY.replace(day=14)
    with reading(told.engine) as connection:
        read = read_window(run_of(told).period)
        urged = urged_alarms(connection, *read, later(run_of(told)), day)
        assert urged["alarm_id"].tolist() == ["Y1"]  # by the first letter alone
        assert unheard_cities(connection, 3, day, later(run_of(told))) == []  # two letters: the 更正 is none


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("notice_130100_day_2020-03-11_2020-03-12_1", "would say the same"),
        ("notice_610100_day_2020-03-11_2020-03-12_1", "the letter is withheld"),
        (f"{NOTICE}_1", "the letter was corrected"),
    ],
)
def test_a_letter_that_cannot_be_corrected_says_why(told: House, key: str, reason: str) -> None:
    ask(told, f"{NOTICE}_1")
    sign(told, f"{NOTICE}_2")
    with pytest.raises(StateError, match=reason):
        ask(told, key)


def test_a_letter_that_is_due_no_more_is_no_correction(told: House) -> None:
    late = (
        FEEDBACK
        + "Y2,submitted,2020-03-11T22:00,郊区分局,李某,false,\nY1,submitted,2020-03-08T22:00,郊区分局,李某,false,\n"
    )
    write_files(Path(told.sources[0].location), feedback=late)
    daily_dispatch.pull(replace(run_of(told), now=later(run_of(told), days=2)))
    with pytest.raises(StateError, match="not due at all"):
        ask(told, f"{REMINDER}_1")


def test_a_rejected_correction_may_be_followed_by_another(told: House) -> None:
    ask(told, f"{NOTICE}_1")
    reject(
        told.engine,
        letter(told, f"{NOTICE}_2").letter_id,
        now=later(run_of(told), days=1),
        actor="值班员",
        reason="不必",
    )
    assert ask(told, f"{NOTICE}_1") == "created"
    sign(told, f"{NOTICE}_3")
    page = words_of(told, letter(told, f"{NOTICE}_3"), "pdf")
    assert "更正环执法提函〔2020〕2号" in page  # the letter that left, not the one that was rejected


def test_the_desk_leads_from_the_letter_to_its_correction(told: House) -> None:
    browser = Browser(told)
    number = letter(told, f"{NOTICE}_1").letter_id
    assert "提出更正" in browser.get(f"/letters/{number}").text
    answer = browser.post(f"/letters/{number}/correct", {"reason": "市局来电"})
    new = letter(told, f"{NOTICE}_2").letter_id
    assert answer.headers["location"] == f"/desk/letters/{new}?done=correct"
    page = browser.get(f"/letters/{new}?done=correct").text
    assert "这是更正稿，等待签发；签发之前不会发出。" in page
    assert "本期已反馈 0→1" in page
    assert f'href="/desk/letters/{number}">原函</a>' in page
    again = browser.post(f"/letters/{number}/correct", {"reason": "又点了一次"})
    assert again.headers["location"] == answer.headers["location"]
    refused = browser.post(f"/letters/{new}/correct", {"reason": "再改"})
    assert (refused.status_code, "函件状态为待签发；应为已放行" in refused.text) == (409, True)


def test_facts_of_later_moments_and_other_cities_change_nothing(house: House) -> None:
    run = run_of(house)
    daily_dispatch.pull(run)
    computed = daily_dispatch.figures(run)
    daily_dispatch.compose(run, computed)
    daily_dispatch.release(run)
    late = (
        FEEDBACK
        + "Y2,submitted,2020-03-12T22:00,郊区分局,李某,false,\nX1,submitted,2020-03-11T22:00,鄠邑分局,赵某,false,\n"
    )
    write_files(Path(house.sources[0].location), feedback=late)
    daily_dispatch.pull(replace(run_of(house, day=date(2020, 3, 14)), now=later(run, days=3)))
    assert proposed_corrections(house, DAY) == ()
