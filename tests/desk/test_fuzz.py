"""Whatever comes in, no route breaks: requests made by schemathesis from the site's own OpenAPI, as it says and otherwise, and
hostile values for every parameter that it names."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from sqlalchemy import Engine, update

from include.desk.pages.access import form_token
from include.store import tables
from include.store.engine import open_engine, writing
from tests.desk.facts import NOW, PEOPLE, Browser, add_alarm, archive_in, house_of
from tests.post.samples import add_cities, released

_SCHEMA = get_openapi(title="desk", version="1", routes=Browser(None).site.routes)  # type: ignore[arg-type]
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in _SCHEMA["paths"].items()
    for method, operation in methods.items()
]
HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            "0",
            "-1",
            str(2**63),
            str(2**53),
            "1e400",
            "NaN",
            "\x00",
            "../../etc/passwd",
            "%00",
            "' or 1=1 --",
            "<script>",
            "{{7*7}}",
            "2020-03-12T08:30",
            "9999-12-31T23:59:59+23:59",
            "0001-01-01T00:00-23:59",
            "2020-02-30",
            "140300",
            "130100",
            "1",
            "T85711",
            "pdf",
            "true",
            "open",
            "=cmd|' /C calc'!A0",
            "\ud83d\ude00",
            "鄠瀍洺堌",
            "a" * 300,
        ]
    ),
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("fuzzed")
    (folder / "supervision.db").write_bytes(sqlite_template.read_bytes())
    engine: Engine = open_engine(f"sqlite:///{folder / 'supervision.db'}")
    add_alarm(engine, "A1", "03-11 06:00")
    add_cities(engine)
    released(engine, archive_in(folder))
    with writing(engine) as connection:
        connection.execute(update(tables.delivery).values(state="sent"))
    yield Browser(house_of(engine, folder))
    engine.dispose()


SCHEMA = schemathesis.openapi.from_dict(_SCHEMA)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=[f"{method} {path}" for method, path, _ in OPERATIONS]
)
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
@given(data=st.data())
def test_every_answer_is_one_that_the_openapi_names(
    prepared: Browser,
    method: str,
    path: str,
    operation: dict[str, Any],
    mode: GenerationMode,
    data: st.DataObject,
) -> None:
    asked = SCHEMA[path][method]
    free = (asked.path_parameters or asked.query or asked.body) and path != "/assets/{name}"  # takes any text
    if mode == GenerationMode.NEGATIVE and not free:
        return  # nothing of it can be wrong
    case = data.draw(asked.as_strategy(generation_mode=mode))
    options: dict[str, Any] = {"params": {name: str(value) for name, value in (case.query or {}).items()}}
    if method == "POST":
        body = case.body if isinstance(case.body, dict) else {}
        options["data"] = {name: str(value) for name, value in body.items() if name != "file"} | {
            "token": form_token(prepared.desk.secret, PEOPLE["duty"], NOW)
        }
    try:
        answer = prepared.ask(method, case.formatted_path, **options)
    except (httpx.InvalidURL, UnicodeEncodeError):
        return  # no browser could send it
    if answer.status_code >= 400:
        assert str(answer.status_code) in {*operation["responses"], "404"}, answer.text  # 404: another path


def fields(operation: dict[str, Any]) -> list[str]:
    """The names of the form that the operation takes."""
    content = operation.get("requestBody", {}).get("content", {})
    names: list[str] = []
    for kind in content.values():
        reference = kind["schema"].get("$ref") or kind["schema"].get("allOf", [{}])[0].get("$ref", "")
        names += _SCHEMA["components"]["schemas"].get(reference.rpartition("/")[2], {}).get("properties", {})
    return names


@pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=[f"{method} {path}" for method, path, _ in OPERATIONS]
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_value_breaks_a_route(
    prepared: Browser, method: str, path: str, operation: dict[str, Any], data: st.DataObject
) -> None:
    query: dict[str, str] = {}
    for parameter in operation.get("parameters", []):
        value = data.draw(HOSTILE, label=parameter["name"])
        if parameter["in"] == "path":
            path = path.replace(
                "{" + parameter["name"] + "}", quote(value.encode("utf-8", "replace"), safe="") or "0"
            )
        else:
            query[parameter["name"]] = value
    form = {name: data.draw(HOSTILE, label=name) for name in fields(operation) if name != "file"}
    if method == "POST":
        form["token"] = form_token(prepared.desk.secret, PEOPLE["duty"], NOW)
    try:
        answer = prepared.ask(method, path, params=query, **({"data": form} if form else {}))
    except (httpx.InvalidURL, UnicodeEncodeError):
        return  # no browser could send it
    assert answer.status_code < 500, answer.text


def test_every_operation_is_fuzzed() -> None:
    routes = {(method, route.path) for route in Browser(None).site.routes for method in route.methods}  # type: ignore[arg-type,union-attr]
    assert {
        (method, re.sub(r"\{(grid_id|alarm|case)\}", r"{\1:path}", path)) for method, path, _ in OPERATIONS
    } == routes
