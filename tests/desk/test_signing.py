"""Signing in the desk: riskiest first by the stated rule, and the answer that Airflow's question gets."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from include.desk.pages.desk import Airflow, Question
from include.desk.signing import letters_to_sign, risks
from include.errors import StateError
from include.post.drafts import await_approval, draft, withhold
from include.store import tables
from include.store.engine import writing
from tests.desk.facts import NOW, SHIJIAZHUANG, YANGQUAN, Browser, archive_in, house_of
from tests.post.samples import add_cities, composition, facts

RUN = "half_monthly_bulletin/manual__1"
CALM = {
    "revision": 1,
    "named": 4,
    "urged": 0,
    "named_before": 4,
    "urged_before": 0,
    "warnings": 0,
}


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, ()),
        ({"revision": 2}, ("更正",)),
        ({"urged": 1}, ("新增督办",)),
        ({"urged": 1, "urged_before": 1}, ()),
        ({"warnings": 2}, ("编制时有提醒",)),
        ({"named": 7}, ("变化大",)),
        ({"named": 6}, ()),
        ({"named": 1}, ("变化大",)),
        ({"named": 13, "named_before": 10}, ()),
        ({"named": 9, "named_before": 6}, ("变化大",)),  # half of it exactly: 达到或超过
        ({"named_before": None, "urged_before": float("nan")}, ("首次",)),
        (
            {"named_before": None, "urged_before": None, "urged": 1, "revision": 2},
            ("更正", "新增督办", "首次"),
        ),
    ],
)
def test_the_rule_of_the_riskiest_first(changes: dict[str, object], reasons: tuple[str, ...]) -> None:
    assert risks({**CALM, **changes}) == reasons


@pytest.fixture
def store(engine: Engine, tmp_path: Path) -> Engine:
    add_cities(engine)
    archive = archive_in(tmp_path)
    for city, alarms in ((SHIJIAZHUANG, ("A1",)), (YANGQUAN, ("A2", "A3"))):
        letter = facts(unit_code=city, kind="reminder" if city == YANGQUAN else "notice", alarms=alarms)
        number = draft(engine, archive, letter, composition(), now=NOW, actor="run", run_id=RUN).letter_id
        await_approval(engine, number, now=NOW, actor="run", reason="等待签发")
    return engine


class Asked:
    """Airflow's question, which keeps the answers it got."""

    def __init__(self, trouble: str = "") -> None:
        self.answers: list[tuple[object, ...]] = []
        self.trouble = trouble

    def answer(self, visitor: object, *said: object) -> None:
        if self.trouble:
            raise StateError(self.trouble, where=RUN)
        self.answers.append((visitor.name, *said))  # type: ignore[attr-defined]


def sign(browser: Browser, choice: str, *letters: int, reason: str = "已核") -> object:
    dag_id, run_id = RUN.split("/")
    return browser.post(
        "/signing",
        {
            "dag_id": dag_id,
            "run_id": run_id,
            "choice": choice,
            "reason": reason,
            "letter": [str(one) for one in letters],
        },
    )


def test_the_letters_of_a_run_the_riskiest_first(store: Engine, tmp_path: Path) -> None:
    (run,) = letters_to_sign(house_of(store, tmp_path))
    assert (run.dag_id, run.run_id) == ("half_monthly_bulletin", "manual__1")
    assert [(one.name, one.reasons, one.points, one.named) for one in run.letters] == [
        ("阳泉市", ("新增督办", "首次"), 5, 2),
        ("石家庄市", ("首次",), 1, 1),
    ]


@pytest.mark.parametrize(
    ("choice", "letters", "told"),
    [
        ("all", (), ("all", [])),
        ("some", (1,), ("some", ["石家庄市"])),
        ("none", (), ("none", [])),
    ],
)
def test_the_answer_goes_to_the_run(
    store: Engine, tmp_path: Path, choice: str, letters: tuple[int, ...], told: tuple[str, list[str]]
) -> None:
    asked = Asked()
    browser = Browser(house_of(store, tmp_path), airflow=Airflow(answer=asked.answer))
    answer = sign(browser, choice, *letters)
    assert answer.status_code == 200  # type: ignore[attr-defined]
    assert asked.answers == [("duty", "half_monthly_bulletin", "manual__1", *told, "已核")]


