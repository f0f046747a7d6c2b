"""The daily dispatch from files to mailbox, on both databases, with a real SMTP server."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from include.errors import CheckFailed, QianliyanError
from include.house import Decision, House, Run
from include.office.letter_acts import letters_of_period, release_letter
from include.post.local_server import LocalMailbox, received
from include.post.server import MailServer
from include.rules import SIMULATED_LABEL
from include.sources.config import SourceConfig
from include.store import tables
from include.store.engine import open_engine, reading
from include.store.migrate import migrate
from include.supervision.figures import ReminderFigures, from_json
from include.workflows import daily_dispatch
from tests.workflows.region import DAY, later, open_region, run_of, write_files


@pytest.fixture
def house(engine: Engine, tmp_path: Path, mailbox: LocalMailbox) -> House:
    return open_region(engine, tmp_path / "var", mailbox)


def play(run: Run, decision: Decision | None = None) -> dict[str, Any]:
    """All the steps, as the DAG orders them."""
    pulled = daily_dispatch.pull(run)
    computed = daily_dispatch.figures(run)
    composed = daily_dispatch.compose(run, computed)
    released = daily_dispatch.release(run, decision)
    posted = daily_dispatch.post(run)
    return {
        "pull": pulled,
        "figures": computed,
        "compose": composed,
        "release": released,
        "post": posted,
        "account": daily_dispatch.account(run, computed),
    }


def states(house: House, day: date = DAY) -> dict[str, tuple[str, str | None]]:
    """State and number of each letter of a day, by `kind unit_code`."""
    with reading(house.engine) as connection:
        letters = letters_of_period(connection, run_of(house, day=day).period, daily_dispatch.KINDS)
    return {f"{letter.kind} {letter.addressee}": (letter.state, letter.number) for letter in letters}


def mailed(mailbox: LocalMailbox) -> list[tuple[str, ...]]:
    return sorted(
        (mail.letter_key.split("_day")[0], *sorted(mail.recipients)) for mail in received(mailbox.folder)
    )


SENT = [
    ("notice_130100", "dudu@shijiazhuang.example"),
    ("notice_140300", "daqi@yangquan.example", "dudu@yangquan.example"),
    ("reminder_140300", "daqi@yangquan.example", "dudu@yangquan.example", "sheng@shanxi.example"),
]


def test_a_working_day(house: House, mailbox: LocalMailbox) -> None:
    result = play(run_of(house))
    assert mailed(mailbox) == SENT
    assert states(house) == {
        "notice 130100": ("released", "环执法提函〔2020〕1号"),
        "notice 140300": ("released", "环执法提函〔2020〕2号"),
        "notice 610100": ("withheld", None),  # no contact: the others go out all the same
        "reminder 140300": ("released", "环执法督函〔2020〕1号"),
    }
    assert result["pull"]["rows_quarantined"] == 1  # the unknown city
    assert result["figures"]["flagged"] == {
        "阳泉市": "督办：有2条报警超期未反馈（超期7天以内）；其中1条超期逾24小时，已超期3天",
        "西安市": "提醒：有1条报警超期未反馈（超期7天以内）",
    }
    assert "西安市在发文日没有可用的主送联系人" in result["release"]["letters"]["withheld"][0]
    assert result["account"]["states"] == {"sent": 3, "withheld": 1}
    assert any(
        "😀" in warning for warning in result["compose"]["warnings"]
    )  # no font has it: 〓 in the letter, and said


def test_running_the_day_again_sends_nothing_twice_and_touches_nothing_released(
    house: House, mailbox: LocalMailbox
) -> None:
    play(run_of(house))
    with reading(house.engine) as connection:
        files = connection.execute(
            select(tables.letter_file).order_by(tables.letter_file.c.letter_id, tables.letter_file.c.role)
        ).all()
    again = play(run_of(house))
    assert again["compose"]["left"] == 3
    assert again["post"]["mails"] == 0
    assert mailed(mailbox) == SENT
    with reading(house.engine) as connection:
        kept = connection.execute(
            select(tables.letter_file).order_by(tables.letter_file.c.letter_id, tables.letter_file.c.role)
        ).all()
    assert [row for row in kept if row.role == "eml"] == [row for row in files if row.role == "eml"]
    assert [row.sha256 for row in kept] == [row.sha256 for row in files]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"deliver": "auto", "is_backfill": True}, "补录的时段只编制存档"),
        (
            {"deliver": "auto", "now": run_of(None, day=DAY).period.as_of + timedelta(days=3)},
            "时段已过72小时，超过12小时不再自动发送",
        ),  # type: ignore[arg-type]
        ({"deliver": "withhold"}, "发送方式为“只编制存档”"),
    ],
)
def test_what_is_not_fresh_or_not_wanted_is_archived_and_mails_nothing(
    house: House, mailbox: LocalMailbox, changes: dict[str, Any], reason: str
) -> None:
    result = play(run_of(house, **changes))
    assert mailed(mailbox) == []
    assert {state for state, number in states(house).values()} == {"withheld"}
    assert {number for state, number in states(house).values()} == {None}
    assert all(reason in words for words in result["release"]["letters"]["withheld"])


def test_a_fresh_period_about_a_simulated_region_years_old_does_not_leave_by_itself(
    engine: Engine, tmp_path: Path, mailbox: LocalMailbox
) -> None:
    simulated = open_region(engine, tmp_path / "var", mailbox, origin=SIMULATED_LABEL)
    long_after = date(2020, 5, 20)
    result = play(run_of(simulated, day=long_after))
    assert {state for state, _ in states(simulated, long_after).values()} == {"withheld"}
    assert all(
        "最后一条报警推送于2020年3月11日" in words for words in result["release"]["letters"]["withheld"]
    )
    assert mailed(mailbox) == []
    assert play(run_of(simulated))["release"]["counts"]["released"] == 3  # near its alarms it plays as ever


def test_asked_to_send_an_old_period_it_sends_but_not_a_reminder_that_was_answered(
    house: House, mailbox: LocalMailbox
) -> None:
    answers = Path(house.sources[0].location) / "feedback.csv"
    answers.write_text(
        answers.read_text(encoding="utf-8") + "Y2,submitted,2020-03-12T13:00,郊区分局,李某,false,\n",
        encoding="utf-8",
    )
    run = run_of(house, deliver="send")  # the reminder urges Y1 alone: Y2 is overdue for an hour and a half
    result = play(replace(run, now=later(run, days=3)))
    assert [row[0] for row in mailed(mailbox)] == ["notice_130100", "notice_140300"]
    assert states(house)["reminder 140300"] == ("withheld", None)
    assert any(
        "所列1条报警均已反馈、核减或结案，不再督办" in words
        for words in result["release"]["letters"]["withheld"]
    )


def test_what_was_answered_before_the_release_is_struck_from_the_reminder(
    house: House, mailbox: LocalMailbox
) -> None:
    folder = Path(house.sources[0].location)
    alarms = folder / "alarms.csv"
    more = "Y3,T85712,140300,郊区,另一点位,113.56,37.93,2020-03-08T06:00,2020-03-08T09:00,2,210,2020-03-08T08:00,\n"
    alarms.write_text(alarms.read_text(encoding="utf-8") + more, encoding="utf-8")
    run = run_of(house, approve=True)
    daily_dispatch.pull(run)
    computed = daily_dispatch.figures(run)
    daily_dispatch.compose(run, computed)
    reminder = next(one for one in daily_dispatch.frozen(run, computed).reminders)
    notice = next(one for one in daily_dispatch.frozen(run, computed).notices if one.unit_code == "140300")
    assert [row.alarm_id for row in reminder.overdue] == ["Y1", "Y3"]
    assert reminder.overdue_total == len(notice.overdue) == 3
    assert reminder.chronic == notice.long_unanswered == 0
    daily_dispatch.release(
        replace(run, now=later(run, hours=30)), Decision("王处长", "")
    )  # Y1 answered after 3½ hours
    with reading(house.engine) as connection:
        letter = next(
            one
            for one in letters_of_period(connection, run.period, daily_dispatch.KINDS)
            if one.kind == "reminder"
        )
        named = connection.execute(
            select(tables.letter_alarm.c.alarm_id, tables.letter_alarm.c.is_urged)
            .where(tables.letter_alarm.c.letter_id == letter.letter_id)
            .order_by(tables.letter_alarm.c.alarm_id)
        ).all()
    assert letter.state == "released"
    assert "放行前已反馈、核减或结案的1条不再列入" in letter.state_reason
    assert [tuple(row) for row in named] == [("Y2", False), ("Y3", True)]
    kept = from_json(ReminderFigures, letter.figures_json)
    assert ([row.alarm_id for row in kept.overdue], kept.overdue_total) == (["Y3"], 3)


def test_a_person_releases_or_rejects(house: House, mailbox: LocalMailbox) -> None:
    run = run_of(house, approve=True)
    daily_dispatch.pull(run)
    computed = daily_dispatch.figures(run)
    assert daily_dispatch.compose(run, computed)["asks_person"] is True
    assert {state for state, _ in states(house).values()} == {"awaiting_approval"}
    assert daily_dispatch.post(run)["mails"] == 0  # nothing is queued before the decision
    late = replace(run, now=later(run, hours=30))  # the approval counts as asking, however late
    daily_dispatch.release(late, Decision("王处长", ""))
    daily_dispatch.post(late)
    assert mailed(mailbox) == SENT[:2]  # the alarm that was to be urged had been answered by then
    with reading(house.engine) as connection:
        actors = set(
            connection.execute(
                select(tables.audit.c.actor).where(tables.audit.c.action == "release")
            ).scalars()
        )
    assert actors == {"王处长"}


def test_a_person_releases_some_and_the_rest_waits_for_the_desk(house: House, mailbox: LocalMailbox) -> None:
    run = run_of(house, approve=True)
    result = play(run, Decision("王处长", "其余数字待核", frozenset({"石家庄市"})))
    assert [one["name"] for one in result["compose"]["waiting"]] == ["石家庄市", "阳泉市", "西安市", "阳泉市"]
    assert [row[0] for row in mailed(mailbox)] == ["notice_130100"]
    kept = result["release"]["letters"]["withheld"]
    assert "阳泉市：王处长：本次只签发1个单位的函件，这封留待处理：其余数字待核" in kept
    play(replace(run, approve=False, deliver="send"))  # no run releases what a person kept back
    assert [row[0] for row in mailed(mailbox)] == ["notice_130100"]


def test_what_a_person_rejected_stays_rejected(house: House, mailbox: LocalMailbox) -> None:
    run = run_of(house, approve=True)
    play(run, Decision("王处长", "数字有疑问", frozenset()))
    assert {state for state, _ in states(house).values()} == {"rejected"}
    play(replace(run, approve=False, deliver="send"))
    assert {state for state, _ in states(house).values()} == {"rejected"}
    assert mailed(mailbox) == []


def test_a_rehearsal_goes_to_the_operators_alone_and_takes_no_number(
    house: House, mailbox: LocalMailbox
) -> None:
    play(run_of(house, deliver="rehearse"))
    assert [mail.recipients for mail in received(mailbox.folder)] == [("zhiban@supervision.example",)] * 4
    assert all(mail.subject.startswith("【演练】") for mail in received(mailbox.folder))
    assert set(states(house).values()) == {("withheld", None)}
    with reading(house.engine) as connection:
        assert connection.execute(select(tables.letter_number)).all() == []


def test_back_fills_in_any_order_give_the_same_letters(
    engine: Engine, tmp_path: Path, mailbox: LocalMailbox
) -> None:
    days = [date(2020, 3, 12), date(2020, 3, 13), date(2020, 3, 11)]
    digests = []
    for place, order in enumerate((days, days[::-1])):
        other = engine if place == 0 else open_engine(f"sqlite:///{tmp_path / 'other.db'}")
        migrate(other)
        house = open_region(other, tmp_path / f"var{place}", mailbox)
        figures = {}
        for day in order:
            run = run_of(
                house, day=day, is_backfill=True, now=run_of(house, day=date(2020, 3, 20)).period.as_of
            )
            figures[day] = play(run)["figures"]["figures_sha256"]
        with reading(house.engine) as connection:
            rows = connection.execute(
                select(tables.letter.c.letter_key, tables.letter_file.c.role, tables.letter_file.c.sha256)
                .join_from(tables.letter, tables.letter_file)
                .order_by(tables.letter.c.letter_key, tables.letter_file.c.role)
            ).all()
        digests.append((sorted(figures.items()), [tuple(row) for row in rows]))
    other.dispose()
    assert len(digests[0][1]) > 20
    assert digests[0] == digests[1]


def test_back_fills_side_by_side_do_not_see_the_drafts_of_each_other(house: House) -> None:
    """The next day is computed alike before and after this day's drafts are withheld: a draft urges nobody."""
    late = run_of(house, day=date(2020, 3, 20)).period.as_of
    first, second = (run_of(house, day=DAY.replace(day=day), is_backfill=True, now=late) for day in (12, 13))
    for run in (first, second):
        daily_dispatch.pull(run)
    daily_dispatch.compose(first, daily_dispatch.figures(first))
    assert states(house)["reminder 140300"][0] == "drafted"
    beside = daily_dispatch.figures(second)
    daily_dispatch.release(first)
    assert states(house)["reminder 140300"][0] == "withheld"
    assert daily_dispatch.figures(second) == beside
    assert [one.unit_code for one in daily_dispatch.frozen(second, beside).reminders] == ["140300", "610100"]


