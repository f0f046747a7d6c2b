"""What the image and compose.yaml promise, as far as it can be told without a container engine."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
AIRFLOW = ("api-server", "scheduler", "dag-processor", "triggerer")
EXAMPLE = ROOT / "docs" / "deployment" / "compose.env.example"
FILLED = ("FERNET_KEY", "SECRET_KEY", "JWT_SECRET", "AIRFLOW_PASSWORD", "STORE_PASSWORD")


def dockerfile() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def test_the_image_installs_the_lock_with_hashes_and_runs_without_rights() -> None:
    steps = dockerfile()
    final = steps[max(at for at, (word, _) in enumerate(steps) if word == "FROM") :]
    assert [rest for word, rest in final if word == "USER"] == ["50000"]
    installs = [rest for word, rest in steps if word == "RUN" and "pip install" in rest]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    assert "--only-binary=:all:" in installs[0]  # no compiler is there
    assert not any(
        tool in rest for word, rest in steps if word == "RUN" for tool in ("gcc", "build-essential", "make ")
    )


@pytest.mark.parametrize("lock", ["", "requirements-fab.txt"])
def test_every_file_that_the_image_copies_is_there(lock: str) -> None:
    """With the lock of the Dockerfile itself, and with the one that helm-values.yaml asks for."""
    steps = dockerfile()
    lock = lock or next(
        rest.removeprefix("LOCK=") for word, rest in steps if word == "ARG" and rest.startswith("LOCK=")
    )
    for word, rest in steps:
        if word == "COPY" and "--from" not in rest:
            for name in rest.replace("${LOCK}", lock).split()[:-1]:
                assert (ROOT / name).exists(), name


def test_the_probes_of_the_official_chart_find_their_entrypoint(tmp_path: Path) -> None:
    """Scheduler, triggerer and dag-processor are asked by `exec /entrypoint airflow jobs check …`."""
    (run,) = [rest for word, rest in dockerfile() if word == "RUN" and "/entrypoint" in rest]
    made = "; ".join(part.strip() for part in run.split(";") if "/entrypoint" in part)
    entrypoint = tmp_path / "entrypoint"
    subprocess.run(["sh", "-euc", made.replace("/entrypoint", str(entrypoint))], check=True)
    done = subprocess.run(
        [entrypoint, "printf", "%s|", "airflow", "jobs check"], capture_output=True, check=True
    )
    assert done.stdout == b"airflow|jobs check|"


def test_no_process_of_compose_has_more_rights_or_a_wider_door_than_it_needs() -> None:
    services: dict[str, Any] = COMPOSE["services"]
    for name in AIRFLOW:
        service = services[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:8080:8080"]


def test_the_example_of_the_environment_names_every_word_that_compose_asks_for() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    asked = {part.split("}")[0].split(":")[0] for part in text.split("${")[1:]}
    named = {
        line.partition("=")[0] for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if "=" in line
    }
    assert asked <= {name.strip() for name in named}


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_compose_is_valid_against_its_specification(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for name in FILLED:
        text = text.replace(f"\n{name}=\n", f"\n{name}=filled\n")
    (tmp_path / "env").write_text(text, encoding="utf-8")
    command = [
        "docker-compose",
        "--env-file",
        str(tmp_path / "env"),
        "-f",
        str(ROOT / "compose.yaml"),
        "config",
        "-q",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
