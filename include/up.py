"""`make up`: the whole house on this machine. Airflow with its UI, the demo data and the local mailbox, until Ctrl-C.

Everything it makes is under var/; nothing of it listens on another address than 127.0.0.1.
"""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Final

import psutil

from include.configured import ROOT
from include.connections import Registry, as_airflow_json
from include.demo import DEMO_DAY, DEMO_MAILBOX, DEMO_SOURCE, prepare, pull_region
from include.desk.pages.access import usable_secret
from include.errors import InputError
from include.house import SETTINGS_FILE, House, default_registry, open_house
from include.profile.current import office
from include.simulator.habits import plays_the_season
from include.store.private_files import keep_private, tighten
from include.yaml_once import load_yaml

KEY_NAME: Final = "AIRFLOW__API__SECRET_KEY"
UI_PORT_NAME: Final = "AIRFLOW__API__PORT"
DEMO_PLATFORM: Final = "demo_platform"
STOP_SECONDS: Final = 20


@dataclass(frozen=True)
class Ports:
    """Where `make up` listens on this machine, beside the local mailbox: the UI by Airflow's own variable, the demo's servers by the
    connections that read them."""

    ui: int = 8080
    platform: int = 8026
    imap: int = 8143


def ports_of(registry: Registry, environment: Mapping[str, str]) -> Ports:
    """The ports as they are configured. Raises InputError for one of the UI that is none."""
    told = environment.get(UI_PORT_NAME, "")
    if told and not (told.isascii() and told.isdigit() and len(told) < 6 and 0 < int(told) < 65536):
        raise InputError(
            "no port",
            where=f"environment {UI_PORT_NAME}",
            got=told,
            expected="a whole number from 1 to 65535",
        )
    ports = Ports(ui=int(told)) if told else Ports()
    for name, conn_id in (("platform", DEMO_PLATFORM), ("imap", DEMO_MAILBOX)):
        connection = registry.connections.get(conn_id)
        if connection is not None and connection.port is not None:
            ports = replace(ports, **{name: connection.port})
    return ports


def run(var: Path) -> int:
    """Starts everything and waits; returns the exit code. Raises InputError when a port is taken."""
    if KEY_NAME in os.environ:  # not set: Airflow makes one itself
        usable_secret(os.environ[KEY_NAME])
    keep_private()
    tighten(var, is_deep=True)
    registry = default_registry()
    house = open_house(registry, var)
    ports = ports_of(registry, os.environ)
    _require_free(ports.ui, "the Airflow UI")
    _require_free(ports.platform, "the demo platform")
    if house.mailbox:
        _require_free(house.mail_server.port, "the local mailbox")
        _require_free(ports.imap, "the demo mailbox")
    environment = airflow_environment(var, ports.ui)
    _say("preparing the store and the demo region …")
    now = datetime.now(UTC)
    prepare(house, now=now)
    pull_region(house, now)
    _say("preparing Airflow …")
    prepare_airflow(environment, var, registry)
    return _serve(environment, var, house, ports)


def prepare_airflow(environment: Mapping[str, str], var: Path, registry: Registry) -> None:
    """Airflow's own database, and the connections, variables and pools in it."""
    _write_environment(environment, var)
    airflow(environment, "db", "migrate")
    _load_settings(environment, var, registry)


