"""What the image and compose.yaml promise, as far as it can be told without a container engine."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.connections import read_registry
from include.house import CONNECTION_IDS, SETTINGS_FILE, VARIABLE_KEYS, open_house

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


def test_no_secret_of_this_folder_gets_into_the_image() -> None:
    """What the notes of compose.yaml tell to fill in stands beside the Dockerfile, which copies the folder."""
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    told = set(
        re.findall(
            r"\bcp docs/deployment/\S+ (\S*\.env)\b", (ROOT / "compose.yaml").read_text(encoding="utf-8")
        )
    )
    assert told == {".env", "connections.env"}
    assert told <= set(left_out)


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


def test_every_setting_that_a_user_can_make_reaches_every_container() -> None:
    """The variables by name, empty where `.env` says nothing; connections by a file of their own."""
    names = set(
        re.findall(r"^\| `(\w+)` \| ", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.M)
    )
    assert {*CONNECTION_IDS, *VARIABLE_KEYS} <= names
    for name in (*AIRFLOW, "prepare"):
        service = COMPOSE["services"][name]
        passed = {key for key in service["environment"] if key.startswith(("AIRFLOW_VAR_", "AIRFLOW_CONN_"))}
        assert passed == {
            *(f"AIRFLOW_VAR_{key.upper()}" for key in VARIABLE_KEYS),
            *(f"AIRFLOW_CONN_{key.upper()}" for key in CONNECTION_IDS),
        }
        assert service["env_file"] == ["connections.env"]


def test_what_the_example_of_the_environment_leaves_empty_is_the_default(tmp_path: Path) -> None:
    """As compose hands it over: an installation whose variables are empty is one that can be opened."""
    filled = dict(
        line.split("=", 1)
        for line in EXAMPLE.read_text(encoding="utf-8").splitlines()
        if line and line[0] != "#"
    )
    told = {f"AIRFLOW_VAR_{key.upper()}": filled[key.upper()].strip("'") for key in VARIABLE_KEYS}
    told |= {"AIRFLOW_CONN_MAIL_SERVER": filled["MAIL_SERVER"].strip("'")}
    house = open_house(read_registry(SETTINGS_FILE, told), tmp_path)
    assert (house.sources, house.mailboxes, house.field.is_on, house.tiles) == ((), (), False, None)
    assert house.mail_server.host == "smtp.example.internal"


def test_each_example_of_a_connection_can_be_used(tmp_path: Path) -> None:
    lines = (
        (ROOT / "docs" / "deployment" / "connections.env.example").read_text(encoding="utf-8").splitlines()
    )
    told = dict(line.removeprefix("# ").split("=", 1) for line in lines if line.startswith("# AIRFLOW_CONN_"))
    environment = {name: value.strip("'") for name, value in told.items()}
    environment |= {
        "AIRFLOW_VAR_SOURCES": "platform,replies",
        "AIRFLOW_VAR_CHANNELS": '{"groups": "leaders"}',
    }
    house = open_house(read_registry(SETTINGS_FILE, environment), tmp_path)
    assert [one.name for one in (*house.sources, *house.mailboxes, *house.channels.groups)] == [
        "platform",
        "replies",
        "leaders",
    ]


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_compose_is_valid_and_hands_each_container_what_was_filled_in(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("\nWATCH=\n", '\nWATCH=\'{"sources": "stations"}\'\n')
    for name in FILLED:
        text = text.replace(f"\n{name}=\n", f"\n{name}=filled\n")
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    (tmp_path / "connections.env").write_text('AIRFLOW_CONN_STATIONS={"host": "/s"}\n', encoding="utf-8")
    command = ["docker-compose", "--project-directory", str(tmp_path), "config"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for name in (*AIRFLOW, "prepare"):
        environment = yaml.safe_load(done.stdout)["services"][name]["environment"]
        assert environment["AIRFLOW_VAR_WATCH"] == '{"sources": "stations"}'
        assert environment["AIRFLOW_CONN_STATIONS"] == '{"host": "/s"}'
        assert (environment["AIRFLOW_VAR_MAP"], environment["AIRFLOW_VAR_LEAST_COMPLETENESS"]) == ("", "1.0")
