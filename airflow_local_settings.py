"""Tasks start warm: what forks them has loaded the workflows already. Airflow imports this file when one of its processes starts.

A task is a fork of LocalExecutor's scheduler or of a Celery worker. Without this each task imports pandas and the rest anew,
which takes more processor time than all the work of a daily run.
"""

import logging
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module

from airflow.configuration import conf


def forks_tasks(arguments: Sequence[str], executor: str) -> bool:
    """Whether the command `airflow ARGUMENTS` starts a process that forks tasks under that executor."""
    if list(arguments[:2]) == ["celery", "worker"]:
        return True
    return list(arguments[:1]) == ["scheduler"] and "LocalExecutor" in executor


def load_workflows() -> None:
    """Imports all that the tasks use. What cannot be imported is left to the task that needs it, which says so."""
    try:
        workflows = import_module("include.workflows")
        for module in pkgutil.iter_modules(workflows.__path__):
            import_module(f"{workflows.__name__}.{module.name}")
    except ImportError:
        logging.getLogger(__name__).exception(
            "the workflows cannot be loaded beforehand; every task loads its own"
        )


if forks_tasks(sys.argv[1:], conf.get("core", "executor")):
    load_workflows()
