"""What each source tells about contacts, and the questions that wait for a person where the book says otherwise."""

from typing import Final

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, String, Table, Text

from include.store.columns import Instant, Serial, one_of
from include.store.tables import metadata

QUESTION_KINDS: Final = ("differs", "held", "replaced", "vanished", "unread")
QUESTION_STATES: Final = ("open", "kept", "taken", "both", "void")

contact_told = Table(
    "contact_told",
    metadata,
    Column("source", String(64), primary_key=True, comment="name of the source that tells it"),
    Column("region_code", String(32), primary_key=True),
    Column("role", String(16), primary_key=True),
    Column("address", String(254), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("name", String(128), nullable=False),
    Column("phone", String(64), nullable=False, default="", comment="empty when not told"),
    Column("valid_to", Date),
    Column("is_simulated", Boolean, nullable=False, comment="made by the simulator (模拟数据)"),
    Column(
        "gone_at",
        Instant,
        comment="since when the source no longer tells it, while a person is asked about that",
    ),
    comment="One contact as a source told it last. What is in force is in contact: a person's decision stands against this.",
)

contact_question = Table(
    "contact_question",
    metadata,
    Column("question_id", Serial, primary_key=True),
    Column(
        "kind",
        String(16),
        nullable=False,
        comment="differs (the source says otherwise), held (its new address is not in force), replaced (its new address is), vanished (it is told no more), unread (nobody reads such a mailbox)",
    ),
    Column(
        "contact_id",
        ForeignKey("contact.contact_id"),
        nullable=False,
        index=True,
        comment="the row of ours that it is about",
    ),
    Column("other_id", ForeignKey("contact.contact_id"), comment="replaced: the row that took its place"),
    Column("source", String(64), nullable=False, comment="who says otherwise"),
    Column("mine_json", Text, nullable=False, comment="our row when it was asked"),
    Column("told_json", Text, comment="the source's row; empty when it tells none"),
    Column(
        "told_hash",
        String(64),
        nullable=False,
        comment="SHA-256 of it: what a person has kept against is not asked again",
    ),
    Column("is_simulated", Boolean, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column(
        "state",
        String(8),
        nullable=False,
        comment="open, kept (ours), taken (the source's), both, void (it went away by itself)",
    ),
    Column("settled_at", Instant),
    Column("settled_by", String(128)),
    Column("reason", Text),
    Index(None, "state"),
    one_of("kind", QUESTION_KINDS),
    one_of("state", QUESTION_STATES),
    comment="One question to a person about one contact.",
)