def _serve(environment: dict[str, str], var: Path, house: House, ports: Ports) -> int:
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    log = (var / "airflow" / "up.log").open("ab")
    commands = _commands(house, var, ports)
    processes = {
        name: subprocess.Popen(  # noqa: S603
            command, env=environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
        for name, command in commands.items()
    }
    exit_code, is_announced = 0, False
    try:
        while not stopping:
            ended = [name for name, process in processes.items() if process.poll() is not None]
            if ended:
                _say(f"{ended[0]} stopped by itself; its last words are in {log.name}")
                exit_code = 1
                break
            if not is_announced and answers(ports.ui) and (passwords := _passwords(var)):
                _announce(passwords, var, house, ports)
                is_announced = True
            time.sleep(0.5)
    finally:
        _say("stopping …")
        for process in processes.values():
            stop_session(process)
        log.close()
        _say("stopped; nothing is left running")
    return exit_code


TRIGGERER: Final = ("airflow", "triggerer", "--skip-serve-logs")


def airflow_commands(port: int) -> dict[str, list[str]]:
    """Airflow's processes by name. Its log servers, which listen on every address, are left out: the logs are on this disk."""
    return {
        "scheduler": ["airflow", "scheduler", "--skip-serve-logs"],
        "dag-processor": ["airflow", "dag-processor"],
        "api-server": ["airflow", "api-server", "--host", "127.0.0.1", "--port", str(port)],
    }


def mailbox_command(house: House) -> list[str]:
    """The local mailbox on the port of the house's mail server."""
    port, folder = str(house.mail_server.port), str(house.mailbox)
    return [sys.executable, "-m", "include", "mailbox", "--port", port, "--to", folder]


def _commands(house: House, var: Path, ports: Ports) -> dict[str, list[str]]:
    commands = airflow_commands(ports.ui)
    commands["triggerer"] = list(TRIGGERER)
    folder = var / DEMO_SOURCE
    if (folder / "alarms.csv").exists():
        commands["demo platform"] = [
            sys.executable,
            "-m",
            "include",
            "platform",
            "--port",
            str(ports.platform),
            "--from",
            str(folder),
        ]
    if house.mailbox:
        commands["mailbox"] = mailbox_command(house)
    if house.mailbox and DEMO_MAILBOX in {source.name for source in house.mailboxes}:
        letters = ["--letters", str(house.mailbox)]
        commands["demo mailbox"] = [
            sys.executable,
            "-m",
            "include",
            "demo-mailbox",
            "--port",
            str(ports.imap),
            *letters,
        ]
    return commands


def _announce(passwords: Mapping[str, str], var: Path, house: House, ports: Ports) -> None:
    mailbox = (
        f"{house.mailbox / 'letters'} (every letter as a readable .eml)"
        if house.mailbox
        else house.mail_server.label
    )
    _say(
        f"""
  Airflow UI    http://127.0.0.1:{ports.ui}    user admin    password {passwords["admin"]}
  to look only  the same address          user viewer   password {passwords["viewer"]}
  letters       {mailbox}
  answers       its demo answers come into an IMAP mailbox on 127.0.0.1:{ports.imap}, which the DAG answer_round reads
  logs          {var / "airflow" / "up.log"}

  Trigger: DAG daily_dispatch → Trigger, period_end {_shown_day(house)}, deliver send.
  Back-fill: airflow's own dialog on the DAG page. Stop: Ctrl-C."""
    )


def _shown_day(house: House) -> date:
    """A day of which the demo data has letters to send, whichever the office."""
    return (
        DEMO_DAY + timedelta(days=1) if plays_the_season(office()) else house.season[0] + timedelta(days=12)
    )


def airflow_environment(var: Path, port: int) -> dict[str, str]:
    """The environment of an Airflow that lives below `var` and serves its UI and its tasks on `port`."""
    home = var / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    settings = {
        "AIRFLOW_HOME": home,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}?timeout=60",  # its writers wait for each other
        "AIRFLOW__CORE__DAGS_FOLDER": ROOT / "dags",
        "AIRFLOW__CORE__PLUGINS_FOLDER": ROOT / "plugins",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        # Airflow widens the rights of its logs by itself, whatever the umask says.
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONPATH": ROOT,
        "no_proxy": "127.0.0.1,localhost",
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, **{key: str(value) for key, value in settings.items()}}


def _write_environment(environment: Mapping[str, str], var: Path) -> None:
    """`. var/airflow/env.sh` gives another terminal the same `airflow`: for back-fills from the command line."""
    names = sorted(
        name
        for name in environment
        if name in ("AIRFLOW_HOME", "PATH", "PYTHONPATH") or name.startswith("AIRFLOW__")
    )
    lines = [f"export {name}={shlex.quote(environment[name])}" for name in names]
    path = var / "airflow" / "env.sh"
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _load_settings(environment: Mapping[str, str], var: Path, registry: Registry) -> None:
    """Connections, pools and variables of airflow_settings.yaml into Airflow; what an operator changed stays."""
    content = load_yaml(SETTINGS_FILE.read_text(encoding="utf-8"))["airflow"]
    loads = {
        "connections": as_airflow_json(registry),
        "variables": dict(registry.variables),
        "pools": {
            pool["pool_name"]: {
                "slots": pool["pool_slot"],
                "description": pool["pool_description"],
                "include_deferred": False,
            }
            for pool in content.get("pools") or []
        },
    }
    for kind, values in loads.items():
        path = var / "airflow" / f"{kind}.json"
        path.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
        path.chmod(0o600)
        keep = {"connections": [], "variables": ["--action-on-existing-key", "skip"], "pools": []}[kind]
        try:
            airflow(environment, kind, "import", *keep, str(path))
        finally:
            path.unlink()


def airflow(environment: Mapping[str, str], *arguments: str) -> None:
    """One command of Airflow's own command line. Raises InputError with its last words when it fails."""
    done = subprocess.run(  # noqa: S603
        ["airflow", *arguments],  # noqa: S607
        env=dict(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise InputError(
            f"airflow {' '.join(arguments[:2])} failed",
            got=(done.stderr or done.stdout).strip()[-400:],
            todo="see the text above; `make clean` starts afresh",
        )


def _passwords(var: Path) -> dict[str, str]:
    """By user, as Airflow made them at its first start; empty before it did."""
    path = var / "airflow" / "simple_auth_manager_passwords.json.generated"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found if {"admin", "viewer"} <= set(found) else {}


def _require_free(port: int, what: str) -> None:
    if answers(port):
        raise InputError(
            f"port {port} is taken, and {what} needs it",
            where="make up",
            todo=f"stop what listens on 127.0.0.1:{port} (another `make up`?) and try again",
        )


def answers(port: int) -> bool:
    """Whether anything listens on that port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stop_session(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process that leads a session, and all that it started: Airflow's tasks have process groups of their own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        signal_session(process, number)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and _session(process):
            time.sleep(0.2)
        if not _session(process):
            break


def signal_session(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    """Sends a signal to every process of the session."""
    for pid in _session(process):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _session(process: "subprocess.Popen[bytes]") -> list[int]:
    """The processes that are left of the session."""
    process.poll()
    found = []
    for one in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getsid(one.pid) == process.pid and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one.pid)
    return found


def _say(text: str) -> None:
    print(text, flush=True)
