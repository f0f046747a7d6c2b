"""Who may import whom (docs/architecture.md); a change of this table is a change of the design."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GROUND = {
    "act",
    "addresses",
    "cells",
    "errors",
    "former_names",
    "profile",
    "language",
    "periods",
    "rules",
    "letter_kinds",
}
FIGURES = GROUND | {"supervision", "geo", "selection"}
MAY_IMPORT: dict[str, set[str]] = {
    "act": set(),
    "addresses": set(),
    "cells": set(),
    "errors": set(),
    "former_names": set(),
    "yaml_once": set(),
    "rules": set(),
    "profile": {"addresses", "errors", "rules", "open_settings", "yaml_once"},
    "language": {"profile"},
    "periods": {"errors", "profile", "language"},
    "letter_kinds": {"errors", "language", "rules"},
    "connections": {"errors", "settings", "yaml_once"},
    "bounded_http": {"errors"},
    "settings": {"errors"},
    "answer_form": set(),
    "answer_form.layout": {"rules", "profile", "language"},
    "answer_form.writing": FIGURES | {"answer_form.layout", "letters.document", "suspects"},
    "answer_form.reading": FIGURES | {"answer_form.layout", "store", "sources.rows"},
    "supervision": GROUND | {"geo", "answer_form.layout"},
    "geo": GROUND,
    "selection": {"errors", "geo", "language", "rules"},
    "watch": GROUND,
    "suspects": GROUND,
    "replies": GROUND | {"answer_form.layout"},
    "chain": GROUND,
    "store": GROUND | {"chain"},
    "sources.rows": FIGURES | {"store", "replies", "answer_form.layout", "settings", "yaml_once"},
    "sources": FIGURES
    | {"chain", "store", "answer_form.reading", "answer_form.layout", "replies", "sources.rows"}
    | {"bounded_http", "settings", "yaml_once"},
    "post": GROUND | {"store", "replies", "bounded_http"},
    "letters.document": GROUND,
    "letters": FIGURES
    | {"chain", "suspects", "answer_form.layout", "answer_form.writing", "letters.document"},
    "simulator": FIGURES | {"store", "sources", "post", "letters", "replies", "answer_form.layout"},
    "configured": FIGURES | {"settings", "connections", "sources", "post"},
    "house": FIGURES
    | {
        "configured",
        "connections",
        "store",
        "sources",
        "post",
        "letters",
        "watch",
        "suspects",
        "open_settings",
    }
    | {"field.signed"},
    "open_settings": {"addresses", "errors"},
    "field": {"errors", "rules", "field.signed"},
    "field.signed": {"errors", "rules"},
    "office": FIGURES
    | {"chain", "house", "connections", "store", "sources", "post", "letters", "watch", "suspects"}
    | {"replies", "answer_form.layout", "answer_form.reading", "field.signed"},
    "desk": FIGURES
    | {"chain", "house", "connections", "store", "sources", "post", "letters", "office", "watch", "suspects"}
    | {"replies", "answer_form.layout", "field.signed"},
    "openness": FIGURES | {"house", "store", "sources", "post", "office", "open_settings"},
    "exchange": FIGURES | {"chain", "house", "store", "sources", "post", "office", "bounded_http"},
    "workflows": FIGURES
    | {"chain", "house", "connections", "store", "sources", "post", "letters", "office", "watch", "suspects"}
    | {"openness", "exchange"},
    "demo": {"*"},
    "office_demo": {"*"},
    "watch_demo": {"*"},
    "field_demo": {"*"},
    "mail_demo": {"*"},
    "levels_demo": {"*"},
    "up": {"*"},
    "verbs": FIGURES
    | {
        "chain",
        "house",
        "connections",
        "store",
        "sources",
        "post",
        "letters",
        "office",
        "workflows",
        "watch",
        "suspects",
    }
    | {"answer_form", "openness", "open_settings", "simulator", "exchange"},
    "__main__": {"*"},
}
# Rooms with more than one floor: what stands on each of them.
FLOORS = {
    "answer_form": {
        "layout": {"layout", "code"},
        "writing": {"writing", "writing_suspects", "sheet", "asking"},
        "reading": {"reading", "reading_suspects"},
    },
    "letters": {"document": {"document"}},
    "field": {"signed": {"settings", "sealing", "links", "bundles", "reports", "steps", "folders", "codes"}},
    "sources": {
        "rows": {"reading", "mapping", "checks", "delivery", "layout", "config", "hashes", "places"},
    },
}
LIBRARIES_OF_ONE_LAYER = {
    "yagmail": {"post"},
    "smtplib": {"post"},
    "typst": {"letters.document"},
    "docxtpl": {"letters.document"},
    "alembic": {"store"},
    "rasterio": {"sources", "simulator"},
    "xarray": {"sources", "simulator"},
}
PACKAGES_OF_ROOMS = {"include", "include.answer_form", "include.letters", "include.field"}
AIRFLOW_MAY_IMPORT = {
    "configured",
    "language",
    "errors",
    "workflows",
    "desk",
    "rules",
    "periods",
    "house",
    "connections",
}


def imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += (
                [node.module or ""]
                if node.module not in PACKAGES_OF_ROOMS
                else [f"{node.module}.{alias.name}" for alias in node.names]
            )
    return names


def part(path: Path) -> str:
    return part_of(module_name(path).removeprefix("include."))


def part_of(name: str) -> str:
    """The part of `include` that a module belongs to: its room, or its floor of it."""
    top, _, rest = name.partition(".")
    floors = [floor for floor, held in FLOORS.get(top, {}).items() if rest.split(".")[0] in held]
    return f"{top}.{floors[0]}" if floors else top


def module_name(path: Path) -> str:
    relative = path.relative_to(ROOT).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    return ".".join(parts)


MODULES = sorted(
    path
    for path in (ROOT / "include").rglob("*.py")
    if path.name != "__init__.py" or path.parent.name != "include"
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_below(path: Path) -> None:
    own = part(path)
    allowed = MAY_IMPORT[own] | {own}
    for name in imports(path):
        top, _, rest = name.partition(".")
        assert top != "airflow", f"{path}: include/ never imports Airflow; put the glue into plugins/"
        assert own in LIBRARIES_OF_ONE_LAYER.get(top, {own}), (
            f"{path}: {top} belongs to {LIBRARIES_OF_ONE_LAYER[top]}"
        )
        if top == "include" and "*" not in allowed:
            used = part_of(rest)
            assert {used, used.split(".")[0]} & allowed, f"{path}: {own} may not import {name}"


def test_no_module_imports_itself_in_a_circle() -> None:
    """Whatever is imported when a module is loaded; what a function imports when it is called is below it all the same."""
    known = {module_name(path) for path in MODULES}
    graph = {module_name(path): _loaded_with(path, known) for path in MODULES}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle: {' → '.join(error.args[1])}")


def test_no_function_of_the_post_and_the_office_takes_more_than_eight_things() -> None:
    for path in [*(ROOT / "include" / "post").rglob("*.py"), *(ROOT / "include" / "office").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                told = node.args
                count = len(told.posonlyargs + told.args + told.kwonlyargs)
                assert count <= 8, (
                    f"{path}: {node.name} has {count} parameters; Act and Outgoing hold what goes together"
                )


def test_rooms_stand_below_each_other() -> None:
    """The table has no circle: letters and sources, letters and post know nothing of each other, nor do workflows, verbs and desk."""
    for one, other in (("letters", "sources"), ("letters", "post"), ("workflows", "desk"), ("verbs", "desk")):
        assert other not in MAY_IMPORT[one]
        assert one not in MAY_IMPORT[other]
    TopologicalSorter(
        {room: {name for name in below if name != "*"} for room, below in MAY_IMPORT.items()}
    ).prepare()


def _loaded_with(path: Path, known: set[str]) -> set[str]:
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
        found |= {name for name in names if name in known}
    return found - {module_name(path)}


@pytest.mark.parametrize(
    "path",
    sorted([*(ROOT / "dags").glob("*.py"), *(ROOT / "plugins").rglob("*.py")]),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_dags_and_plugins_use_only_the_surface(path: Path) -> None:
    dag_names = {dag.stem for dag in (ROOT / "dags").glob("*.py")}
    for name in imports(path):
        top, _, rest = name.partition(".")
        assert top not in dag_names, f"{path}: a DAG never imports another DAG"
        assert not name.startswith("dags"), f"{path}: a DAG never imports another DAG"
        if top == "include":
            assert rest.split(".")[0] in AIRFLOW_MAY_IMPORT, f"{path}: may not import {name}"


def test_the_workflows_run_without_airflow() -> None:
    code = (
        "import pkgutil, sys, include.workflows as workflows, importlib\n"
        "for module in pkgutil.iter_modules(workflows.__path__):\n"
        "    importlib.import_module('include.workflows.' + module.name)\n"
        "sys.exit('airflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_sql_stays_in_its_folder_and_reads_no_clock() -> None:
    for path in sorted((ROOT / "sql").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("-- Grain:"), f"{path}: the header says what a row is"
        body = "\n".join(line for line in text.splitlines() if not line.startswith("--")).lower()
        assert not any(clock in body for clock in ("now(", "current_date", "current_timestamp", "'now'")), (
            f"{path}: figures never read the clock"
        )
