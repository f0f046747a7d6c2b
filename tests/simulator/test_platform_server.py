"""The demo platform keeps the contract of docs/platform-api.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from include.errors import InputError, StateError
from include.simulator.platform_server import load_platform, platform_app, serving
from include.sources.kinds.platform import PATHS
from include.sources.layout import DATA_ORIGIN, LAYOUTS
from tests.sources.exports import write

CONTRACT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs/platform-api.yaml").read_text(encoding="utf-8")
)
SCHEMAS = {
    "alarms": "Alarm",
    "feedback": "FeedbackEvent",
    "problems": "Problem",
    "grids": "Grid",
    "contacts": "Contact",
}
# What a level above tells besides, and no platform need have.
BETWEEN_LEVELS = {"alarms": ("message_type", "status")}
MARCH = {"changed_from": "2020-03-01T00:00:00+08:00", "changed_until": "2020-04-01T00:00:00+08:00"}
TOKEN = {"authorization": "Bearer secret"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("exports")
    write(
        folder,
        "alarms",
        {"data_origin": "模拟数据"},
        {"revised_at": "2020-03-12T10:00+08:00", "alarm_count": "4"},
        {"alarm_id": "A2", "lon": "", "lat": "", "pushed_at": "2020-03-12T10:00+08:00"},
        {"alarm_id": "A3", "pushed_at": "2020-04-01T00:00+08:00"},
    )
    write(folder, "feedback", {})
    write(folder, "problems", {"rectified_at": "2020-04-02T00:00+08:00"})
    write(folder, "grids", {})
    write(folder, "contacts", {})
    with serving(platform_app(load_platform(folder, "secret"))) as url:
        yield url


def get(url: str, table: str, **query: Any) -> dict[str, Any]:
    window = MARCH if LAYOUTS[table].changes else {}
    answer = httpx.get(f"{url}{PATHS[table]}", params=window | query, headers=TOKEN)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize("table", LAYOUTS)
def test_the_contract_names_every_field(table: str) -> None:
    schema = CONTRACT["components"]["schemas"][SCHEMAS[table]]
    assert list(schema["properties"]) == [*LAYOUTS[table].names, *BETWEEN_LEVELS.get(table, ()), DATA_ORIGIN]
    assert schema["required"] == list(LAYOUTS[table].required)
    letters, reports = "/v1/letters", "/v1/feedback-reports"
    assert set(CONTRACT["paths"]) == {*PATHS.values(), letters, letters + "/{letter_key}/{role}", reports}


@pytest.mark.parametrize("table", LAYOUTS)
def test_pages_keep_the_contract(url: str, table: str) -> None:
    schemas = CONTRACT["components"]["schemas"]
    body = get(url, table)
    jsonschema.validate(body, schemas["Page"])
    for record in body["records"]:
        jsonschema.validate(record, schemas[SCHEMAS[table]])
    assert body["records"]


def test_a_window_holds_its_changes_in_their_order(url: str) -> None:
    body = get(url, "alarms")
    assert [(row["alarm_id"], row["alarm_count"], row["lon"]) for row in body["records"]] == [
        ("A1", 3, 113.62),
        ("A1", 4, 113.62),
        ("A2", 3, None),
    ]
    assert (body["total"], body["next_cursor"]) == (3, None)
    april = {"changed_from": "2020-04-01T00:00:00+08:00", "changed_until": "2020-05-01T00:00:00+08:00"}
    assert [row["alarm_id"] for row in get(url, "alarms", **april)["records"]] == ["A3"]
    # A problem changes when it is found and when it is rectified: it is in both windows.
    assert get(url, "problems")["total"] == get(url, "problems", **april)["total"] == 1


def test_a_cursor_leads_to_the_next_record(url: str) -> None:
    first = get(url, "alarms", limit=2)
    second = get(url, "alarms", limit=2, cursor=first["next_cursor"])
    assert [len(first["records"]), len(second["records"]), second["next_cursor"], first["total"]] == [
        2,
        1,
        None,
        3,
    ]
    assert first["records"] + second["records"] == get(url, "alarms")["records"]


@pytest.mark.parametrize(
    ("query", "headers", "status", "code"),
    [
        (MARCH, {}, 401, "unauthorized"),
        (MARCH, {"authorization": "Bearer wrong"}, 401, "unauthorized"),
        ({}, TOKEN, 400, "bad_request"),
        (MARCH | {"changed_from": "yesterday"}, TOKEN, 400, "bad_request"),
        (MARCH | {"cursor": "???"}, TOKEN, 400, "bad_request"),
    ],
)
def test_a_question_that_cannot_be_answered(
    url: str, query: dict[str, str], headers: dict[str, str], status: int, code: str
) -> None:
    answer = httpx.get(f"{url}/v1/alarms", params=query, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_taken_port_is_said(url: str) -> None:
    with pytest.raises(StateError, match="the port is taken"), serving(None, port=httpx.URL(url).port or 0):
        pass


def test_a_folder_without_exports_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run: python -m include simulate"):
        load_platform(tmp_path, "secret")
