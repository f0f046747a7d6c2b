"""The tables of 抽查, on the same metadata as include/store/tables.py."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, Date, Integer, String, Table, Text

from include.store.columns import Instant
from include.store.tables import metadata

CHECK_RESULTS: Final = ("confirmed", "not_confirmed", "undecidable")

spot_check_key = Table(
    "spot_check_key",
    metadata,
    Column("key_id", Integer, primary_key=True, autoincrement=False, comment="1: there is one key"),
    Column("key_hex", String(64), nullable=False, comment="secret of the draw, made once by this store"),
    Column("made_at", Instant, nullable=False),
    CheckConstraint("key_id = 1", name="one"),
    comment="The key by which answers are drawn for 抽查.",
)

spot_check = Table(
    "spot_check",
    metadata,
    Column("week_start", Date, primary_key=True, comment="the Sunday with which the week of the draw begins"),
    Column("alarm_id", String(128), primary_key=True),
    Column(
        "checked_at", Instant, primary_key=True, comment="when the result was recorded; the last one stands"
    ),
    Column("unit_code", String(32), nullable=False, comment="unit whose answer was drawn"),
    Column(
        "result",
        String(16),
        nullable=False,
        comment="confirmed 属实, not_confirmed 不实, undecidable 无法核实",
    ),
    Column("reason", Text, nullable=False, comment="what the person found"),
    Column("checked_by", String(128), nullable=False),
    CheckConstraint(f"result in ({', '.join(repr(one) for one in CHECK_RESULTS)})", name="result"),
    comment="The result of one 抽查 of a drawn answer, as a person recorded it. Rows are only added.",
)