def test_an_empty_day_has_no_letters_and_says_so(
    engine: Engine, tmp_path: Path, mailbox: LocalMailbox
) -> None:
    header = "alarm_id,grid_id,unit_code,county,point_name,lon,lat,started_at,last_at,alarm_count,peak_pm25_ug_m3,pushed_at\n"
    house = open_region(
        engine,
        tmp_path / "var",
        mailbox,
        alarms=header,
        feedback="alarm_id,event,event_at\n",
        problems="problem_id,alarm_id,category,description,found_at\n",
    )
    result = play(run_of(house))
    assert result["figures"]["letters_due"] == 0
    assert len(result["figures"]["nothing_due"]) == 39
    assert result["account"]["states"] == {}


def test_missing_data_stops_the_run_before_composing(house: House, tmp_path: Path) -> None:
    broken = replace(
        house,
        sources=(*house.sources, SourceConfig("inbox of a province", "files", str(tmp_path / "nowhere"))),
    )
    with pytest.raises(QianliyanError, match="nowhere"):
        daily_dispatch.pull(run_of(broken))


def test_a_run_stops_where_too_little_is_covered(house: House) -> None:
    early = run_of(house)
    with pytest.raises(CheckFailed, match="数据不完整，未编制函件"):
        daily_dispatch.pull(replace(early, now=early.period.as_of - timedelta(days=2)))
    tolerant = replace(house, least_completeness=0.5)
    assert (
        daily_dispatch.pull(replace(run_of(tolerant), now=early.period.as_of - timedelta(days=2)))["pulls"]
        == 0
    )


