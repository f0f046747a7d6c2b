"""A small installation for tests: Airflow with its metadata database, and a store with one alarm and one released letter."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from include.house import default_registry, open_house
from include.store.migrate import migrate
from include.up import airflow
from tests.desk.facts import add_alarm, archive_in
from tests.post.samples import add_cities, released

ROOT = Path(__file__).resolve().parents[2]
_CONNECTIONS = {
    "supervision_db": {"conn_type": "sqlite", "host": "var/supervision.db"},
    "mail_server": {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": 8025,
        "extra": {"security": "none", "sender": "a@b.example"},
    },
}


def password_of(user: str) -> str:
    """What a test's user logs in with where there are log-ins."""
    return f"the password of {user}"


def install(folder: Path, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Makes the installation in `folder`; returns the environment of its processes. Users: admin, viewer.

    `settings`: more of Airflow's own, as variables of the environment.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer",
        "_AIRFLOW_PROCESS_CONTEXT": "server",
        "QIANLIYAN_VAR": str(folder),
        "PYTHONPATH": str(ROOT),
        **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(value) for name, value in _CONNECTIONS.items()},
        **{
            f"AIRFLOW_VAR_{name.upper()}": value
            for name, value in {**default_registry().variables, "sources": ""}.items()
        },
        **(settings or {}),
    }
    house = open_house(default_registry(), folder)
    migrate(house.engine)
    add_alarm(house.engine, "A1", "03-11 06:00", is_simulated=True)
    add_cities(house.engine)
    released(house.engine, archive_in(folder))
    house.engine.dispose()
    airflow(environment, "db", "migrate")
    return environment
