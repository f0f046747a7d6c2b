"""The pages as a browser gets them: permissions route by route, forms, headers, escaping, languages."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy import Engine, insert, update

from include.desk.colours import RATES
from include.desk.pages import (
    alarm,
    city,
    contacts,
    exports,
    field,
    letter,
    letters,
    mails,
    network,
    places,
    ranking,
    refusals,
    search,
    signing,
    today,
    units,
    uploads,
    view,
)
from include.desk.pages.desk import Airflow
from include.desk.pages.view import LABELS, language_of
from include.desk.signing import POINTS
from include.field.steps import STEPS
from include.geo.boundaries import map_notice
from include.geo.nearest import DIRECTIONS
from include.letter_kinds import LETTER_KINDS
from include.office.field_decisions import STATES as FIELD_STATES
from include.office.field_decisions import WORDS as FIELD_WORDS
from include.office.hints import STATES as HINT_STATES
from include.office.mailroom.tray import SETTLED
from include.office.suspect_tables import VERDICT_WORDS
from include.office.waiting import ABOUT_CONTACTS, TOPICS
from include.post.drafts import draft
from include.replies.verdict import KINDS as MAIL_KINDS
from include.sources.layout import LAYOUTS
from include.store import tables
from include.store.engine import writing
from include.supervision.answer_quality import AnswerQuality
from include.suspects.hits import METHODS
from include.suspects.rules import SUBMETER_RULES
from include.suspects.wording import KINDS, LEVELS
from tests.desk.facts import NOW, YANGQUAN, Browser, add_alarm, add_event, archive_in, house_of, moment
from tests.post.samples import (
    File,
    Letter,
    add_cities,
    audit_rows,
    composition,
    deliveries,
    facts,
    released,
)

PAGES = Path(view.__file__).parent
VALUES = {
    "unit_code": YANGQUAN,
    "letter_id": "1",
    "mail_id": "1",
    "place": "0",
    "role": "pdf",
    "grid_id": "T85711",
    "alarm_id": "W1",
    "alarm": "A1",
    "case": "T85711-1",
    "row": "1",
    "delivery_id": "1",
    "name": "desk.css",
    "list_id": "1",
    "sha256": "0" * 64,
    "unit": YANGQUAN,
}


@pytest.fixture
def store(engine: Engine, tmp_path: Path) -> Engine:
    add_alarm(engine, "A1", "03-11 06:00")
    add_event(engine, "A1", "submitted", "03-11 18:00", note="<script>alert(1)</script>")
    add_cities(engine)
    released(engine, archive_in(tmp_path))
    return engine


@pytest.fixture
def browser(store: Engine, tmp_path: Path) -> Browser:
    return Browser(house_of(store, tmp_path))


def routes() -> list[tuple[str, APIRoute]]:
    """Every route of the desk, by method."""
    site = Browser(None).site  # type: ignore[arg-type]
    found = [route for route in site.routes if isinstance(route, APIRoute)]
    assert len(found) == len(site.routes), "a route that is no APIRoute carries no permission"
    return [(method, route) for route in found for method in sorted(route.methods)]


def path_of(route: APIRoute) -> str:
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda name: VALUES[name[1]], route.path)


def calls(dependant: Dependant) -> set[str]:
    names = {getattr(dependant.call, "__qualname__", "")}
    return names.union(*(calls(each) for each in dependant.dependencies))


ROUTES = routes()
NAMES = [f"{method} {route.path}" for method, route in ROUTES]


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=NAMES)
def test_every_route_has_a_permission(method: str, route: APIRoute) -> None:
    asked = calls(route.dependant)
    if method == "GET":
        assert "access.<locals>.reader" in asked, f"{route.path}: give it `visitor: Visitor = desk.reading`"
    else:
        assert "access.<locals>.operator" in asked, (
            f"{route.path}: a write needs `visitor: Visitor = desk.acting`"
        )
        assert "Desk.acting.<locals>.operator" in asked, (
            f"{route.path}: a write must come from a form of ours"
        )


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=NAMES)
def test_nobody_gets_in_without_a_login_and_a_reader_writes_nothing(
    method: str, route: APIRoute, tmp_path: Path
) -> None:
    stranger, guest = Browser(None, user="nobody"), Browser(None, user="guest")  # type: ignore[arg-type]
    assert stranger.ask(method, path_of(route)).status_code == 401
    if method != "GET":
        assert guest.post(path_of(route), {"reason": "想试试"}).status_code == 403


def test_every_answer_carries_the_headers(browser: Browser) -> None:
    for path in ("/", "/letters/1", "/assets/desk.js", "/nowhere", "/letters/0"):
        headers = browser.get(path).headers
        assert "unsafe" not in headers["content-security-policy"], path
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'"), path
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "SAMEORIGIN"), (
            path
        )


def test_the_pages_hold_no_style_and_no_script_of_their_own() -> None:
    for template in sorted(PAGES.glob("*.html")):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|https?://|\|\s*safe|Markup", text), (
            template.name
        )
        for script in re.findall(r"<script[^>]*>", text):
            assert re.fullmatch(r'<script src="\{\{ root \}\}/assets/\w+\.js" defer>', script), template.name


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("0" * 64, {}),
        (None, {"origin": "http://evil.example"}),
        (None, {"origin": "null"}),
        (None, {"sec-fetch-site": "cross-site"}),
        (None, {"sec-fetch-site": "same-site"}),
    ],
)
def test_a_form_of_another_site_does_nothing(
    browser: Browser, store: Engine, token: str | None, headers: dict[str, str]
) -> None:
    before = audit_rows(store, "delivery")
    answer = browser.post("/letters/1/rehearse", token=token, headers=headers)
    assert (answer.status_code, audit_rows(store, "delivery")) == (403, before)


def test_a_body_that_no_form_of_ours_sends_is_cut_off(browser: Browser) -> None:
    answer = browser.post(
        "/contacts/import", {"reason": "x"}, files={"file": ("contacts.csv", b"x" * 3_000_000)}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?sort=overdue",
        f"/cities/{YANGQUAN}",
        "/letters",
        "/letters/1",
        "/season",
        "/network",
        "/treatment",
        "/treatment?date=2020-03-08",
        "/map",
        "/contacts",
        "/quarantine",
        "/grids/T85711",
        "/alarms/A1",
    ],
)
@pytest.mark.parametrize("language", ["zh-CN,zh;q=0.9", "en-GB,en;q=0.8"])
def test_every_page_opens_in_both_languages(store: Engine, tmp_path: Path, path: str, language: str) -> None:
    answer = Browser(house_of(store, tmp_path), language=language).get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f'<html lang="{"en" if language.startswith("en") else "zh-CN"}">' in answer.text
    assert (">Waiting for a person <" in answer.text) == (
        path in ("/", "/?sort=overdue") and language.startswith("en")
    )


def test_what_comes_from_outside_is_escaped(browser: Browser) -> None:
    page = browser.get(f"/cities/{YANGQUAN}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert '"><b>' not in browser.get('/letters?dag_id="><b>&run_id="><b>').text


@pytest.mark.parametrize(
    "path",
    [
        "/?at=tomorrow",
        "/?at=9999-12-31T23:59",
        "/?at=0001-01-01",
        "/?sort=x",
        "/cities/1",
        "/cities/999999",
        "/letters/99",
        "/letters/0",
        f"/letters/{2**70}",
        "/letters?day=2020-13-45",
        "/grids/nope",
        "/watch/nope",
        "/alarms/nope",
        "/alarms/A1?at=2020-03-10T00:00",
        "/alarms/A1?known=2",
        "/grids/a%00b",
        "/letters/1/files/secret",
        "/assets/../site.py",
        "/assets/%2e%2e%2fsite.py",
        "/quarantine/5",
        "/deliveries/99/mail",
    ],
)
def test_what_cannot_be_shown_is_refused(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code in (400, 404, 422)


def test_files_come_from_the_archive_with_their_types(browser: Browser) -> None:
    pdf = browser.get("/letters/1/files/pdf")
    assert (pdf.headers["content-type"], pdf.content[:8]) == ("application/pdf", b"%PDF-1.7")
    assert pdf.headers["content-disposition"].startswith(
        "inline; filename=\"letter.pdf\"; filename*=UTF-8''%E6%8F%90"
    )
    page = browser.get("/letters/1/files/html")
    assert (page.headers["content-type"], page.headers["content-disposition"][:10]) == (
        "application/octet-stream",
        "attachment",
    )
    mail = browser.get("/letters/1/mail")
    assert mail.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    sent = browser.get("/deliveries/1/mail")
    assert (sent.headers["content-type"], b"X-Qianliyan-Letter: notice_140300" in sent.content) == (
        "message/rfc822",
        True,
    )


def test_a_changed_file_is_not_served(browser: Browser, tmp_path: Path) -> None:
    for path in (tmp_path / "archive").rglob("*"):
        if path.is_file():
            path.write_bytes(b"other")
    answer = browser.get("/letters/1/files/pdf")
    assert (answer.status_code, "存档文件已被改动" in answer.text) == (400, True)


def test_a_letter_is_withheld_with_a_reason_by_name(browser: Browser, store: Engine, tmp_path: Path) -> None:
    drafted = draft(
        store, archive_in(tmp_path), facts(unit_code="140100"), composition(), now=NOW, actor="run"
    )
    answer = browser.post(f"/letters/{drafted.letter_id}/withhold", {"reason": "数据有误"})
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/desk/letters/{drafted.letter_id}?done=withhold",
    )
    assert audit_rows(store, "letter")[-1][1:] == ("withhold", "drafted", "withheld")
    page = browser.get(f"/letters/{drafted.letter_id}?done=withhold").text
    assert "已暂不发送。" in page
    assert re.search(r"<td[^>]*>duty</td>.*数据有误", page, re.DOTALL)


@pytest.mark.parametrize("reason", ["", " ", "\x00"])
def test_an_action_needs_a_reason(browser: Browser, store: Engine, reason: str) -> None:
    assert browser.post("/letters/1/withhold", {"reason": reason}).status_code == 422


def test_an_unknown_delivery_is_settled_and_a_settled_letter_goes_again(
    browser: Browser, store: Engine
) -> None:
    with writing(store) as connection:
        connection.execute(update(tables.delivery).values(state="unknown"))
    assert browser.post("/letters/1/resend", {"reason": "没收到"}).status_code == 409
    page = browser.get("/letters/1").text
    assert "处理结果不明" in page
    done = browser.post(
        "/letters/1/resolve", {"reason": "电话核实", "outcome": "arrived", "address": "to140300@city.example"}
    )
    assert done.headers["location"] == "/desk/letters/1?done=resolve"
    assert deliveries(store) == {"to140300@city.example": "sent", "cc140300@city.example": "unknown"}
    browser.post("/letters/1/resolve", {"reason": "电话核实", "outcome": "arrived"})
    assert (
        browser.post("/letters/1/resend", {"reason": "没收到"}).headers["location"]
        == "/desk/letters/1?done=resend"
    )
    assert deliveries(store) == {"to140300@city.example": "queued", "cc140300@city.example": "queued"}


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        ("sent", 250, "<code>250 2.0.0 Ok</code>"),
        ("refused", 550, "<code>550 5.1.1 User unknown</code>"),
        ("refused", 250, "服务器收下后退回 <code>550 5.1.1 User unknown</code>"),
    ],
)
def test_a_bounce_is_not_the_answer_of_the_server_that_took_the_mail(
    browser: Browser, store: Engine, state: str, code: int, said: str
) -> None:
    text = "2.0.0 Ok" if state == "sent" else f"{'550 ' if code == 250 else ''}5.1.1 User unknown"
    with writing(store) as connection:
        connection.execute(update(tables.delivery).values(state=state, smtp_code=code, smtp_text=text))
    page = browser.get("/letters/1").text
    assert said in page
    assert "250 550" not in page


def test_a_rehearsal_goes_to_the_duty_officers(browser: Browser, store: Engine) -> None:
    assert browser.post("/letters/1/rehearse").status_code == 303
    assert deliveries(store)["zhiban@supervision.example"] == "queued"


def test_a_rejected_letter_stays(browser: Browser, store: Engine, tmp_path: Path) -> None:
    drafted = draft(
        store, archive_in(tmp_path), facts(unit_code="140100"), composition(), now=NOW, actor="run"
    )
    assert browser.post(f"/letters/{drafted.letter_id}/reject", {"reason": "不必发"}).status_code == 303
    answer = browser.post(f"/letters/{drafted.letter_id}/withhold", {"reason": "再想想"})
    assert (answer.status_code, "函件状态为不签发，不能改为暂不发送" in answer.text) == (409, True)


def test_a_run_leads_to_its_letters(browser: Browser, store: Engine, tmp_path: Path) -> None:
    hostile = Letter("标题 <b>", (*composition().files, File("xlsx", "反馈表.xlsx", "a.xlsx", "x/x", b"PK")))
    draft(
        store,
        archive_in(tmp_path),
        facts(unit_code="140100"),
        hostile,
        now=NOW,
        actor="run",
        run_id="daily_dispatch/manual__1+00:00",
    )
    page = browser.get("/letters", params={"dag_id": "daily_dispatch", "run_id": "manual__1+00:00"}).text
    assert re.findall(r'href="/desk/letters/(\d+)', page) == ["2"]
    assert 'href="/dags/daily_dispatch/runs/manual__1%2B00%3A00" data-airflow' in page
    assert "标题 &lt;b&gt;" in browser.get("/letters/2").text


def test_a_quarantined_row_is_corrected_and_replayed(browser: Browser, store: Engine) -> None:
    fields = '{"alarm_id": "A9", "event": "submitted", "event_at": "2020-03-11T09:00"}'
    with writing(store) as connection:
        connection.execute(
            insert(tables.quarantine).values(
                source="test",
                kind="feedback",
                origin="feedback.csv:2",
                field="alarm_id",
                value="A9",
                reason="报警未知",
                row_json=fields,
                row_hash="1" * 64,
                fields_json=fields,
                received_at=NOW,
                state="open",
            )
        )
    assert 'name="field.alarm_id" value="A9"' in browser.get("/quarantine/1").text
    still_wrong = browser.post("/quarantine/1/correct", {"reason": "笔误", "field.alarm_id": "A8"})
    assert (still_wrong.status_code, "报警未知" in still_wrong.text) == (409, True)
    done = browser.post("/quarantine/1/correct", {"reason": "笔误", "field.alarm_id": "A1"})
    assert done.headers["location"] == "/desk/quarantine?done=1-0"
    assert [row[1] for row in audit_rows(store, "quarantine")] == ["correct", "correct", "replay"]
    assert browser.post("/quarantine/1/discard", {"reason": "重复"}).status_code == 409


def test_contacts_are_kept_by_form_and_by_file(browser: Browser, store: Engine) -> None:
    row = {
        "region_code": "130100",
        "role": "to",
        "name": "石家庄市局",
        "address": "dudu@sjz.example",
        "valid_from": "2020-03-01",
    }
    assert (
        browser.post("/contacts", {**row, "reason": "新设"}).headers["location"]
        == "/desk/contacts?region=130100&done=1-0"
    )
    bad = browser.post("/contacts", {**row, "address": "x", "reason": "新设"})
    assert (bad.status_code, "没有保存任何一行" in bad.text) == (409, True)
    file = {"file": ("contacts.csv", browser.get("/contacts.csv").content)}
    for changed in (2, 0):  # the two that the test put in have no true content hash
        done = browser.post("/contacts/import", {"reason": "整理"}, files=file)
        assert done.headers["location"] == f"/desk/contacts?region=&done=0-{changed}"


def test_the_season_in_figures_and_as_csv(browser: Browser) -> None:
    lines = browser.get("/season.csv?at=2020-03-12T08:30").text.removeprefix("\ufeff").splitlines()
    assert lines[0] == "日期,推送,已反馈,到期,按期,超期未反馈,问题,查出问题的报警,截至（北京时间）"
    assert (lines[11], lines[-1], len(lines)) == (
        "2020-03-11,1,1,1,1,0,0,0,2020-03-12 08:30",
        "合计,1,1,1,1,0,0,0,2020-03-12 08:30",
        14,
    )


def test_a_guest_sees_no_action(store: Engine, tmp_path: Path) -> None:
    page = Browser(house_of(store, tmp_path), user="guest").get("/letters/1").text
    assert 'method="post"' not in page
    assert "只读" in page


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9", "en"),
        ("fr,en;q=0.5,zh;q=0.6", "zh"),
        ("en;q=0", "zh"),
        ("x;q=y", "zh"),
    ],
)
def test_the_first_language_that_we_speak(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


def test_the_first_page_shows_the_last_day_with_an_alarm_and_says_so(store: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(store, tmp_path))
    assert "显示最后有报警的一天" not in browser.get("/").text
    later = Browser(house_of(store, tmp_path), now=moment("03-25 10:00"))
    page = later.get("/").text
    assert "显示最后有报警的一天之后的早晨，2020-03-12 08:30" in page
    assert re.search(r"3月11日推送|2020-03-11推送", page)


def test_what_is_paused_is_said_in_red_with_the_way_to_switch_it_on(store: Engine, tmp_path: Path) -> None:
    paused = Browser(
        house_of(store, tmp_path),
        airflow=Airflow(
            paused=lambda: frozenset(
                {"post_round", "answer_round", "daily_dispatch", "hourly_watch", "publish"}
            )
        ),
    )
    page = paused.get("/").text
    assert '<p class="problem" role="alert">“投递轮次”已停用' in page
    assert 'href="/dags/post_round"' in page
    others = page.partition("已停用，不会按时自动运行（点开启用）：")[2].partition("</p>")[0]
    assert re.findall("/dags/([a-z_]+)", others) == [
        "daily_dispatch",
        "answer_round",
    ]  # no stations, no watch
    assert "已停用" not in Browser(house_of(store, tmp_path)).get("/").text


def test_every_change_in_the_audit_trail_has_a_name() -> None:
    rooms = [*(PAGES.parents[1] / "post").glob("*.py"), PAGES.parents[1] / "office" / "uploads.py"]
    written = "".join(path.read_text(encoding="utf-8") for path in rooms)
    actions = set(re.findall(r'\baction="(\w+)"', written)) | {"resolve_arrived", "resolve_again"}
    actions |= set(re.findall(r'(?:Change\("(?:letter|delivery)", [^,]+|_change\([^,]+), "(\w+)"', written))
    assert actions == set(LABELS["action"])


def test_every_column_of_intake_has_a_name_for_people() -> None:
    columns = {field.name for layout in LAYOUTS.values() for field in layout.fields}
    assert sorted(columns - set(LABELS["field"])) == []


def said_in(path: Path) -> set[str]:
    """The Chinese texts that a module says or returns."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = (
        one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )
    return {text for text in texts if re.search(r"[\u3000-\u9fff\uff00-\uffef]", text)}


