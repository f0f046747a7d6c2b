"""More than a thousand broken files and answers: no crash, no row that vanishes, no window kept by half."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import openpyxl
import pandas as pd
import pytest
from sqlalchemy import Engine

from include.errors import InputError, SourceError
from include.simulator.platform_server import load_platform, platform_app, serving
from include.sources.config import SourceConfig
from include.sources.delivery import Chunk, Part
from include.sources.intake import pull
from include.sources.layout import LAYOUTS
from include.sources.mapping.language import TableMapping
from include.sources.places import Places
from include.sources.reading.tables import read_table
from include.sources.spool import Spool
from include.sources.staging import stage
from include.store.engine import open_engine
from tests.sources.exports import ALARM, NOW, at, empty, facts, folder_source, stored, write
from tests.sources.faults import Answer, Faulty
from tests.sources.mutations import CSV_MUTATIONS, JSON_MUTATIONS, XLSX_MUTATIONS, Mutation

MARCH = (at("2020-03-01"), at("2020-04-01"))
PLACES = Places({"140300": "140300"}, frozenset({"140300"}), {})
ROWS = 6
CSV_EACH, XLSX_EACH, JSON_EACH, PULLED_EACH = 60, 25, 5, 1  # of every mutation


def test_there_are_a_thousand_of_them() -> None:
    assert (
        len(CSV_MUTATIONS) * CSV_EACH + len(XLSX_MUTATIONS) * XLSX_EACH + len(JSON_MUTATIONS) * JSON_EACH
        >= 1000
    )


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A good CSV and a good XLSX of the same alarms."""
    path = write(
        tmp_path_factory.mktemp("good"), "alarms", *({"alarm_id": f"A{number}"} for number in range(ROWS))
    )
    workbook = openpyxl.Workbook()
    workbook.active.append(list(ALARM))
    for number in range(ROWS):
        workbook.active.append([*(ALARM | {"alarm_id": f"A{number}", "alarm_count": number + 1}).values()])
    saved = io.BytesIO()
    workbook.save(saved)
    return {"csv": path.read_bytes(), "xlsx": saved.getvalue()}


def broken(content: bytes, mutation: Mutation, times: int) -> Iterator[bytes]:
    random = Random(mutation.__name__)
    for _ in range(times):
        yield mutation(content, random)


def taken(chunks: list[Chunk]) -> int:
    """How many rows are staged or rejected; pieces with the same columns are staged at once."""
    spool, staged = Spool(), 0
    alike: dict[tuple[str, ...], list[Chunk]] = {}
    for chunk in chunks:
        alike.setdefault(tuple(chunk.rows.columns), []).append(chunk)
    for group in alike.values():
        together = Chunk(
            "files",
            np.concatenate([chunk.lines for chunk in group]),
            pd.concat([chunk.rows for chunk in group], ignore_index=True),
            tuple(row for chunk in group for row in chunk.broken),
        )
        try:
            stage(spool, Part(TableMapping("alarms"), together), PLACES, None)
        except InputError:  # a column is missing: the files are refused whole
            staged += sum(len(chunk.rows) + len(chunk.broken) for chunk in group)
    staged += sum(len(rows) for shelf in ("alarms", "rejects") for rows, _ in spool.take(shelf))
    spool.close()
    return staged


def read(path: Path) -> list[Chunk]:
    """The pieces of a file; none of one that is refused."""
    try:
        return list(read_table(path))
    except InputError:
        return []


@pytest.mark.parametrize("mutation", CSV_MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_broken_csv(tmp_path: Path, good: dict[str, bytes], mutation: Mutation) -> None:
    path = tmp_path / "alarms.csv"
    read_before: list[Chunk] = []
    for content in broken(good["csv"], mutation, CSV_EACH):
        path.write_bytes(content)
        chunks = read(path)
        given = sum(len(chunk.rows) + len(chunk.broken) for chunk in chunks)
        if chunks and b'"' not in content and b"\r" not in content:  # then a line is a row
            assert given == sum(bool(line) for line in content.split(b"\n")) - 1
        read_before += chunks
    assert taken(read_before) == sum(len(chunk.rows) + len(chunk.broken) for chunk in read_before)


@pytest.mark.parametrize("mutation", XLSX_MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_broken_xlsx(tmp_path: Path, good: dict[str, bytes], mutation: Mutation) -> None:
    path = tmp_path / "alarms.xlsx"
    chunks: list[Chunk] = []
    for content in broken(good["xlsx"], mutation, XLSX_EACH):
        path.write_bytes(content)
        chunks += read(path)
    assert taken(chunks) == sum(len(chunk.rows) + len(chunk.broken) for chunk in chunks)


@pytest.fixture(scope="module")
def engine(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path = tmp_path_factory.mktemp("store") / "supervision.db"
    shutil.copy(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


def pulled(engine: Engine, source: SourceConfig) -> None:
    """A pull conserves its rows, or fails with an error of ours and leaves nothing."""
    empty(engine)
    try:
        result = pull(engine, source, *MARCH, now=NOW)
    except (InputError, SourceError):
        assert all(rows == [] for rows in facts(engine).values())
        assert stored(engine, "pull", "pull_id") == stored(engine, "quarantine", "quarantine_id") == []
        return
    assert result.read == result.new + result.revised + result.unchanged + result.quarantined
    assert len(stored(engine, "pull", "pull_id")) == 1
    known = sum(len(rows) for rows in facts(engine).values())
    assert result.new <= known <= result.new + result.revised
    assert (result.quarantined > 0) == (stored(engine, "quarantine", "quarantine_id") != [])


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_broken_files_are_pulled_whole_or_not_at_all(
    engine: Engine, tmp_path: Path, good: dict[str, bytes], kind: str
) -> None:
    for mutation in CSV_MUTATIONS if kind == "csv" else XLSX_MUTATIONS:
        for content in broken(good[kind], mutation, PULLED_EACH):
            (tmp_path / f"alarms.{kind}").write_bytes(content)
            pulled(engine, folder_source(tmp_path))


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Faulty, SourceConfig]]:
    folder = tmp_path_factory.mktemp("exports")
    for table in LAYOUTS:
        write(
            folder,
            table,
            *(
                {"alarm_id": f"A{number}"} if table == "alarms" else {}
                for number in range(1 if table != "alarms" else ROWS)
            ),
        )
    faulty = Faulty(platform_app(load_platform(folder, "secret")))
    (folder / "mapping.yaml").write_text("tables: {alarms: {}}")
    options = {"page_size": 4, "attempts": 2, "first_wait_seconds": 0, "timeout_seconds": 60}
    with serving(faulty) as url:
        yield (
            faulty,
            SourceConfig(
                "platform", "platform", url, "secret", mapping=str(folder / "mapping.yaml"), options=options
            ),
        )


@pytest.mark.parametrize("mutation", JSON_MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_broken_answers(engine: Engine, platform: tuple[Faulty, SourceConfig], mutation: Mutation) -> None:
    faulty, source = platform
    random = Random(mutation.__name__)

    def fault(answer: Answer) -> Answer:
        return replace(answer, body=mutation(answer.body, random))

    for number in range(JSON_EACH):
        faulty.set([fault] * random.choice([1, 2, 9]), before=lambda _: None)
        pulled(engine, source)
        assert faulty.asked, number
