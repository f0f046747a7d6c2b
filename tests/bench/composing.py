"""All documents of 39 letters, against a bare loop of the same library calls; and the parse of every DAG file.

    python -m tests.bench.composing

The bare loop fills the same Word template with the same values, compiles the same Typst input, saves a workbook with the
same cells and renders the same mail templates: what is left is this project's own work.
"""

import io
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from include.periods import midnight, period_ending
from include.rules import SEASON_END, SEASON_START
from include.supervision.figures import Issue, NoticeFigures

LETTERS = 39
_ROUNDS = 3
_ROOT = Path(__file__).resolve().parents[2]


def notices() -> list[NoticeFigures]:
    """The notices of the demo region's 12 March, as many as there are key cities."""
    from include.simulator.region import write_region
    from include.sources.config import SourceConfig
    from include.sources.intake import pull
    from include.store.engine import open_engine, reading
    from include.store.facts import alarm_states, cities_on, problems_found
    from include.store.migrate import migrate
    from include.supervision.daily import daily_figures, read_window
    from include.supervision.escalation import NO_URGES

    period = period_ending("day", date(2020, 3, 12))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_region(SEASON_START, SEASON_END, folder / "region")
        engine = open_engine(f"sqlite:///{folder / 'store.db'}")
        migrate(engine)
        source = SourceConfig("region", "files", str(folder / "region"))
        pull(engine, source, midnight(SEASON_START) - timedelta(days=31), period.as_of, now=datetime.now(UTC))
        window = (*read_window(period), period.as_of)
        with reading(engine) as connection:
            computed = daily_figures(
                alarm_states(connection, *window),
                problems_found(connection, *window),
                cities_on(connection, period.last_date),
                NO_URGES,
                (),
                period,
                "数据完整。",
            )
        engine.dispose()
    found = [one for one in computed.notices if one.form]
    return [found[place % len(found)] for place in range(LETTERS)]


def product(figures: list[NoticeFigures], issue: Issue) -> None:
    """What a run does."""
    from include.letters.composition import compose_notice

    for one in figures:
        compose_notice(one, issue)


def bare(figures: list[NoticeFigures], issue: Issue) -> Callable[[], None]:
    """The same calls of docxtpl, Typst, openpyxl and Jinja, with everything prepared outside the measured loop."""
    import typst
    from docxtpl import DocxTemplate
    from jinja2 import Environment, StrictUndefined
    from openpyxl import Workbook

    from include.letters.composition import compose_notice
    from include.letters.document import press
    from include.letters.document.templates import template
    from include.letters.document.typefaces import load_typefaces
    from include.letters.document.word_reader import read_manuscript
    from include.letters.mail import _environment
    from include.letters.notice import notice_values

    faces = load_typefaces(None)
    form, compiler = template(press.FORM), typst.Compiler(font_paths=faces.fonts)
    notice_template = template("notice.docx")
    prepared: list[tuple[dict[str, Any], dict[str, str], list[list[Any]]]] = []
    for one in figures:
        numbers = iter("一二三四五六七八九")
        values = notice_values(one, issue, str) | {"节号": lambda numbers=numbers: next(numbers)}
        letter = compose_notice(one, issue)
        manuscript = read_manuscript(letter.file("docx").content, "notice.docx")  # type: ignore[union-attr]
        inputs = press.form_inputs(manuscript, faces)
        cells = [
            [
                row.code,
                row.alarm_id,
                row.grid_id,
                row.county,
                row.point_name,
                row.lon,
                row.lat,
                row.alarm_count,
            ]
            for row in one.form
        ]
        prepared.append((values | {"题名": manuscript.title, "文件": [], "标识清单": []}, inputs, cells))

    def loop() -> None:
        for values, inputs, cells in prepared:
            document = DocxTemplate(io.BytesIO(notice_template))
            numbers = iter("一二三四五六七八九")
            document.render(
                values | {"节号": lambda numbers=numbers: next(numbers)},
                Environment(undefined=StrictUndefined, autoescape=True),
                autoescape=True,
            )
            document.docx.save(io.BytesIO())
            compiler.compile_with_warnings(form, format="pdf", sys_inputs=inputs, timestamp=0)
            book = Workbook()
            for row in cells:
                book.active.append(row)  # type: ignore[union-attr]
            book.save(io.BytesIO())
            for name in ("notice_mail.html", "notice_mail.txt"):
                _environment().get_template(name).render(values)

    return loop


def parse_seconds(path: Path) -> tuple[float, float]:
    """Seconds that a DAG file takes to parse once Airflow is imported, and those of a DAG file that does nothing."""
    code = """
import sys, time, types
sys.path.insert(0, {plugins!r})
import airflow.sdk, airflow.providers.standard.operators.hitl
def timed(source, name):
    started = time.perf_counter()
    exec(compile(source, name, "exec"), types.ModuleType("parsed").__dict__)
    return time.perf_counter() - started
empty = "from airflow.sdk import dag, task\\n@dag(schedule=None)\\ndef empty():\\n    @task\\n    def nothing(): ...\\n    nothing()\\nempty()"
timed(empty, "empty")
bare = timed(empty, "empty")
print("@@", timed(open({path!r}, encoding="utf-8").read(), {path!r}), bare)
"""
    done = subprocess.run(
        [sys.executable, "-c", code.format(plugins=str(_ROOT / "plugins"), path=str(path))],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    _, own, bare_seconds = next(line for line in done.stdout.splitlines() if line.startswith("@@")).split()
    return float(own), float(bare_seconds)


def main() -> None:
    """Prints the figures."""
    issue = Issue(
        "生态环境部生态环境执法局",
        "值班室",
        "010-00000000",
        "fankui@supervision.example",
        "环执法提函〔2020〕1号",
        "2020年3月12日",
    )
    # the region is made in a process of its own: this one holds what a run holds, and its peak is the product's
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        figures = pool.submit(notices).result()
    product(figures[:2], issue)  # libraries, fonts and templates are loaded once a process
    product(figures, issue)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    loop = bare(figures, issue)
    loop()
    pairs = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        product(figures, issue)
        own = time.perf_counter() - started
        started = time.perf_counter()
        loop()
        pairs.append((own, time.perf_counter() - started))
    own, least = min(pairs)
    ratios = sorted(one / other for one, other in pairs)
    print(
        f"composing {LETTERS} letters: {own:.1f} s (limit 10), bare library calls {least:.1f} s, "
        f"ratio {ratios[len(ratios) // 2]:.2f}, peak {peak_mb:.0f} MB (limit 500)"
    )
    for path in sorted((_ROOT / "dags").glob("*.py")):
        own, nothing = parse_seconds(path)
        print(
            f"parsing {path.stem}: {own:.3f} s, a DAG that does nothing {nothing:.3f} s, ratio {own / nothing:.1f}"
        )


if __name__ == "__main__":
    main()
