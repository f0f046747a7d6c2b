"""The trail names what it is about as a person does, tells sign-offs of persons from what a rule released, and so does its table."""

import ast
import csv
import io
import re
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.act import Act
from include.desk.audit import Filters, audit_rows
from include.desk.pages import view
from include.desk.pages.trail_words import TRAIL
from include.desk.pages.view import LABELS, deed_text, trail_state, words
from include.periods import HOUR
from include.post.drafts import await_approval, draft
from include.post.release import release, withdraw
from tests.desk.facts import Browser, archive_in, house_of
from tests.post.samples import NOW, YANGQUAN, add_cities, composition, facts, outgoing, released, render


@pytest.fixture
def browser(engine: Engine, tmp_path: Path) -> Browser:
    """One letter that a rule released, one bulletin that a person signed, one that another signed at the desk from its draft."""
    archive = archive_in(tmp_path)
    add_cities(engine)
    released(engine, archive, actor="dag daily_dispatch", reason="时段新鲜，自动放行")
    for kind, who, waits in (("bulletin", "王处长", True), ("reminder", "李科长", False)):
        letter = facts(kind=kind)
        made = draft(engine, archive, letter, composition(), now=NOW, actor="dag half_monthly_bulletin")
        if waits:
            await_approval(engine, made.letter_id, now=NOW, actor="run", reason="等待签发")
        act = Act(NOW, who, f"{who}签发：数字已核")
        release(outgoing(engine, archive, None), made.letter_id, act, render=render, is_person=True)
    return Browser(house_of(engine, tmp_path))


def test_sign_offs_are_those_of_persons(browser: Browser) -> None:
    rows = audit_rows(browser.desk.open_house(), Filters(view="signed"), most=10).to_dict("records")
    assert [(row["actor"], row["kind"], row["addressee"]) for row in rows] == [
        ("李科长", "reminder", "阳泉市"),
        ("王处长", "bulletin", "阳泉市"),
    ]
    signed = audit_rows(browser.desk.open_house(), Filters(view="signed", kind="bulletin"), most=10)
    assert signed["actor"].tolist() == ["王处长"]
    page = browser.get("/audit?view=signed&kind=bulletin").text
    assert "王处长</td>" in page
    assert "李科长</td>" not in page
    assert "通报函 阳泉市" in page
    assert "自动放行</td>" not in page


def test_the_table_says_it_in_words(browser: Browser) -> None:
    text = browser.get("/audit.csv?subject=letter&action=release").text.removeprefix("\ufeff")
    first, *_, last = csv.DictReader(io.StringIO(text))
    assert (first["何人"], first["对象"], first["动作"], first["现状态"]) == (
        "李科长",
        "函件",
        "放行",
        "已放行",
    )
    assert (last["何人"], last["种类"], last["收件方"]) == ("日调度", "提示函", "阳泉市")


def test_a_unit_stands_by_its_name(browser: Browser) -> None:
    said = {"kind": "call", "whom": "李局长", "reason": "答应当日反馈"}
    browser.post(f"/cities/{YANGQUAN}/notes", said)
    page = browser.get("/audit?subject=unit").text
    assert f'<a href="/desk/cities/{YANGQUAN}" title="{YANGQUAN}">阳泉市</a>' in page
    assert "电话记录" in page


def test_a_past_act_names_the_number_that_its_letter_had_then(
    browser: Browser, engine: Engine, tmp_path: Path
) -> None:
    house = browser.desk.open_house()
    withdraw(outgoing(engine, archive_in(tmp_path), None), 1, Act(NOW + HOUR, "duty", "撤回"), render)
    act = Act(NOW + 2 * HOUR, "duty", "duty签发：无误")
    release(outgoing(engine, archive_in(tmp_path), None), 1, act, render=render, is_person=True)
    rows = audit_rows(house, Filters(subject="letter", kind="notice"), most=10).to_dict("records")
    numbers = [(row["action"], row["number"]) for row in rows if row["action"] in ("release", "withdraw")]
    (_, now_number), (_, then_number), (_, first_number) = numbers
    assert [action for action, _ in numbers] == ["release", "withdraw", "release"]
    assert then_number == first_number != now_number
    for number in (then_number, now_number):
        assert "提示函 阳泉市" in browser.get(f"/audit?words={number}").text
        assert "提示函" in browser.get(f"/letters?number={number}").text.split("<tbody>")[1]