def test_none_chosen_is_refused_and_says_so(store: Engine, tmp_path: Path) -> None:
    asked = Asked()
    browser = Browser(house_of(store, tmp_path), airflow=Airflow(answer=asked.answer))
    answer = sign(browser, "some")
    assert (answer.status_code, "没有勾选函件" in answer.text, asked.answers) == (409, True, [])  # type: ignore[attr-defined]


def test_what_airflow_refuses_stands_on_the_page(store: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(store, tmp_path), airflow=Airflow(answer=Asked("the run asks nobody").answer))
    answer = sign(browser, "all")
    assert (answer.status_code, "这次运行现在不等待签发" in answer.text) == (409, True)  # type: ignore[attr-defined]


def test_what_was_ticked_and_written_stays_where_an_answer_is_refused(store: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(store, tmp_path), airflow=Airflow(answer=Asked("the run asks nobody").answer))
    page = sign(browser, "some", 2, reason='数字"已核')  # type: ignore[attr-defined]
    assert re.findall(r'name="letter" value="(\d)"( checked)?', page.text) == [("2", " checked"), ("1", "")]  # type: ignore[attr-defined]
    assert 'value="数字&#34;已核"' in page.text  # type: ignore[attr-defined]


def test_letters_that_no_run_asks_about_are_settled_at_the_desk(store: Engine, tmp_path: Path) -> None:
    with writing(store) as connection:
        connection.execute(update(tables.letter).values(run_id=None))
    browser = Browser(house_of(store, tmp_path))
    answer = browser.post("/signing", {"choice": "none", "reason": "数字有疑问"})
    assert answer.status_code == 200
    assert letters_to_sign(house_of(store, tmp_path)) == ()


def test_a_reader_sees_the_letters_and_no_button(store: Engine, tmp_path: Path) -> None:
    page = Browser(house_of(store, tmp_path), user="guest").get("/signing").text
    assert "阳泉市" in page
    assert "全部签发" not in page
    assert '<iframe src="/desk/letters/2/mail" sandbox' in page


def test_the_letters_of_a_run_that_is_over_are_settled_at_the_desk(store: Engine, tmp_path: Path) -> None:
    asked = Asked()
    airflow = Airflow(answer=asked.answer, questions=lambda runs: dict.fromkeys(runs, "ended"))
    browser = Browser(house_of(store, tmp_path), airflow=airflow)
    assert "这次运行已经结束，不再提问" in browser.get("/signing").text
    answer = sign(browser, "none", reason="数字有疑问")
    assert (answer.status_code, asked.answers, letters_to_sign(house_of(store, tmp_path))) == (200, [], ())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        ("answered", "这次运行已有答复，正在办理"),
        ("unasked", "这次运行还没有问到签发"),
    ],
)
def test_where_no_question_is_open_the_page_says_what_is_known_and_takes_no_answer(
    store: Engine, tmp_path: Path, standing: Question, words: str
) -> None:
    asked, standings = Asked(), dict[tuple[str, str], Question]()
    airflow = Airflow(
        answer=asked.answer, questions=lambda runs: {run: standings.get(run, "open") for run in runs}
    )
    browser = Browser(house_of(store, tmp_path), airflow=airflow)
    first = browser.get("/signing").text
    assert ("全部签发" in first, "这次运行" in first) == (True, False)
    standings["half_monthly_bulletin", "manual__1"] = standing
    page = browser.get("/signing").text
    assert ("阳泉市" in page, words in page, "全部签发" in page) == (True, True, False)
    refused = sign(browser, "all")
    assert (refused.status_code, refused.text.count(words), asked.answers) == (409, 2, [])  # type: ignore[attr-defined]
    standings.clear()  # the question is asked again: it can be answered again
    assert (sign(browser, "some", 2).status_code, len(asked.answers)) == (200, 1)  # type: ignore[attr-defined]


def test_letters_that_were_kept_back_are_a_link_away(store: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(store, tmp_path))
    assert "人工暂不发送" not in browser.get("/signing").text
    withhold(store, 2, now=NOW, actor="run", reason="补录的时段只编制存档")
    assert "人工暂不发送" not in browser.get("/signing").text  # no person's: it does not wait
    withhold(store, 1, now=NOW, actor="duty", reason="数据待核", is_person=True)
    page = browser.get("/signing").text
    assert "没有等待签发的函件。" in page
    assert "另有1封人工暂不发送，等待放行。" in page
    (link,) = re.findall(r'href="/desk(/letters\?standing=\w+)"', page)
    assert 'href="/desk/letters/1"' in browser.get(link).text
