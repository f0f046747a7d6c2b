"""People who log in by Airflow's FAB provider, with the roles of docs/deployment/roles.sh, against every route of the desk.

Runs in the environment of `make fab-test`; the provider does not stand among the packages of the others.
"""

import importlib.util
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.desk.test_pages import NAMES, ROUTES, path_of
from tests.plugins.installation import ROOT, install, password_of
from tests.plugins.test_desk import WINDOW, Airflow

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        importlib.util.find_spec("airflow.providers.fab") is None,
        reason="needs Airflow's FAB provider: make fab-test",
    ),
]

FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
ROLES = {"reader": "reader", "leader": "leader", "officer": "duty_officer", "administrator": "Admin"}
# What the role may do, of what stands behind the desk and Airflow's own pages.
MAY_ACT = {"reader": False, "leader": False, "officer": True, "administrator": True}
_STALE = "页面已过期，或请求不是从督办台发出的"
MAY_SIGN = {"reader": False, "leader": True, "officer": True, "administrator": True}


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    environment = install(tmp_path_factory.mktemp("house"), {"AIRFLOW__CORE__AUTH_MANAGER": FAB})
    subprocess.run(
        [ROOT / "docs/deployment/roles.sh"], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    for user, role in ROLES.items():
        named = [
            "--username",
            user,
            "--firstname",
            user,
            "--lastname",
            user,
            "--email",
            f"{user}@office.example",
        ]
        subprocess.run(
            ["airflow", "users", "create", *named, "--role", role, "--password", password_of(user)],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    server = Airflow(environment, list(ROLES))
    with server.process:
        yield server
        assert server.process.stdin is not None
        server.process.stdin.close()


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=NAMES)
def test_every_role_against_every_route(airflow: Airflow, method: str, route: Any) -> None:
    path = "/desk" + path_of(route)
    assert airflow.ask("", method, path)[0] == 401
    if method == "GET":
        asked = [one.name for one in route.dependant.query_params if one.field_info.is_required()]
        path += "?" * bool(asked) + "&".join(f"{name}={WINDOW[name]}" for name in asked)
        answers = {user: airflow.ask(user, method, path)[0] for user in ROLES}
        assert set(answers.values()) <= {200, 303, 404}, answers
        return
    refused = {user: airflow.ask(user, method, path, {"reason": "试试"}) for user in ROLES}
    # Who may act is stopped by the missing token of the form, which says so; whoever may not, by Airflow before that.
    assert {user: status for user, (status, _, _) in refused.items()} == dict.fromkeys(ROLES, 403)
    assert {user: _STALE in text for user, (_, text, _) in refused.items()} == MAY_ACT


def test_who_may_start_a_run_and_who_may_sign(airflow: Airflow) -> None:
    run = {"logical_date": "not a date"}
    may_start, may_sign = {}, {}
    for user in ROLES:
        status, _, _ = airflow.ask(user, "POST", "/api/v2/dags/daily_dispatch/dagRuns", run, "bearer")
        may_start[user] = status != 403
        status, _, _ = airflow.ask(
            user,
            "PATCH",
            "/api/v2/dags/half_monthly_bulletin/dagRuns/none/taskInstances/sign/-1/hitlDetails",
            {"chosen_options": "none"},
            "bearer",
        )
        may_sign[user] = status != 403
    assert (may_start, may_sign) == (MAY_ACT, MAY_SIGN)


def test_only_the_administrator_reads_connections_and_variables(airflow: Airflow) -> None:
    for page in ("connections", "variables"):
        allowed = {
            user: airflow.ask(user, "GET", f"/api/v2/{page}", carrier="bearer")[0] == 200 for user in ROLES
        }
        assert allowed == {user: user == "administrator" for user in ROLES}
