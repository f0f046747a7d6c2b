"""What forks tasks is warm; what parses, serves or migrates is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from include.configured import ROOT

# Airflow starts as its own command line does, up to the point where the command would run.
START = """
import sys
sys.argv = ["airflow", *sys.argv[1:]]
import airflow.settings
airflow.settings.initialize()
print("include.workflows.daily_dispatch" in sys.modules)
"""


@pytest.mark.parametrize(
    ("command", "executor", "is_warm"),
    [
        ("scheduler --skip-serve-logs", "LocalExecutor", "True"),
        ("scheduler --skip-serve-logs", "CeleryExecutor", "False"),
        ("celery worker", "CeleryExecutor", "True"),
        ("dag-processor", "LocalExecutor", "False"),
    ],
)
def test_what_forks_tasks_has_loaded_the_workflows(
    command: str, executor: str, is_warm: str, tmp_path: Path
) -> None:
    settings = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__EXECUTOR": executor, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", START, *command.split()],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == is_warm
