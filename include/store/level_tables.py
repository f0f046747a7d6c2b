"""The tables of levels that talk to each other, on the same metadata as include/store/tables.py."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from include.store.columns import Instant, Serial, one_of
from include.store.tables import metadata

REPORT_KINDS: Final = ("feedback", "problem")
# waiting: for a person's review; refused: the office above cannot use it; dropped: a person does not send it.
SENT_STATES: Final = ("waiting", "queued", "sent", "refused", "dropped")

platform_token = Table(
    "platform_token",
    metadata,
    Column("token_id", Serial, primary_key=True),
    Column(
        "token_sha256",
        String(64),
        nullable=False,
        unique=True,
        comment="the token itself is shown once and never kept",
    ),
    Column(
        "unit_code",
        String(32),
        nullable=False,
        comment="the unit that holds it: it sees itself and what reports to it",
    ),
    Column("label", String(128), nullable=False, comment="for people"),
    Column("made_at", Instant, nullable=False),
    Column("made_by", String(128), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    comment="One token by which an office below reads from here and reports to here.",
)

level_key = Table(
    "level_key",
    metadata,
    Column("key_id", Integer, primary_key=True, autoincrement=False, comment="1: there is one key"),
    Column("key_hex", String(64), nullable=False, comment="secret of receipts, made once by this store"),
    Column("made_at", Instant, nullable=False),
    CheckConstraint("key_id = 1", name="one"),
    comment="The key that seals receipts of reports from below; it never leaves the store.",
)

told_change = Table(
    "told_change",
    metadata,
    Column("change_id", Serial, primary_key=True),
    Column("kind", String(16), nullable=False, comment="alarm, step, problem, letter"),
    Column("record_id", String(128), nullable=False, comment="alarm_id, problem_id or letter_key"),
    Column("event", String(24), nullable=False, comment="of a step; else empty"),
    Column("event_at", Instant, nullable=False, comment="of a step; of others their own moment"),
    Column("revision", Integer, nullable=False),
    Column(
        "noticed_at",
        Instant,
        nullable=False,
        comment="by which offices below read windows: after its commit, never before one that was served",
    ),
    UniqueConstraint("kind", "record_id", "event", "event_at", "revision"),
    Index(None, "kind", "noticed_at"),
    comment="One change that the served platform has noticed in this store.",
)

received_report = Table(
    "received_report",
    metadata,
    Column("report_no", Serial, primary_key=True),
    Column("unit_code", String(32), nullable=False, comment="whose token brought it"),
    Column("report_key", String(64), nullable=False, comment="the sender's Idempotency-Key"),
    Column("alarm_id", String(64), nullable=False),
    Column("body_sha256", String(64), nullable=False, comment="of its canonical JSON without a receipt"),
    Column("body_json", Text, nullable=False),
    Column("received_at", Instant, nullable=False, comment="by our clock, from which it counts"),
    Column(
        "stored_at",
        Instant,
        nullable=False,
        comment="when this store learnt of it: later for one told again after a restore",
    ),
    Column("is_taken", Boolean, nullable=False, comment="no: it could not be used, for refused_because"),
    Column("refused_because", Text, nullable=False),
    Column("receipt", Text, nullable=False),
    UniqueConstraint("unit_code", "report_key"),
    Index(None, "unit_code", "stored_at"),
    comment="One report of an office below: a step of the feedback, or a problem.",
)

sent_report = Table(
    "sent_report",
    metadata,
    Column("report_key", String(64), primary_key=True, comment="Idempotency-Key: made of what it tells"),
    Column("upper", String(64), nullable=False, comment="the source that is the office above"),
    Column("kind", String(16), nullable=False),
    Column("alarm_id", String(64), nullable=False),
    Column("record_id", String(64), nullable=False, comment="the event, or the problem_id"),
    Column(
        "told_at",
        Instant,
        nullable=False,
        comment="event_at of the step; when this revision of the problem was learnt",
    ),
    Column("body_json", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("state_reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Column("received_at", Instant, comment="by the clock of the office above, from which it counts there"),
    Column("receipt", Text, comment="its seal of that"),
    Column("queued_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index(None, "state", "next_attempt_at"),
    Index(None, "upper", "kind", "alarm_id", "record_id"),
    one_of("kind", REPORT_KINDS),
    one_of("state", SENT_STATES),
    comment="One report to the office above, and what it said.",
)
