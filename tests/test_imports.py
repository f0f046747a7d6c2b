"""Who may import whom (docs/architecture.md); a change of this table is a change of the design."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GROUND = {"errors", "former_names", "profile", "language", "periods", "rules", "letter_kinds"}
FIGURES = GROUND | {"supervision", "geo", "selection"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "former_names": set(),
    "rules": set(),
    "profile": {"errors", "rules"},
    "language": {"profile"},
    "periods": {"errors", "profile", "language"},
    "letter_kinds": {"errors", "rules"},
    "connections": {"errors"},
    "supervision": GROUND | {"geo"},
    "geo": GROUND,
    "selection": {"errors", "geo"},
    "watch": GROUND,
    "suspects": GROUND,
    "store": GROUND,
    "sources": FIGURES | {"store"},
    "post": GROUND | {"store"},
    "letters": FIGURES | {"suspects"},
    "simulator": FIGURES | {"store", "sources", "post", "letters"},
    "house": FIGURES
    | {"connections", "store", "sources", "post", "letters", "watch", "suspects", "open_settings"},
    "open_settings": {"errors"},
    "office": FIGURES | {"house", "connections", "store", "sources", "post", "letters", "watch", "suspects"},
    "desk": FIGURES
    | {"house", "connections", "store", "sources", "post", "letters", "office", "watch", "suspects"},
    "openness": FIGURES | {"house", "store", "sources", "post", "office", "open_settings"},
    "workflows": FIGURES
    | {"house", "connections", "store", "sources", "post", "letters", "office", "watch", "suspects"}
    | {"openness"},
    "demo": {"*"},
    "watch_demo": {"*"},
    "up": {"*"},
    "verbs": {"*"},
    "__main__": {"*"},
}
LIBRARIES_OF_ONE_LAYER = {
    "yagmail": {"post"},
    "smtplib": {"post"},
    "typst": {"letters"},
    "docxtpl": {"letters"},
    "alembic": {"store"},
    "rasterio": {"sources", "simulator"},
    "xarray": {"sources", "simulator"},
}
AIRFLOW_MAY_IMPORT = {"errors", "workflows", "desk", "rules", "periods", "house", "connections"}


def imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += (
                [node.module or ""]
                if node.module != "include"
                else [f"include.{alias.name}" for alias in node.names]
            )
    return names


def part(path: Path) -> str:
    relative = path.relative_to(ROOT / "include")
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


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
            assert rest.split(".")[0] in allowed, f"{path}: {own} may not import {name}"


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
