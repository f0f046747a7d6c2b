"""The desk inside Airflow: its place in the side bar, Airflow's login and roles on every route, Airflow's connections."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.desk.test_pages import NAMES, ROUTES, path_of
from tests.plugins.installation import ROOT, install

pytestmark = pytest.mark.timeout(600)  # an API server takes its time to start


class Airflow:
    """Airflow's API server, asked through pipes."""

    def __init__(self, environment: dict[str, str], users: Sequence[str] = ()) -> None:
        command = [sys.executable, "-m", "tests.plugins.airflow_site", *users]
        self.process = subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(
        self, user: str, method: str, path: str, form: dict[str, str] | None = None, carrier: str = "cookie"
    ) -> tuple[int, str, dict[str, str]]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([user, method, path, form, carrier if user else ""]) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("@@"):
                status, text, headers = json.loads(line[2:])
                return status, text, headers
        raise AssertionError(
            "Airflow's API server stopped; run python -m tests.plugins.airflow_site to see why"
        )


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    server = Airflow(install(tmp_path_factory.mktemp("house")))
    with server.process:
        yield server
        assert server.process.stdin is not None
        server.process.stdin.close()


def test_today_opens_with_the_cookie_of_the_ui_and_with_a_token(airflow: Airflow) -> None:
    for carrier in ("cookie", "bearer"):
        status, page, _ = airflow.ask("admin", "GET", "/desk/?at=2020-03-12T08:30", carrier=carrier)
        assert (status, "各城市反馈情况" in page, 'href="/desk/cities/140300?at=' in page) == (
            200,
            True,
            True,
        )


# What a layer of the map cannot be asked for without.
WINDOW = {"start": "2020-03-11", "end": "2020-03-12", "hour": "2020-03-12T08:00"}


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=NAMES)
def test_airflow_guards_every_route(airflow: Airflow, method: str, route: Any) -> None:
    path = "/desk" + path_of(route)
    status, _, headers = airflow.ask("", method, path)
    assert (status, headers["x-content-type-options"]) == (401, "nosniff")
    assert airflow.ask("stranger", method, path, carrier="bearer")[0] in (401, 403)
    if method == "GET":
        asked = [one.name for one in route.dependant.query_params if one.field_info.is_required()]
        path += "?" * bool(asked) + "&".join(f"{name}={WINDOW[name]}" for name in asked)
        status, _, headers = airflow.ask("viewer", method, path)
        assert status in (200, 404) or (status == 303 and headers["location"].startswith("/desk/"))
    else:
        assert airflow.ask("viewer", method, path, {"reason": "试试"})[0] == 403


def test_a_write_stands_in_the_audit_trail_with_the_airflow_user(airflow: Airflow) -> None:
    page = airflow.ask("admin", "GET", "/desk/letters/1")[1]
    token = re.search(r'name="token" value="(\w+)"', page)
    assert token is not None
    assert airflow.ask("admin", "POST", "/desk/letters/1/rehearse", {"token": "other"})[0] == 403
    status, _, headers = airflow.ask("admin", "POST", "/desk/letters/1/rehearse", {"token": token[1]})
    assert (status, headers["location"]) == (303, "/desk/letters/1?done=rehearse")
    page = airflow.ask("admin", "GET", "/desk/letters/1")[1]
    assert re.search(r'data-name="何人">admin</td><td[^>]*>投递 排入发件箱', page)


def test_the_side_bar_and_the_tab_of_a_run_lead_to_the_desk(airflow: Airflow) -> None:
    status, text, _ = airflow.ask("admin", "GET", "/api/v2/plugins", carrier="bearer")
    assert status == 200
    [plugin] = [one for one in json.loads(text)["plugins"] if one["name"] == "desk"]
    assert [(one["name"], one["href"], one["destination"]) for one in plugin["external_views"]] == [
        ("督办台", "/desk/", "nav"),
        ("函件 Letters", "/desk/letters?dag_id={DAG_ID}&run_id={RUN_ID}", "dag_run"),
    ]
    for view in plugin["external_views"]:
        assert airflow.ask("viewer", "GET", view["icon"])[0] == 200


def test_loading_the_plugin_loads_nothing_heavy() -> None:
    """Every process of Airflow loads plugins; only the API server needs the pages."""
    tree = ast.parse((ROOT / "plugins" / "desk.py").read_text(encoding="utf-8"))
    at_import = {
        name.split(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        )
    }
    assert "include" not in at_import, "plugins/desk.py: import include inside functions"
