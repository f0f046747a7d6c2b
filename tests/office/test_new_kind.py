"""A new kind of letter, entered from here alone: from figures to the mailbox, the desk, the register of numbers, reconciliation."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Engine

from include.house import House
from include.letter_kinds import LetterKind
from include.letters.composition import Letter, letter_file
from include.office.register import Beat, Due, LetterType, due_keys, registered
from include.periods import Period
from include.post import numbers
from include.post.drafts import LetterFacts
from include.post.local_server import local_mailbox, received
from include.post.reconciliation import reconcile
from include.store.engine import reading
from include.supervision.figures import to_json
from include.workflows import daily_dispatch
from include.workflows.steps import LetterSteps
from tests.desk.facts import Browser
from tests.workflows.region import open_region, run_of


@dataclass(frozen=True)
class Echo:
    letter_key: str
    period: Period


def compose(figures: Echo, issue, **_) -> Letter:
    words = f"{figures.period.label}回声 {issue.number or '预览'}"
    return Letter(words, tuple(letter_file(role, "", "", words.encode()) for role in ("html", "text")))


def due(_house: House, period: Period) -> list[Due]:
    figures = to_json(Echo(period.letter_key("echo", "140300"), period))
    return [Due(LetterFacts("echo", "140300", "140300", period, figures, False), "阳泉市")]


@pytest.fixture
def echo(engine: Engine, tmp_path) -> Iterator[House]:
    kind = LetterType(LetterKind("echo", "回声函"), Echo, compose)
    with registered(kind, Beat(("day",), due)), local_mailbox(tmp_path / "mailbox") as mailbox:
        house = open_region(engine, tmp_path / "var", mailbox)
        yield replace(house, office=replace(house.office, number_words={"echo": "环回"}))


def test_a_new_kind_of_letter_needs_no_other_module(echo: House) -> None:
    run, steps = run_of(echo), LetterSteps(("echo",), lambda run, _: due(run.house, run.period))
    daily_dispatch.pull(run)
    assert (steps.compose(run, {})["created"], steps.release(run)["counts"]) == (1, {"released": 1})
    assert (steps.post(run)["results"], steps.account(run, {})["states"]) == ({"accepted": 1}, {"sent": 1})
    [mail] = received(echo.mailbox)
    assert (mail.subject, mail.letter_key) == ("3月11日回声 环回〔2020〕1号", due_keys(echo, run.period)[-1])
    assert '"echo" selected>回声函</option>' in Browser(echo).get("/letters?kind=echo").text
    with reading(echo.engine) as connection:
        assert numbers.register(connection, 2020)["number"].tolist() == ["环回〔2020〕1号"]
        assert reconcile(connection, run.period.end, due=[mail.letter_key], mailbox=echo.mailbox).faults == ()
