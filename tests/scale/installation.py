"""An installation with a running Airflow of its own, whose processes can be started, killed and started again one by one."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NoReturn

from sqlalchemy import Engine, create_engine

from include.configured import ROOT
from include.connections import Connection, Registry, as_airflow_json, read_registry
from include.demo import prepare
from include.errors import CheckFailed, InputError, QianliyanError
from include.house import SETTINGS_FILE, House, open_house
from include.periods import DAY, periods_between
from include.up import (
    airflow_commands,
    airflow_environment,
    answers,
    mailbox_command,
    prepare_airflow,
    signal_session,
    stop_session,
)

START_SECONDS = 600


@dataclass(frozen=True)
class Backing:
    """What an installation stands on. `commands`: processes that run before Airflow does, with the `ports` they answer on and
    the user (where that is not ours) that each runs as; `store`: the connection supervision_db, None for a SQLite file;
    `settings`: environment variables beyond those of `make up`; `workers`: processes that run beside Airflow's own.
    """

    commands: Mapping[str, list[str]] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    users: Mapping[str, str] = field(default_factory=dict)
    store: Connection | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    workers: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass
class Installation:
    """Everything below `house.var`. `commands`: the processes by name; `revived`: those that ended by themselves."""

    house: House
    environment: dict[str, str]
    commands: dict[str, list[str]]
    users: Mapping[str, str]
    revived: list[str] = field(default_factory=list)
    _running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def log_dir(self) -> Path:
        """What each process said."""
        return self.house.var / "logs"

    def metadata(self) -> Engine:
        """Airflow's own database, to read from."""
        return create_engine(self.environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"], pool_pre_ping=True)

    def start(self, *names: str) -> None:
        """Starts the named processes."""
        self.log_dir.mkdir(parents=True, exist_ok=True)
        for name in names:
            with (self.log_dir / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(
                    self.commands[name],
                    env=self.environment,
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    user=self.users.get(name),
                )

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all that it started, as a machine that loses its power."""
        signal_session(self._running[name], signal.SIGKILL)
        self._running.pop(name).wait()

    def owner_of(self, pid: int) -> str | None:
        """The name of the process that started the one with this id, or None when that one is gone."""
        with suppress(ProcessLookupError):
            leader = os.getsid(pid)
            return next((name for name, process in self._running.items() if process.pid == leader), None)
        return None

    def require_alive(self) -> None:
        """Raises CheckFailed when a process ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise CheckFailed(
                    f"{name} ended by itself", where=str(self.log_dir / f"{name}.log"), got=process.returncode
                )

    def revive(self) -> None:
        """Starts again what ended by itself, as systemd does with `Restart=always`."""
        for name in [name for name, process in self._running.items() if process.poll() is not None]:
            self.revived.append(name)
            stop_session(self._running[name])
            self.start(name)

    def stop(self) -> None:
        """Ends everything, what others lean on last: tasks that are told to end still report to the API server.

        A second Ctrl-C does not stop this.
        """
        before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
        for name in reversed(list(self._running)):
            stop_session(self._running.pop(name))
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def installation(
    var: Path,
    window: tuple[date, date],
    backing: Backing | None = None,
    dags: Path | None = None,
    fill: Callable[[House, tuple[date, date]], None] | None = None,
) -> Iterator[Installation]:
    """A fresh installation below `var` with the demo region and a local mailbox; started, and ended on the way out.

    `window`: the days whose letters will be made (end exclusive), for which the demo region's air is there. `fill`: what
    puts facts into the empty store instead.
    `dags`: another folder of DAGs. No DAG runs by its schedule: only what is back-filled or triggered.
    """
    backing = backing or Backing()
    api_port, mail_port = free_ports(2)
    registry = registry_of(backing.store, mail_port)
    house = open_house(registry, var)
    environment = airflow_environment(var, api_port) | {
        "QIANLIYAN_VAR": str(var),
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
        # Callbacks of deadlines and the verbs have no connections of Airflow's.
        **{
            f"AIRFLOW_CONN_{key.upper()}": json.dumps(value)
            for key, value in as_airflow_json(registry).items()
        },
        **({"AIRFLOW__CORE__DAGS_FOLDER": str(dags)} if dags else {}),
        **backing.settings,
    }
    commands = {"mailbox": mailbox_command(house), **backing.commands}
    running = Installation(house, environment, commands, backing.users)
    try:
        running.start(*commands)
        wait_until(lambda: all(map(answers, (mail_port, *backing.ports))), running, ", ".join(commands))
        (fill or prepare_demo)(house, window)
        prepare_airflow(environment, var, registry)
        later = airflow_commands(api_port) | dict(backing.workers)
        running.commands = commands | later
        running.start("api-server", *(name for name in later if name != "api-server"))
        wait_until(lambda: answers(api_port), running, "the API server")
        yield running
    finally:
        running.stop()
        house.engine.dispose()


def prepare_demo(house: House, window: tuple[date, date]) -> None:
    """The store, the demo region, and the air that the letters of the window read, to the end of its last half-month."""
    first, end = window
    last = next(periods_between("half_month", end - DAY, end + 15 * DAY))
    prepare(house, now=datetime.now(UTC), start=first, end=last.end)


def wait_until(
    is_done: Callable[[], bool], running: Installation, what: str, seconds: float = START_SECONDS
) -> None:
    """Looks twice a second. Raises CheckFailed when it takes too long or a process has ended."""
    ends_at = time.monotonic() + seconds
    while not is_done():
        running.require_alive()
        if time.monotonic() > ends_at:
            raise CheckFailed(f"waited {seconds:.0f} s for {what}", where=str(running.log_dir))
        time.sleep(0.5)


def registry_of(store: Connection | None, mail_port: int) -> Registry:
    """The settings file whatever the environment says, with a store and a mailbox of its own."""
    settings = read_registry(SETTINGS_FILE, {})
    mail = replace(settings.connections["mail_server"], port=mail_port)
    connections = {**settings.connections, "mail_server": mail}
    if store is not None:
        connections["supervision_db"] = store
    return Registry(connections, settings.variables)


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nothing listens on."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def run(main: Callable[[], int], *, for_input: int = 1) -> NoReturn:
    """Ends the process with the code that `main` returns; with 1 and the reason on an error, `for_input` where it is an
    InputError. SIGTERM stops it as Ctrl-C does: everything it started is ended."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except QianliyanError as error:
        print(error, file=sys.stderr)
        sys.exit(for_input if isinstance(error, InputError) else 1)
    except KeyboardInterrupt:
        sys.exit("stopped; nothing is left running")