def test_letters_of_simulated_data_reach_no_other_machine(
    engine: Engine, tmp_path: Path, mailbox: LocalMailbox
) -> None:
    house = open_region(engine, tmp_path / "var", mailbox)
    write_files(Path(house.sources[0].location), origin=SIMULATED_LABEL)
    elsewhere = MailServer(
        "192.0.2.1", 25, "dudu@ministry.example", "监管平台", security="none", timeout_seconds=1
    )
    remote = replace(house, mail_server=elsewhere, mailbox=None)
    play(run_of(remote, deliver="send"))
    assert {state for state, _ in states(remote).values()} == {"withheld"}
    with reading(remote.engine) as connection:
        letter = letters_of_period(connection, run_of(remote).period, ("notice",))[0]
    assert "模拟数据的函件只能发往本机邮箱" in letter.state_reason
    run = run_of(remote)
    outcome = release_letter(
        remote, letter.letter_id, now=run.now, actor="值班员", reason="试试", is_person=True
    )
    assert outcome.action == "withheld"


def test_a_letter_that_is_no_longer_due_is_withheld(house: House) -> None:
    run = run_of(house, deliver="withhold")
    play(run)
    location = Path(house.sources[0].location)
    write_files(
        location,
        feedback="alarm_id,event,event_at,unit,inspector,problem_found,note\nY1,submitted,2020-03-09T08:00,,,,\nY2,submitted,2020-03-11T08:00,,,,\n",
    )
    assert daily_dispatch.figures(run)["letters_due"] == 4  # before the files are read again
    daily_dispatch.pull(run)
    computed = daily_dispatch.figures(run)
    assert computed["letters_due"] == 3
    daily_dispatch.compose(run, computed)
    with reading(house.engine) as connection:
        reminder = letters_of_period(connection, run.period, ("reminder",))[0]
    assert reminder.state == "withheld"
