"""The served platform over HTTP: tokens, bounds, its contract, and what a caller may not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from include.errors import InputError, StateError
from include.exchange.site import LARGEST_BODY, Exchange, Turnstile, exchange_app
from include.exchange.tokens import make_token, revoke_token
from include.profile.current import using
from include.simulator.platform_server import serving
from include.store.engine import reading
from include.store.level_tables import platform_token, received_report
from include.store.tables import feedback_event, problem, quarantine
from tests.exchange.offices import CITY, Pair, add_alarm, decide, pair_in

CONTRACT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs/platform-api.yaml").read_text(encoding="utf-8")
)
DAY = timedelta(days=1)
SCHEMAS = {
    "/v1/alarms": "Alarm",
    "/v1/feedback-events": "FeedbackEvent",
    "/v1/problems": "Problem",
    "/v1/letters": "Letter",
    "/v1/feedback-reports": "TakenReport",
}
WINDOW = {"changed_from": "2020-03-01T00:00:00+08:00", "changed_until": "2020-04-01T00:00:00+08:00"}
STEP = {
    "feedback": {
        "alarm_id": "A1",
        "event": "submitted",
        "event_at": "2020-03-10T08:05:00+08:00",
        "note": "已查",
        "problem_found": True,
    }
}
KEY = "k" * 24


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = pair_in(tmp_path)
    add_alarm(pair.upper, "A1")
    add_alarm(pair.upper, "B1", unit_code="370300")
    pair.upper.true.pass_time(timedelta(minutes=10))
    with using(pair.upper.profile):
        yield pair


@pytest.fixture
def web(pair: Pair) -> Iterator[httpx.Client]:
    app = exchange_app(Exchange(pair.upper.house, pair.upper.clock))
    headers = {"authorization": f"Bearer {pair.source.token}"}
    with serving(app) as url, httpx.Client(base_url=url, headers=headers, timeout=120) as client:
        yield client


def post(web: httpx.Client, body: Any, key: str = KEY, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return web.post("/v1/feedback-reports", content=content, headers={"idempotency-key": key, **headers})


def rows(pair: Pair, table: Any) -> list[Any]:
    with reading(pair.upper.engine) as connection:
        return list(connection.execute(table.select()))


def test_every_address_needs_a_token(pair: Pair) -> None:
    exchange = Exchange(pair.upper.house, pair.upper.clock)
    for path in (*SCHEMAS, "/v1/grids", "/v1/contacts", "/", "/v1/letters/x/pdf"):
        for told in ("", "Bearer ", "Bearer qly_wrong", "Basic qly_x", "Bearer qly_" + "x" * 5000):
            found = exchange.answer("GET", path, WINDOW, {"authorization": told}, b"")
            assert (found.status, found.body["error"]["code"]) == (401, "unauthorized")
    found = exchange.answer("POST", "/v1/feedback-reports", {}, {"idempotency-key": KEY}, b"{}")
    assert found.status == 401


def test_what_has_no_windows_is_read_whole(web: httpx.Client) -> None:
    for path in ("/v1/grids", "/v1/contacts", "/v1/stations"):
        assert web.get(path, params={"limit": "1000"}).json()["records"] == []


def test_a_token_ends_by_itself_and_by_a_person_and_is_kept_as_its_sum_alone(
    pair: Pair, web: httpx.Client
) -> None:
    token = pair.source.token or ""
    assert token not in str(rows(pair, platform_token))
    assert web.get("/v1/alarms", params=WINDOW).status_code == 200
    pair.upper.true.pass_time(366 * DAY)
    assert web.get("/v1/alarms", params=WINDOW).status_code == 401
    with pytest.raises(InputError, match="a reason is needed"):
        revoke_token(pair.upper.engine, 1, now=pair.upper.clock(), actor="duty", reason="")
    revoke_token(pair.upper.engine, 1, now=pair.upper.clock(), actor="duty", reason="换系统")
    with pytest.raises(StateError, match="no token"):
        revoke_token(pair.upper.engine, 1, now=pair.upper.clock(), actor="duty", reason="换系统")
    pair.upper.true.pass_time(-366 * DAY)
    assert web.get("/v1/alarms", params=WINDOW).status_code == 401


@pytest.mark.parametrize(("unit", "life"), [("999999", DAY), (CITY, timedelta(0)), (CITY, 401 * DAY)])
def test_a_token_for_nobody_or_for_ever_is_refused(pair: Pair, unit: str, life: timedelta) -> None:
    with pytest.raises(InputError):
        make_token(pair.upper.engine, unit, "", life, now=pair.upper.clock(), actor="test")


def test_a_province_sees_its_cities_and_a_city_only_itself(pair: Pair, web: httpx.Client) -> None:
    def seen(**headers: str) -> list[str]:
        pair.upper.true.pass_time(timedelta(minutes=1))
        web.get("/v1/alarms", params=WINDOW, headers=headers)
        return [
            one["alarm_id"] for one in web.get("/v1/alarms", params=WINDOW, headers=headers).json()["records"]
        ]

    token = make_token(pair.upper.engine, "370000", "山东", DAY, now=pair.upper.clock(), actor="test")
    assert seen() == ["A1"]
    assert seen(authorization=f"Bearer {token}") == ["A1", "B1"]


def test_pages_keep_the_contract_and_add_up(pair: Pair, web: httpx.Client) -> None:
    for number in range(7):
        add_alarm(pair.upper, f"C{number}")
        decide(pair.upper, f"C{number}", "submitted")
    decide(pair.upper, "C0", "dispute_upheld")
    post(web, STEP)
    pair.upper.true.pass_time(timedelta(minutes=5))
    resolver = {"components": CONTRACT["components"]}
    for path, name in SCHEMAS.items():
        cursor, found, total = "", [], None
        while True:
            query = {**WINDOW, "limit": "3", **({"cursor": cursor} if cursor else {})}
            told = web.get(path, params=query)
            assert told.status_code == 200, told.text
            body = told.json()
            jsonschema.validate(body, {**resolver, "$ref": "#/components/schemas/Page"})
            for record in body["records"]:
                jsonschema.validate(record, {**resolver, "$ref": f"#/components/schemas/{name}"})
            found += body["records"]
            total = body["total"]
            cursor = body["next_cursor"]
            if not cursor:
                break
        assert len(found) == total
        if path == "/v1/alarms":
            types = {one["alarm_id"]: one["message_type"] for one in found}
            assert types["C0"] == "Cancel"
            assert types["C1"] == "Alert"


def test_a_report_is_taken_once_however_often_it_comes(pair: Pair, web: httpx.Client) -> None:
    first = post(web, STEP)
    assert first.status_code == 201
    jsonschema.validate(
        first.json(), {"components": CONTRACT["components"], "$ref": "#/components/schemas/TakenReport"}
    )
    pair.upper.true.pass_time(timedelta(hours=1))
    again = post(web, STEP)
    assert again.status_code == 200
    assert again.json() == first.json()
    other = {"feedback": {**STEP["feedback"], "note": "另一份"}}
    assert post(web, other).status_code == 409
    assert len(rows(pair, feedback_event)) == len(rows(pair, received_report)) == 1


def test_a_forged_receipt_counts_for_nothing_and_a_true_one_only_for_its_report(
    pair: Pair, web: httpx.Client
) -> None:
    receipt = post(web, STEP).json()["receipt"]
    pair.upper.true.pass_time(timedelta(hours=30))
    other = {"feedback": {**STEP["feedback"], "note": "另一份"}}
    told = post(web, other, key="z" * 24, **{"report-receipt": receipt}).json()
    assert told["received_at"] == pair.upper.clock().astimezone(UTC).isoformat()
    for forged in ("x", "a.b", receipt[:-4] + "AAA=", "." * 50):
        told = post(web, other, key=forged.encode().hex()[:40].ljust(24, "0"), **{"report-receipt": forged})
        assert told.json()["received_at"] == pair.upper.clock().astimezone(UTC).isoformat()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[" * 50_000, 400),
        ([], 422),
        ({}, 422),
        ({"feedback": {}}, 422),
        ({"feedback": {"alarm_id": "A1", "event": "submitted"}, "problem": {}}, 422),
        ({"feedback": {"alarm_id": "A1", "event": "accepted"}}, 422),
        ({"feedback": {"alarm_id": "A1", "event": "closed"}}, 422),
        ({"feedback": {"alarm_id": "A1", "event": ["submitted"]}}, 422),
        ({"feedback": {"alarm_id": "A1", "event": "submitted", "is_admin": True}}, 422),
        ({"feedback": {"alarm_id": "A1", "event": "submitted", "note": "\ud800"}}, 422),
        ({"feedback": {"alarm_id": "A1\x00", "event": "submitted"}}, 422),
        ({"feedback": {"alarm_id": "A1", "event": "submitted", "note": "长" * 10_001}}, 422),
        ({"feedback": {"alarm_id": "A1", "event": "submitted", "data_origin": "模拟数据"}}, 422),
        ({"feedback": {"alarm_id": "B1", "event": "submitted"}}, 404),
        ({"feedback": {"alarm_id": "no such", "event": "submitted"}}, 404),
        ({"problem": {"alarm_id": "A1", "problem_id": "P1", "category": "不明"}}, 422),
    ],
)
def test_bad_reports_change_nothing(pair: Pair, web: httpx.Client, body: Any, status: int) -> None:
    assert post(web, body).status_code == status
    assert rows(pair, feedback_event) == rows(pair, problem) == []


def test_a_body_too_large_is_not_read_to_its_end(pair: Pair, web: httpx.Client) -> None:
    assert post(web, b"x" * (LARGEST_BODY + 1)).status_code == 413
    assert rows(pair, quarantine) == []


@pytest.mark.parametrize("key", ["", "short", "k" * 65, "k" * 23 + "ß"])
def test_a_key_that_is_none_is_refused(web: httpx.Client, key: str) -> None:
    headers = [(b"idempotency-key", key.encode("latin-1"))]
    content = json.dumps(STEP).encode()
    assert web.post("/v1/feedback-reports", content=content, headers=headers).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"changed_from": "yesterday", "changed_until": "2020-04-01T00:00:00+08:00"},
        {"changed_from": "2020-03-01T00:00:00", "changed_until": "2020-04-01T00:00:00+08:00"},
        {**WINDOW, "limit": "0"},
        {**WINDOW, "limit": "many"},
        {**WINDOW, "cursor": "WzEsIDJd"},
        {**WINDOW, "cursor": "!!"},
    ],
)
def test_a_question_that_is_none_is_refused(web: httpx.Client, query: dict[str, str]) -> None:
    assert web.get("/v1/alarms", params=query).status_code == 400


def test_a_token_asks_so_often_and_no_more(pair: Pair) -> None:
    exchange = Exchange(pair.upper.house, pair.upper.clock, Turnstile(2), Turnstile(1))
    headers = {"authorization": f"Bearer {pair.source.token}"}
    found = [exchange.answer("GET", "/v1/grids", {}, headers, b"").status for _ in range(3)]
    assert found == [200, 200, 429]
    assert [exchange.answer("GET", "/v1/grids", {}, {}, b"").status for _ in range(2)] == [401, 429]


def test_simulated_alarms_are_exercises_all_the_way(pair: Pair, web: httpx.Client) -> None:
    add_alarm(pair.upper, "S1", is_simulated=True)
    web.get("/v1/alarms", params=WINDOW)
    records = {one["alarm_id"]: one for one in web.get("/v1/alarms", params=WINDOW).json()["records"]}
    assert records["S1"]["status"] == "Exercise"
    assert records["S1"]["data_origin"] == "模拟数据"
    assert records["A1"]["status"] == "Actual"
    body = {"feedback": {**STEP["feedback"], "alarm_id": "S1"}}
    assert post(web, body).status_code == 201
    (row,) = rows(pair, feedback_event)
    assert row.is_simulated