INCLUDE = Path(view.__file__).parents[2]


def literals(value: ast.expr | None) -> list[str]:
    """The texts that an expression may be: a literal, either of two, or the name of a constant."""
    if isinstance(value, ast.IfExp):
        return [*literals(value.body), *literals(value.orelse)]
    text = getattr(value, "id", None) or getattr(value, "value", None)
    return (
        [text] if isinstance(text, str) and (isinstance(value, ast.Constant) or text.startswith("_")) else []
    )


def written_changes() -> set[tuple[str, str, str]]:
    """(subject, kind, value) of every deed and state that the code writes into the trail as a literal."""
    found: set[tuple[str, str, str]] = set()
    for path in INCLUDE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            node.target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Change"):
                subject, _, action, before, after = [*node.args, *[None] * 5][:5]
                told = [("subject", subject), ("deed", action), ("state", before), ("state", after)]
            elif isinstance(node, ast.Dict):
                keys = {
                    key.value: value
                    for key, value in zip(node.keys, node.values, strict=True)
                    if isinstance(key, ast.Constant)
                }
                if not {"subject", "subject_id", "to_state"} <= keys.keys():
                    continue
                told = [
                    ("subject", keys["subject"]),
                    ("deed", keys.get("action")),
                    ("state", keys.get("from_state")),
                    ("state", keys["to_state"]),
                ]
            else:
                continue
            texts = {kind: [] for kind, _ in told}
            for kind, value in told:
                told_by = [names.get(text, text) for text in literals(value)]
                texts[kind] += [text for text in told_by if re.fullmatch("[a-z][a-z_]*", text)]
            for subject in texts["subject"]:
                found |= {(subject, kind, text) for kind, values in texts.items() for text in values}
    return found


def test_every_deed_and_state_in_the_trail_has_a_name() -> None:
    said = {
        "deed": deed_text,
        "state": lambda subject, state: trail_state(subject, "", state),
        "subject": lambda subject, _: LABELS["subject"].get(subject, subject),
    }
    written = written_changes()
    assert {subject for subject, _, _ in written} >= {
        "letter",
        "mail",
        "hint",
        "grid_list",
        "alarm",
        "suspect",
        "report",
    }
    assert sorted(one for one in written if said[one[1]](one[0], one[2]) == one[2]) == []
    english = words()
    for group in ("subject", "act", "action", "deed", *TRAIL):
        assert sorted(set(LABELS[group].values()) - english.keys()) == []


def test_a_contact_is_told_in_words(browser: Browser) -> None:
    form = {
        "region_code": YANGQUAN,
        "role": "to",
        "name": "甲市局",
        "address": "a@b.example",
        "valid_from": "2020-03-01",
        "reason": "换人",
    }
    assert browser.post("/contacts", form).status_code in (200, 303)
    english = Browser(browser.desk.open_house(), language="en")
    for asked, told in (
        (browser, ("联系人 阳泉市 主送 a@b.example 2020-03-01", "地区代码：140300；角色：主送")),
        (english, ("Yangquan To a@b.example", "Region code: 140300; Role: To")),
    ):
        page = asked.get("/audit?subject=contact").text
        for words_ in told:
            assert words_ in page
        assert not re.search("region_code|role[：:]|valid_", page)
    saved = browser.get("/audit.csv?subject=contact").text
    assert "地区代码：140300；角色：主送" in saved
    assert "region_code" not in saved


def test_english_deeds_and_states_begin_alike(browser: Browser) -> None:
    page = Browser(browser.desk.open_house(), language="en").get("/audit").text
    told = re.findall(r'data-name="(?:Action|State)">([^<]+)', page)
    assert told
    assert [one for one in told if not one[0].isupper() or re.search("→ [a-z]", one)] == []


def test_a_state_of_an_alarm_is_that_of_the_office_or_of_its_task() -> None:
    assert trail_state("alarm", "accept", "accepted") == LABELS["event"]["accepted"]
    assert trail_state("alarm", "chain accept", "accepted") == LABELS["chain_state"]["accepted"]
