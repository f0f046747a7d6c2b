"""What the documents list is what there is."""

import re
from pathlib import Path

import click
import pytest

from include.__main__ import cli
from include.configured import CHANNEL_EXTRA, KNOWN_KEYS, MAIL_EXTRA, STORE_EXTRA
from include.house import CONNECTION_IDS, VARIABLE_KEYS
from include.periods import DAG_IDS
from include.sources.config import OPTIONS
from include.store.dictionary import dictionary
from include.store.tables import CONTACT_ROLES, DELIVERY_STATES, LETTER_STATES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
VERBS = (ROOT / "docs" / "verbs.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "operators-guide.md").read_text(encoding="utf-8")


def verbs(group: click.Group, prefix: str = "") -> list[str]:
    found = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += [prefix + name] if command.invoke_without_command else []
            found += verbs(command, f"{prefix}{name} ")
        else:
            found.append(prefix + name)
    return found


def test_the_data_dictionary_is_that_of_the_tables() -> None:
    written = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert written == dictionary(), "run: python -m include.store.dictionary"


@pytest.mark.parametrize("verb", verbs(cli))
def test_every_verb_is_listed(verb: str) -> None:
    assert f"`{verb}`" in VERBS, f"docs/verbs.md: add `{verb}` to the table of verbs"


def test_no_verb_is_listed_that_is_not_there() -> None:
    table = VERBS.split("<!-- verbs -->")[1]
    assert set(re.findall(r"^\| `([a-z -]+)`", table, re.MULTILINE)) == set(verbs(cli))


def test_every_dag_is_in_the_cadence_table_with_its_beat() -> None:
    cadence = README.split("## The cadence")[1].split("##")[0]
    dags = {path.stem for path in (ROOT / "dags").glob("*.py")}
    assert set(re.findall(r"^\| `(\w+)`", cadence, re.MULTILINE)) == dags
    assert dags - {"publish", "select_grids"} <= set(DAG_IDS)  # those a person starts
    for dag in dags:
        assert dag in GUIDE, f"the operator's guide says nothing about {dag}"


@pytest.mark.parametrize("name", [*CONNECTION_IDS, *VARIABLE_KEYS])
def test_every_connection_and_variable_is_explained(name: str) -> None:
    assert f"`{name}`" in SETTINGS


def test_every_key_of_a_variable_or_an_extra_is_explained() -> None:
    keys = {key for known in (KNOWN_KEYS, OPTIONS) for listed in known.values() for key in listed}
    keys |= {*STORE_EXTRA, *MAIL_EXTRA, *CHANNEL_EXTRA}
    assert {key for key in keys if not re.search(rf"\b{key}\b", SETTINGS)} == set()


def test_the_page_for_developers_names_what_is_there() -> None:
    text = (ROOT / "docs" / "developing.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:include|tests|dags|plugins|sql|\.ci)(?:/[\w.*-]+)*/?)`", text))
    assert len(named) > 40
    assert {name for name in named if not list(ROOT.glob(name.rstrip("/")))} == set()
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= set(targets)


@pytest.mark.parametrize("state", [*LETTER_STATES, *DELIVERY_STATES])
def test_the_operators_guide_explains_every_state(state: str) -> None:
    assert f"`{state}`" in GUIDE


@pytest.mark.parametrize("role", CONTACT_ROLES)
def test_the_operators_guide_explains_every_role_of_a_contact(role: str) -> None:
    assert f"`{role}`" in GUIDE


def test_links_between_documents_lead_somewhere() -> None:
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.mark.parametrize("name", ["architecture", "way-of-an-alarm", "way-of-an-answer", "profiles"])
def test_modules_that_a_document_names_are_there(name: str) -> None:
    """Paths in backticks with a folder in them, from the root, `include/`, or one of its rooms that a document speaks of."""
    rooms = [ROOT, ROOT / "include", *(ROOT / "include" / room for room in ("letters", "desk", "desk/pages"))]
    told = re.findall(r"`([\w.-]+/[\w./-]*)`", (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8"))
    there = {
        path for path in told for room in rooms if (room / path).exists() or (room / f"{path}.py").exists()
    }
    assert [path for path in told if path not in there and not path.startswith("var/")] == []
