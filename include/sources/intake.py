"""One pull: read a window of a source, check every row, and commit facts, quarantine and ledger in one transaction.

Nothing is written before everything was read and checked; a pull that fails or is killed leaves nothing behind, and
pulling again gives the same store as an undisturbed pull.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from include.errors import InputError
from include.periods import beijing_date
from include.sources import quarantine
from include.sources.config import SourceConfig
from include.sources.delivery import Delivery
from include.sources.folder import read_folder
from include.sources.mapping import Mapping, mapping_of
from include.sources.places import places
from include.sources.platform import read_platform
from include.sources.spool import Spool
from include.sources.staging import Tally, commit, stage
from include.store.engine import reading, writing
from include.store.statements import frame
from include.store.tables import pull as ledger


@dataclass(frozen=True)
class PullResult:
    """What one pull did. `read` = `new` + `revised` + `unchanged` + `quarantined`, over all tables.

    `end_at` is how far the window is covered, which may be short of what was asked. `replayed`: rows that left
    quarantine because their alarm came. `warnings` are sentences for operators.
    """

    source: str
    start_at: datetime
    end_at: datetime
    read: int
    new: int
    revised: int
    unchanged: int
    quarantined: int
    is_simulated: bool
    warnings: tuple[str, ...] = ()
    replayed: int = 0


def pull(
    engine: Engine, source: SourceConfig, start_at: datetime, end_at: datetime, *, now: datetime
) -> PullResult:
    """Reads what changed in [start_at, end_at) and stores it; grids and contacts whole. Never covers the future of `now`.

    Adjacent windows take every change once: an alarm changes when it is pushed or revised, feedback when it happens, a
    problem when it is found and when it is rectified. Raises InputError or SourceError with nothing kept.
    """
    asked_until, end_at = end_at, min(end_at, now)
    if start_at >= end_at:
        raise InputError(
            "there is nothing to pull", where=f"source {source.name}", got=f"{start_at.isoformat()} to {end_at.isoformat()}",
            expected="a window that begins before its end and before now",
        )  # fmt: skip
    mapping = mapping_of(source)
    with reading(engine) as connection:
        known_places = places(connection)
    spool = Spool()
    try:
        delivery = _deliver(source, mapping, start_at, end_at)
        for part in delivery.parts:
            stage(spool, part, known_places, None if delivery.is_cut else (start_at, end_at))
        end_at = min(end_at, delivery.covered_until or end_at)
        with writing(engine, lock="intake") as connection:
            owners = {source.name, *mapping.same_ids_as}
            tally = commit(connection, spool, mapping.tables, source=source.name, owners=owners, now=now)
            replayed = quarantine.retry_waiting(connection, now=now)
            result = result_of(source, tally, start_at, end_at, replayed=replayed, warnings=delivery.warnings)
            record(connection, result, tally, delivery, asked_until=asked_until, now=now)
    finally:
        spool.close()
    return result


def result_of(
    source: SourceConfig,
    tally: Tally,
    start_at: datetime,
    end_at: datetime,
    *,
    replayed: int,
    warnings: list[str],
) -> PullResult:
    """The totals of an intake as its result."""
    return PullResult(
        source=source.name, start_at=start_at, end_at=end_at, read=tally.read, new=tally.counts.new,
        revised=tally.counts.revised, unchanged=tally.counts.unchanged, quarantined=tally.quarantined,
        is_simulated=tally.is_simulated, warnings=(*warnings, *tally.warnings), replayed=replayed,
    )  # fmt: skip


def record(
    connection: Connection,
    result: PullResult,
    tally: Tally,
    delivery: Delivery,
    *,
    asked_until: datetime,
    now: datetime,
) -> None:
    """Enters an intake into the ledger, in the transaction of its rows."""
    last_day = beijing_date(max(result.start_at, result.end_at - timedelta(microseconds=1)))
    expected: Any = frame(connection, "cities_of_regions", on_date=last_day)
    connection.execute(
        ledger.insert().values(
            source=result.source, start_at=result.start_at, end_at=result.end_at, finished_at=now, rows_read=result.read,
            rows_new=result.new, rows_revised=result.revised, rows_unchanged=result.unchanged,
            rows_quarantined=result.quarantined, is_simulated=result.is_simulated, fingerprint=delivery.fingerprint,
            asked_until_at=asked_until, parts_expected=delivery.parts_expected, parts_received=delivery.parts_received,
            cities_expected=len(expected), cities_received=len(tally.cities),
        )
    )  # fmt: skip


def _deliver(source: SourceConfig, mapping: Mapping, start_at: datetime, end_at: datetime) -> Delivery:
    if source.kind == "files":
        return read_folder(source, mapping)
    if source.kind == "platform":
        return read_platform(source, mapping, start_at, end_at)
    raise NotImplementedError(source.kind)
