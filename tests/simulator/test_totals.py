"""The published totals, and that every course of events is lawful, for every seed."""

import re
from datetime import datetime, timedelta
from itertools import pairwise

import pandas as pd

from include.profile.current import office
from tests.simulator.conftest import Written

COUNTED_AT = "2020-06-30T00:00:00+08:00"  # all times of the files carry +08:00: text order is time order
EARLY_END = "2020-03-29T00:00:00+08:00"
LETTERS = {
    "acknowledged": "a",
    "submitted": "S",
    "returned": "R",
    "accepted": "A",
    "disputed": "d",
    "dispute_upheld": "u",
    "dispute_rejected": "r",
}
UPHELD = re.compile(r"a(dr)*du")
ANSWERED = re.compile(r"a(dr)*S(RS)*A?")
UNANSWERED = re.compile(r"(a(dr)*(d|S(RS)*R)?)?")


def letters(course: list[tuple[str, str]]) -> str:
    return "".join(LETTERS[event] for event, _ in course)


def counted(written: Written) -> pd.DataFrame:
    """The alarms whose dispute is not upheld, computed from the files alone, with `is_answered`."""
    events = written.feedback[written.feedback["event_at"] <= COUNTED_AT]
    disputes = events[events["event"].isin(["disputed", "dispute_upheld", "dispute_rejected"])]
    answers = events[events["event"].isin(["submitted", "returned", "accepted"])]
    alarms = written.first_told
    last_dispute = disputes.sort_values("event_at").groupby("alarm_id")["event"].last().reindex(alarms.index)
    last_answer = answers.sort_values("event_at").groupby("alarm_id")["event"].last().reindex(alarms.index)
    alarms = alarms.assign(is_answered=last_answer.isin(["submitted", "accepted"]))
    return alarms[last_dispute != "dispute_upheld"]


def test_the_published_totals_hold(written: Written) -> None:
    alarms = counted(written)
    early = alarms[alarms["pushed_at"] < EARLY_END]
    problems = written.problems[written.problems["found_at"] <= COUNTED_AT]

    assert {
        "pushed": len(alarms),
        "answered": int(alarms["is_answered"].sum()),
        "problems": int(problems["alarm_id"].isin(alarms.index).sum()),
        "early pushed": len(early),
        "early problems": int(problems["alarm_id"].isin(early.index).sum()),
    } == {"pushed": 5093, "answered": 5030, "problems": 3273, "early pushed": 1989, "early problems": 1191}
    assert 15 <= len(written.first_told) - len(alarms) <= 25
    assert len(written.problems) == 3273  # upheld alarms have none


def test_the_reported_rows_are_those_written(written: Written) -> None:
    assert written.rows == {
        "alarms.csv": len(written.alarms),
        "feedback.csv": len(written.feedback),
        "problems.csv": 3273,
        "grids.csv": 5000,
        "contacts.csv": len(written.contacts),
        "enterprises.csv": 4000,
    }


def test_every_course_of_events_is_lawful(written: Written) -> None:
    pushed_at = written.first_told["pushed_at"]
    for alarm_id, course in written.courses.items():
        word = letters(course)
        assert UPHELD.fullmatch(word) or ANSWERED.fullmatch(word) or UNANSWERED.fullmatch(word), (
            alarm_id,
            word,
        )
        times = [pushed_at[alarm_id], *(at for _, at in course), COUNTED_AT]
        assert all(earlier < later for earlier, later in pairwise(times)), (
            alarm_id,
            times,
        )


def test_the_demo_shows_every_kind_of_course(written: Written) -> None:
    words = {letters(course) for course in written.courses.values()}
    assert {"aSA", "aS", "aSRSA", "aSRSRSA", "adrSA", "adu", "adrdu", "", "a", "aSR"} <= words


