"""What of the traffic with other offices and with channels may go: rows that are over and that nothing asks for again.

How long they are kept (`retention_days.exchange`, 120 days at least) is twice as long as either side looks back: reports are queued
and compared over 60 days, and changes are noticed over two, so nothing that went is told, taken or noticed a second time. What waits
for a person stays whatever its age.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select

from include.profile.current import office
from include.store.channel_tables import channel_message
from include.store.level_tables import received_report, sent_report, told_change

_DEFAULT_DAYS: Final = 400
_message, _change, _sent = channel_message.c, told_change.c, sent_report.c


def old_exchanges(connection: Connection, now: datetime) -> Mapping[str, int]:
    """How many rows of each table may go at `now`."""
    return {
        table.name: int(
            connection.execute(select(func.count()).select_from(table).where(is_over)).scalar_one()
        )
        for table, is_over in _over(connection, now).items()
    }


def remove_exchanges(connection: Connection, now: datetime) -> Mapping[str, int]:
    """Removes them; returns how many of each table."""
    return {
        table.name: int(connection.execute(table.delete().where(is_over)).rowcount)
        for table, is_over in _over(connection, now).items()
    }


def _over(connection: Connection, now: datetime) -> dict[Table, ColumnElement[bool]]:
    before = now - timedelta(days=office().retention_days.get("exchange", _DEFAULT_DAYS))
    last = connection.execute(select(func.max(_change.noticed_at))).scalar_one_or_none() or before
    is_told = or_(
        _message.state.in_(("sent", "withdrawn")),
        and_(_message.kind == "webhook", _message.state.in_(("refused", "unknown", "expired"))),
    )
    return {
        channel_message: and_(_message.queued_at < before, _message.updated_at < before, is_told),
        # The newest moment stays: what is noticed next never bears an earlier one.
        told_change: and_(_change.noticed_at < before, _change.noticed_at < last),
        received_report: received_report.c.stored_at < before,
        sent_report: and_(
            _sent.queued_at < before, _sent.updated_at < before, _sent.state.in_(("sent", "dropped"))
        ),
    }
