"""The tables of what is open to the public and of the hints it gives, on the same metadata as include/store/tables.py."""

from typing import Final

from sqlalchemy import Boolean, Column, Date, Float, Index, Integer, String, Table, Text

from include.store.columns import Instant, one_of
from include.store.tables import metadata

# What became of a hint: waits, looked into, or closed as one of the rest.
HINT_STATES: Final = ("waiting", "checking", "confirmed", "not_confirmed", "passed_on", "spam")

published_month = Table(
    "published_month",
    metadata,
    Column(
        "first_date", Date, primary_key=True, comment="first day of the month (or of its part in the season)"
    ),
    Column("edition", Integer, primary_key=True, comment="1 for what was published first"),
    Column("released_on", Date, nullable=False, comment="date up to which that publication was asked for"),
    Column(
        "figures_json",
        Text,
        nullable=False,
        comment="all that the edition says, small counts merged already; nothing else is kept",
    ),
    Column(
        "reason", String(32), nullable=False, comment="first, facts (learnt or corrected later) or settings"
    ),
    Column("changed_cells", Integer, nullable=False, comment="cells that differ from the edition before"),
    Column("recorded_at", Instant, nullable=False, comment="when it was recorded (audit only)"),
    Column("recorded_by", String(128), nullable=False),
    Column("removed_on", Date, comment="when it was taken away from the public; empty while it stands"),
    Column("removed_reason", Text, comment="told to the public"),
    comment="One edition of a published month: what every file of it is made from.",
)

hint = Table(
    "hint",
    metadata,
    Column("hint_id", String(64), primary_key=True, comment="the sender's own key, or made from the content"),
    Column("received_at", Instant, nullable=False, comment="when it reached the office, as the file says"),
    Column("taken_at", Instant, nullable=False, comment="when it was read in"),
    Column("place", String(255), comment="where, in the sender's words; erased with the identity"),
    Column("lon", Float, comment="degrees, WGS84; erased with the identity"),
    Column("lat", Float, comment="degrees, WGS84; erased with the identity"),
    Column("text", Text, comment="what the sender saw; erased with the identity"),
    Column("name", String(128), comment="of the sender; erased 30 days after closing"),
    Column("contact", String(254), comment="address or telephone; erased 30 days after closing"),
    Column("unit_code", String(32), comment="unit that the place belongs to, by the match or a person"),
    Column("grid_id", String(64), comment="grid that it was matched to; empty where none was"),
    Column("match_how", String(16), nullable=False, comment="point, name, person, or none"),
    Column("state", String(16), nullable=False, comment="waiting, checking, or what it was closed as"),
    Column("answer", Text, comment="what a person answered; erased with the identity"),
    Column("answered_at", Instant),
    Column("closed_at", Instant),
    Column("decided_by", String(128), comment="who moderated it last"),
    Column("erased_at", Instant, comment="when everything that names or quotes the sender was erased"),
    Column("is_simulated", Boolean, nullable=False, comment="made by the simulator (模拟数据)"),
    one_of("state", HINT_STATES),
    Index(None, "state", "received_at"),
    comment="One hint of the public: kept apart from the facts, no figure and no letter reads it, and none becomes an alarm.",
)