def test_problems_are_found_by_the_inspection_that_reports_them(written: Written) -> None:
    answers = written.feedback[written.feedback["event"] == "submitted"]
    reports = (
        answers[answers["problem_found"] == "true"].groupby("alarm_id")["event_at"].agg(["first", "last"])
    )
    quiet = answers[answers["problem_found"] == "false"].groupby("alarm_id")["event_at"].last()
    per_alarm = written.problems.groupby("alarm_id")["found_at"].agg(["min", "max", "size"])
    pushed_at = written.first_told["pushed_at"].reindex(per_alarm.index)

    assert set(answers["problem_found"]) == {"true", "false"}
    assert set(per_alarm.index) == set(reports.index)
    reports = reports.reindex(per_alarm.index)
    assert (per_alarm["min"] > pushed_at).all()
    assert (per_alarm["min"] <= reports["first"]).all()
    assert (per_alarm["max"] <= reports["last"]).all()
    assert (per_alarm["size"].between(1, 3)).all()
    # Nothing was known yet when an answer of the same alarm said that nothing was found.
    both = quiet.index.intersection(per_alarm.index)
    assert (quiet[both] < per_alarm.loc[both, "min"]).all()
    assert set(per_alarm.index) <= set(counted(written).query("is_answered").index)


def test_problem_rows_agree_with_their_dates(written: Written) -> None:
    problems = written.problems
    done = problems["rectified_at"] != ""
    assert set(problems["category"]) == set(office().categories)
    assert problems["problem_id"].is_unique
    assert (problems["rectify_by"] > problems["found_at"]).all()
    assert (problems.loc[done, "rectified_at"] > problems.loc[done, "found_at"]).all()
    assert (problems.loc[done, "rectified_at"] <= COUNTED_AT).all()
    overdue = ~done & (problems["rectify_by"] < COUNTED_AT)
    expected = done.map({True: "已整改", False: "整改中"}).mask(overdue, "逾期未整改")
    assert problems["status"].tolist() == expected.tolist()
    longest = [
        datetime.fromisoformat(by) - datetime.fromisoformat(found)
        for by, found in zip(problems["rectify_by"], problems["found_at"], strict=True)
    ]
    assert timedelta(days=3) == min(longest)
    assert max(longest) <= timedelta(days=15)


def test_notes_say_what_the_problem_rows_say(default_season: Written) -> None:
    by_alarm = dict(iter(default_season.problems.groupby("alarm_id")))
    answers = default_season.feedback[default_season.feedback["event"] == "submitted"]
    for answer in answers.itertuples():
        found = by_alarm.get(answer.alarm_id)
        if answer.problem_found == "false":
            assert "问题" not in answer.note.replace("未发现问题", "").replace("未发现涉气环境问题", "")
            continue
        known = found[found["found_at"] <= answer.event_at]
        done = (known["rectified_at"] != "") & (known["rectified_at"] <= answer.event_at)
        assert all(category in answer.note for category in known["category"]), answer.note
        assert ("已整改完毕" in answer.note) == done.any(), answer.note
        assert ("已责令限期整改" in answer.note) == (~done).any(), answer.note


def test_revisions_only_grow(written: Written) -> None:
    alarms = written.alarms.assign(
        count=written.alarms["alarm_count"].astype(int), peak=written.alarms["peak_pm25_ug_m3"].astype(float)
    )
    told = alarms.groupby("alarm_id", sort=False)
    assert (told["revised_at"].first() == told["pushed_at"].first()).all()
    assert told["revised_at"].is_monotonic_increasing.all()
    assert (told["count"].is_monotonic_increasing).all()
    assert (told["peak"].is_monotonic_increasing).all()
    assert (told["last_at"].is_monotonic_increasing).all()
    assert not alarms.duplicated(["alarm_id", "revised_at"]).any()
    assert (alarms["started_at"] <= alarms["last_at"]).all()
    assert (alarms["last_at"] <= alarms["revised_at"]).all()
    assert alarms["peak"].between(75, 500).all()
    later = len(alarms) - alarms["alarm_id"].nunique()
    assert later > 1000
    kept = [
        "grid_id",
        "unit_code",
        "county",
        "point_name",
        "lon",
        "lat",
        "started_at",
        "pushed_at",
        "deadline_at",
    ]
    assert (told[kept].nunique() == 1).all(axis=None)
    due = [
        datetime.fromisoformat(due) - datetime.fromisoformat(pushed)
        for due, pushed in zip(alarms["deadline_at"], alarms["pushed_at"], strict=True)
    ]
    assert set(due) == {timedelta(hours=24)}
