"""What an intake did: its result for the caller and its row in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from include.periods import office_date
from include.sources.config import SourceConfig
from include.sources.delivery import Delivery
from include.sources.staging import Tally
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


def result_of(
    source: SourceConfig,
    tally: Tally,
    start_at: datetime,
    end_at: datetime,
    *,
    replayed: int,
    warnings: Sequence[str],
) -> PullResult:
    """The totals of an intake as its result."""
    return PullResult(
        source=source.name,
        start_at=start_at,
        end_at=end_at,
        read=tally.read,
        new=tally.counts.new,
        revised=tally.counts.revised,
        unchanged=tally.counts.unchanged,
        quarantined=tally.quarantined,
        is_simulated=tally.is_simulated,
        warnings=(*warnings, *tally.warnings),
        replayed=replayed,
    )


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
    last_day = office_date(max(result.start_at, result.end_at - timedelta(microseconds=1)))
    expected = frame(connection, "cities_of_regions", on_date=last_day)
    connection.execute(
        ledger.insert().values(
            source=result.source,
            start_at=result.start_at,
            end_at=result.end_at,
            finished_at=now,
            rows_read=result.read,
            rows_new=result.new,
            rows_revised=result.revised,
            rows_unchanged=result.unchanged,
            rows_quarantined=result.quarantined,
            is_simulated=result.is_simulated,
            fingerprint=delivery.fingerprint,
            asked_until_at=asked_until,
            parts_expected=delivery.parts_expected,
            parts_received=delivery.parts_received,
            cities_expected=len(expected),
            cities_received=len(tally.cities),
        )
    )