def details_of(path: Path) -> set[str]:
    """The Chinese details of the refusals of a module."""
    found = re.findall(r'HTTPException\(\d+, "([^"]+)"', path.read_text(encoding="utf-8"))
    return {text for text in found if not text.isascii()}


def test_every_text_has_its_english() -> None:
    used = {text for group in LABELS.values() for text in group.values()}
    used |= {kind.label for kind in LETTER_KINDS.values()}
    for template in PAGES.glob("*.html"):
        source = template.read_text(encoding="utf-8")
        used |= set(re.findall(r"\bt\('([^']+)'", source))
        bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
        assert not re.search(r"[\u4e00-\u9fff]", bare), f"{template.name}: put Chinese texts into t('…')"
    used |= {
        *TOPICS.values(),
        *(name for _, name, _ in today.COLUMNS),
        *(name for _, _, name in RATES),
    }
    used |= {
        *city.STANDINGS.values(),
        *letter.SAID.values(),
        *alarm.ACTED.values(),
        *(asked for asked, _ in ABOUT_CONTACTS.values()),
        *(name for answers in contacts.ANSWERS.values() for name in answers.values()),
        map_notice(),
        "督办",
        "提醒",
        "核实地址",
        *"一二三四五六日",
        *network.FLAG_WORDS.values(),
        *HINT_STATES.values(),
        *MAIL_KINDS.values(),
        *SETTLED.values(),
        *mails.CLOCKS.values(),
        *mails.AUTHENTICITY.values(),
        "来信",
        *FIELD_STATES.values(),
        *field.DEVICE_STATES.values(),
        *FIELD_WORDS,
        *(word for word in field.RECTIFICATIONS.values() if word),
        *(step.label for step in STEPS.values()),
        *units.BOOK.words,
        *places.BOOK.words,
        *KINDS.values(),
        *LEVELS.values(),
        *METHODS,
        *VERDICT_WORDS.values(),
        *(rule.words for rule in SUBMETER_RULES),
        *POINTS,
        *network.STATION_WORDS.values(),
        *signing.SAID_HERE.values(),
        *signing.STANDINGS.values(),
        *signing.SAID.values(),
        *search.TOPICS.values(),
        *exports.HEADS.values(),
        exports.TOTAL,
        exports.CUT,
        *search._NOT_THERE.values(),
        *letters.ACTIONS.values(),
        *city.NOTE_WORDS.values(),
        *uploads.OUTCOMES.values(),
        *refusals.HEADLINES.values(),
        *refusals.TODOS.values(),
        *refusals.FIELDS.values(),
        *refusals.ADVICE.values(),
        *said_in(PAGES / "refusals.py"),
        *(text for path in PAGES.glob("*.py") for text in details_of(path)),
        "签收",
        "反馈",
        "验收",
        "整改",
    }
    used |= {
        "今日",
        "函件",
        "签发",
        "排名",
        *ranking.WINDOWS.values(),
        *ranking.ALONE.values(),
        *ranking.SORTS.values(),
        "审计",
        "地图",
        "监管期",
        "隔离",
        "站点",
        "抽查",
        "联系人",
        "近7日",
        "本月",
        *AnswerQuality("", "").shares,
        *DIRECTIONS,
    }
    english: dict[str, Any] = yaml.safe_load((PAGES / "words.yaml").read_text(encoding="utf-8"))
    assert sorted(used - set(english)) == []
    assert sorted(set(english) - used) == []
