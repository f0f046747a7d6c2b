"""The table of what persons of the office note about a unit, on the same metadata as include/store/tables.py."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, Index, String, Table, Text

from include.store.columns import Instant, Serial
from include.store.tables import metadata

NOTE_KINDS: Final = ("call", "note", "assign")

unit_note = Table(
    "unit_note",
    metadata,
    Column("note_id", Serial, primary_key=True),
    Column("unit_code", String(32), nullable=False, comment="the unit that it is about"),
    Column("noted_at", Instant, nullable=False),
    Column("noted_by", String(128), nullable=False),
    Column(
        "kind",
        String(16),
        nullable=False,
        comment="call (a talk with the unit), note, assign (who sees to the matter from now on)",
    ),
    Column("whom", String(128), nullable=False, comment="who was called, or who sees to it; may be empty"),
    Column("words", Text, nullable=False, comment="what was said, or why"),
    Index(None, "unit_code", "noted_at"),
    CheckConstraint(f"kind in ({', '.join(repr(one) for one in NOTE_KINDS)})", name="kind"),
    comment="One note about a unit. Rows are only added; the last `assign` says who sees to the unit's matter.",
)
