"""The mid-week summary from files to mail, on both databases."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from include.errors import InputError
from include.house import Decision, Deliver, House, Run
from include.office.letter_acts import letters_of_period
from include.periods import period_ending
from include.post.local_server import LocalMailbox, received
from include.rules import SIMULATED_LABEL
from include.store import tables
from include.store.engine import reading
from include.workflows import weekly_summary
from tests.letters.summaries import small_pictures
from tests.workflows.region import ALARMS, CONTACTS, open_region

WEDNESDAY = date(2020, 3, 11)  # reports 8 to 10 March
MINISTRY = """100000,leader,带班领导,daiban@ministry.example,,2020-01-01,
100000,duty,值班室,zhiban@ministry.example,,2020-01-01,
"""
LEADERS = (
    "summary_leader_midweek_2020-03-08_2020-03-11_1",
    ("daiban@ministry.example", "zhiban@ministry.example"),
)


ON_ONE_DATABASE = pytest.mark.parametrize(
    "engine", ["sqlite"], indirect=True
)  # the post's own tests run on both


@pytest.fixture(autouse=True)
def _small_pictures() -> Iterator[None]:
    with small_pictures():
        yield


@pytest.fixture
def house(engine: Engine, tmp_path: Path, mailbox: LocalMailbox) -> House:
    return open_region(engine, tmp_path / "var", mailbox, contacts=CONTACTS + MINISTRY)


def run_of(
    house: House, *, day: date = WEDNESDAY, kind: str = "midweek", deliver: Deliver = "auto", **changes: Any
) -> Run:
    period = period_ending(kind, day)
    values: dict[str, Any] = {"is_backfill": False, "now": period.as_of + timedelta(minutes=5), **changes}
    return Run(
        house=house, period=period, run_id="weekly_summary/test", actor="test", deliver=deliver, **values
    )


def play(run: Run, decision: Decision | None = None, **choice: Any) -> dict[str, Any]:
    pulled = weekly_summary.pull(run)
    computed = weekly_summary.figures(run, **choice)
    composed = weekly_summary.compose(run, computed)
    released = weekly_summary.release(run, decision)
    posted = weekly_summary.post(run)
    return {
        "pull": pulled,
        "figures": computed,
        "compose": composed,
        "release": released,
        "post": posted,
        "account": weekly_summary.account(run, computed),
    }


def mailed(mailbox: LocalMailbox) -> list[tuple[str, tuple[str, ...]]]:
    return sorted((mail.letter_key, tuple(sorted(mail.recipients))) for mail in received(mailbox.folder))


def test_a_summary_reaches_the_leaders_and_the_duty_room(house: House, mailbox: LocalMailbox) -> None:
    result = play(run_of(house))
    assert mailed(mailbox) == [LEADERS]
    assert result["figures"]["window"] == "3月8日至10日"
    assert (result["figures"]["pushed"], result["figures"]["feedback_rate"]) == (1, "0/1（0.0%）")
    assert result["figures"]["flagged"] == {"阳泉市": "督办"}
    assert result["figures"]["cases"] == ["久拖未决：阳泉市郊区 Y1"]
    assert result["account"]["states"] == {"sent": 1}
    assert weekly_summary.due_keys(house, run_of(house).period) == [LEADERS[0]]


@ON_ONE_DATABASE
def test_the_mail_shows_its_picture_and_attaches_the_documents(house: House, mailbox: LocalMailbox) -> None:
    play(run_of(house))
    (mail,) = received(mailbox.folder)
    (path,) = [
        path
        for path in mailbox.folder.rglob("*")
        if path.is_file() and LEADERS[0].encode() in path.read_bytes()
    ][:1]
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    html = message.get_body(("html",))
    assert html is not None
    (related,) = (part for part in message.walk() if part.get_content_type() == "multipart/related")
    page, picture = related.iter_parts()
    assert page.get_content() == html.get_content()
    assert f'src="cid:{picture["content-id"].strip("<>")}"' in html.get_content()
    assert picture["content-id"].endswith("@ministry.example>")
    assert (picture.get_content_type(), picture.get_content_disposition()) == ("image/png", "inline")
    assert picture.get_content()[:4] == b"\x89PNG"
    names = [part.get_filename() for part in message.iter_attachments()]
    assert [str(name).rpartition(".")[2] for name in names] == ["pdf", "docx", "xlsx"]
    assert mail.subject == "热点网格远程监管周中情况汇总（3月8日至10日，已反馈0/1，超期1条）"


def test_running_it_again_sends_nothing_twice(house: House, mailbox: LocalMailbox) -> None:
    play(run_of(house))
    again = play(run_of(house))
    assert again["compose"]["left"] == 1
    assert mailed(mailbox) == [LEADERS]


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_backfill": True}, "补录的时段只编制存档"),
        ({"now": run_of(None).period.as_of + timedelta(hours=13)}, "时段已过13小时"),  # type: ignore[arg-type]
        ({"deliver": "withhold"}, "只编制存档"),
    ],
)
def test_what_is_not_fresh_or_not_wanted_is_archived(
    house: House, mailbox: LocalMailbox, changes: dict[str, Any], reason: str
) -> None:
    result = play(run_of(house, **changes))
    assert mailed(mailbox) == []
    (words,) = result["release"]["letters"]["withheld"]
    assert reason in words
    with reading(house.engine) as connection:
        roles = set(connection.execute(select(tables.letter_file.c.role)).scalars())
    assert roles == {"pdf", "docx", "xlsx", "html", "text", "inline"}


@ON_ONE_DATABASE
def test_a_person_releases_it(house: House, mailbox: LocalMailbox) -> None:
    run = run_of(house, approve=True)
    weekly_summary.pull(run)
    computed = weekly_summary.figures(run)
    assert weekly_summary.compose(run, computed)["asks_person"] is True
    late = replace(run, now=run.now + timedelta(hours=30))  # the approval counts as asking, however late
    weekly_summary.release(late, Decision("王处长", ""))
    weekly_summary.post(late)
    assert mailed(mailbox) == [LEADERS]


@ON_ONE_DATABASE
def test_a_rehearsal_goes_to_the_operators_alone(house: House, mailbox: LocalMailbox) -> None:
    play(run_of(house, deliver="rehearse"))
    assert [(mail.recipients, mail.subject[:4]) for mail in received(mailbox.folder)] == [
        (("zhiban@supervision.example",), "【演练】")
    ]


@ON_ONE_DATABASE
def test_provinces_get_their_own_cities_where_that_is_set(house: House, mailbox: LocalMailbox) -> None:
    house = replace(house, has_province_summaries=True)
    result = play(run_of(house))
    assert result["figures"]["letters_due"] == 8  # the leaders and the provinces of the 39 cities
    assert mailed(mailbox) == [
        ("summary_140000_midweek_2020-03-08_2020-03-11_1", ("sheng@shanxi.example",)),
        LEADERS,
    ]
    with reading(house.engine) as connection:
        letters = letters_of_period(connection, run_of(house).period, ("summary",))
    states = {letter.addressee: (letter.state, letter.state_reason) for letter in letters}
    assert len(states) == 8
    assert states["370000"][0] == "withheld"  # nobody to send it to: the others go out all the same
    assert "省级联系人" in states["370000"][1]


@ON_ONE_DATABASE
def test_cases_are_pinned_and_dropped_by_params(house: House) -> None:
    run = run_of(house)
    weekly_summary.pull(run)
    assert weekly_summary.figures(run, pinned=["Y1"])["cases"] == ["人工指定：阳泉市郊区 Y1"]
    assert weekly_summary.figures(run, dropped=["Y1"])["cases"] == []
    with pytest.raises(InputError, match=r"no such alarm.*Y9"):
        weekly_summary.figures(run, pinned=["Y9"])


@ON_ONE_DATABASE
def test_outside_the_season_nothing_is_due(house: House, mailbox: LocalMailbox) -> None:
    run = run_of(house, day=date(2020, 6, 21), kind="weekend", approve=True)
    result = play(run)
    assert result["figures"]["letters_due"] == 0
    assert "不在监管期（2020-03-01至2020-06-16，不含末日）内" in result["figures"]["nothing_due"]
    assert (result["pull"]["rows_new"], result["compose"]["asks_person"], mailed(mailbox)) == (0, False, [])
    assert weekly_summary.due_keys(house, run.period) == []


@ON_ONE_DATABASE
def test_the_last_window_is_cut_and_keeps_the_key_of_its_beat(house: House, mailbox: LocalMailbox) -> None:
    result = play(run_of(house, day=date(2020, 6, 17)))
    assert result["figures"]["window"] == "6月14日至15日"
    assert [key for key, _ in mailed(mailbox)] == ["summary_leader_midweek_2020-06-14_2020-06-17_1"]


@ON_ONE_DATABASE
def test_simulated_data_is_marked(engine: Engine, tmp_path: Path, mailbox: LocalMailbox) -> None:
    house = open_region(
        engine,
        tmp_path / "var",
        mailbox,
        contacts=CONTACTS + MINISTRY,
        alarms=ALARMS.format(origin=SIMULATED_LABEL),
    )
    play(run_of(house))
    (mail,) = received(mailbox.folder)
    assert mail.subject.startswith("【模拟数据】")


def test_figures_do_not_depend_on_what_was_pulled_later(house: House) -> None:
    """A back-fill after the season gives the figures of the day: events, not arrivals, decide."""
    run = run_of(house)
    weekly_summary.pull(run)
    then = weekly_summary.figures(run)["figures_sha256"]
    late = run_of(house, is_backfill=True, now=run_of(house, day=date(2020, 3, 25)).period.as_of)
    weekly_summary.pull(run_of(house, day=date(2020, 3, 25)))
    assert weekly_summary.figures(late)["figures_sha256"] == then
