import pytest
from sqlalchemy import select

from include.errors import StateError
from include.post.composed import stored_composition
from include.post.drafts import (
    Drafted,
    await_approval,
    draft,
    find_by_key,
    letters_of_run,
    reject,
    withhold,
)
from include.store import tables
from include.store.engine import reading
from tests.post.samples import NOW, TAIYUAN, add_cities, audit_rows, composition, facts, released, the_letter

KEY = "notice_140300_day_2020-03-12_2020-03-13_1"


def drafted(engine, archive, letter=None, composed=None, run_id="run 1") -> Drafted:
    return draft(
        engine, archive, letter or facts(), composed or composition(), now=NOW, actor="run", run_id=run_id
    )


def alarms(engine) -> list[tuple[str, bool]]:
    with reading(engine) as connection:
        query = select(tables.letter_alarm.c.alarm_id, tables.letter_alarm.c.is_urged).order_by(
            tables.letter_alarm.c.alarm_id
        )
        return [tuple(row) for row in connection.execute(query)]


def test_a_draft_keeps_its_files_its_figures_and_the_alarms_it_names(engine, archive):
    done = drafted(engine, archive, facts(kind="reminder", alarms=("A1", "A2"), figures='{"n": 1}'))
    assert done == Drafted(1, KEY.replace("notice", "reminder"), "created", "drafted", "已拟稿")
    letter = the_letter(engine)
    assert (letter.addressee_name, letter.state, letter.figures_json, letter.number) == (
        "阳泉市",
        "drafted",
        '{"n": 1}',
        None,
    )
    assert letter.period == facts().period
    assert alarms(engine) == [("A1", True), ("A2", True)]
    with reading(engine) as connection:
        stored = stored_composition(connection, archive, 1)
    assert {file.role: file.content for file in stored.files} == {
        file.role: file.content for file in composition().files
    }
    assert audit_rows(engine, "letter") == [(done.letter_key, "draft", None, "drafted")]


def test_a_re_run_recomposes_in_place(engine, archive):
    drafted(engine, archive, facts(alarms=("A1", "A2")))
    again = drafted(
        engine,
        archive,
        facts(alarms=("A2", "A3"), figures="[2]"),
        composition("新的标题", attached=b"new"),
        "run 2",
    )
    assert (again.letter_id, again.action) == (1, "recomposed")
    letter = the_letter(engine)
    assert (letter.subject, letter.figures_json, letter.run_id) == ("新的标题", "[2]", "run 2")
    assert alarms(engine) == [("A2", False), ("A3", False)]
    assert [letter.letter_key for letter in letters_of_run(engine, "run 2")] == [KEY]
    assert letters_of_run(engine, "run 1") == []


def test_a_re_run_leaves_a_released_letter_alone_and_says_when_it_would_differ(engine, archive):
    add_cities(engine)
    released(engine, archive)
    before = the_letter(engine)
    left = drafted(engine, archive, composed=composition("新的标题"))
    assert (left.action, left.state, left.differs) == ("left", "released", False)
    assert drafted(engine, archive, facts(figures='{"more": 1}')).differs
    assert the_letter(engine) == before


def test_a_rejected_letter_is_left_alone(engine, archive):
    drafted(engine, archive)
    reject(engine, 1, now=NOW, actor="王", reason="内容有误")
    assert drafted(engine, archive).reason == "已决定不签发，未改动：内容有误"


def test_what_a_run_withheld_is_drafted_anew_and_what_a_person_withheld_is_not(engine, archive):
    for city in ("140300", TAIYUAN):
        drafted(engine, archive, facts(unit_code=city))
    withhold(engine, 1, now=NOW, actor="run", reason="补录的时段只编制存档")
    withhold(engine, 2, now=NOW, actor="王", reason="等待核实", is_person=True)
    assert drafted(engine, archive).state == "drafted"
    assert drafted(engine, archive, facts(unit_code=TAIYUAN, figures="[2]")).state == "withheld"
    letter = the_letter(engine, 2)
    assert (letter.state, letter.state_reason, letter.held_by, letter.figures_json) == (
        "withheld",
        "等待核实",
        "王",
        "[2]",
    )


def test_a_letter_that_waits_for_approval_is_recomposed_and_asked_about_again(engine, archive):
    drafted(engine, archive)
    await_approval(engine, 1, now=NOW, actor="run", reason="等待签发")
    assert the_letter(engine).state == "awaiting_approval"
    assert drafted(engine, archive).state == "drafted"
    assert [row[1:] for row in audit_rows(engine, "letter")] == [
        ("draft", None, "drafted"),
        ("await_approval", "drafted", "awaiting_approval"),
        ("recompose", "awaiting_approval", "drafted"),
    ]


@pytest.mark.parametrize("change", [await_approval, reject, withhold])
def test_a_released_letter_can_no_longer_be_stopped_here(engine, archive, change):
    add_cities(engine)
    released(engine, archive)
    with pytest.raises(StateError, match="the letter is released and cannot become"):
        change(engine, 1, now=NOW, actor="王", reason="太迟")


def test_a_letter_that_does_not_exist(engine):
    with pytest.raises(StateError, match="letter 7: no such letter"):
        reject(engine, 7, now=NOW, actor="王", reason="")
    with reading(engine) as connection:
        assert find_by_key(connection, KEY) is None
