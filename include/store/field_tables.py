"""The tables of the phone page, on the same metadata as include/store/tables.py."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from include.store.columns import Instant, one_of
from include.store.tables import metadata

# Taken at once (of a confirmed device), waits for a person, accepted or rejected by one, or quarantined by the validator.
REPORT_STATES: Final = ("taken", "waiting", "accepted", "rejected", "quarantined")
DEVICE_STATES: Final = ("asked", "confirmed", "refused", "revoked")

field_key = Table(
    "field_key",
    metadata,
    Column("key_id", Integer, primary_key=True, autoincrement=False, comment="1: there is one key"),
    Column(
        "key_hex", String(64), nullable=False, comment="secret of links and codes, made once by this store"
    ),
    Column("made_at", Instant, nullable=False),
    CheckConstraint("key_id = 1", name="one"),
    comment="The key by which the links of the phone page are made; it never leaves the store.",
)

field_stop = Table(
    "field_stop",
    metadata,
    Column("letter_key", String(128), primary_key=True, comment="letter whose link was taken back"),
    Column("stopped_at", Instant, nullable=False),
    Column("stopped_by", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    comment="One link of the phone page that a person took back before its time.",
)

field_device = Table(
    "field_device",
    metadata,
    Column(
        "device_id",
        String(32),
        primary_key=True,
        comment="made from the cookie of a browser, which it does not tell",
    ),
    Column("unit_code", String(32), primary_key=True),
    Column(
        "state",
        String(16),
        nullable=False,
        comment="asked, confirmed, refused (no code could be mailed) or revoked",
    ),
    Column(
        "contact_name", String(128), nullable=False, comment="contact of the unit to whom the code was mailed"
    ),
    Column("contact_address", String(254), nullable=False),
    Column("letter_key", String(128), nullable=False, comment="letter by whose link it was asked"),
    Column("request_id", String(32), nullable=False, comment="the last request for a code"),
    Column("asked_at", Instant, nullable=False),
    Column("code_salt", String(64), nullable=False),
    Column("code_hash", String(64), nullable=False, comment="slow hash (scrypt) of the last code"),
    Column("code_expires_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("expires_at", Instant, comment="until when the confirmation holds"),
    Column("changed_by", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Column(
        "is_simulated", Boolean, nullable=False, comment="asked by the link of a simulated letter (模拟数据)"
    ),
    one_of("state", DEVICE_STATES),
    Index(None, "unit_code", "asked_at"),
    comment="One browser that speaks for a unit, or asked to.",
)

field_report = Table(
    "field_report",
    metadata,
    Column("report_id", String(32), primary_key=True, comment="made by the page; sent again, it is the same"),
    Column("letter_key", String(128), nullable=False, comment="letter by whose link it came"),
    Column("unit_code", String(32), nullable=False),
    Column("alarm_id", String(64), nullable=False),
    Column("step", String(16), nullable=False, comment="arrived, found, clear, disputed"),
    Column("device_id", String(32), nullable=False),
    Column("received_at", Instant, nullable=False, comment="when it reached the page: the time that counts"),
    Column("taken_at", Instant, nullable=False, comment="when it was read from the spool"),
    Column("state", String(16), nullable=False, comment="taken, waiting, accepted, rejected, quarantined"),
    Column("reason", Text, nullable=False, comment="why it waits, or what was decided and why (Chinese)"),
    Column(
        "actor", String(400), nullable=False, comment="confirmed contact in whose name it came; empty: none"
    ),
    Column("body_json", Text, nullable=False, comment="what was typed, without the position"),
    Column("lon", Float, comment="degrees, WGS84, where the inspector agreed; erased after 90 days"),
    Column("lat", Float, comment="degrees, WGS84; erased after 90 days"),
    Column("accuracy_m", Float, comment="as the phone tells it; erased after 90 days"),
    Column("decided_at", Instant),
    Column("decided_by", String(128)),
    Column("is_simulated", Boolean, nullable=False, comment="about a simulated alarm (模拟数据)"),
    one_of("state", REPORT_STATES),
    Index(None, "state", "received_at"),
    Index(None, "letter_key"),
    Index(None, "device_id", "unit_code"),
    Index(None, "alarm_id"),
    comment="One answer about an alarm that came by the phone page.",
)

field_photo = Table(
    "field_photo",
    metadata,
    Column("report_id", ForeignKey("field_report.report_id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True, comment="1, 2, 3 … in the report"),
    Column("sha256", String(64), nullable=False, comment="its place in the archive"),
    Column("size_bytes", Integer, nullable=False),
    Column("width", Integer, nullable=False, comment="pixels"),
    Column("height", Integer, nullable=False, comment="pixels"),
    Column("erased_at", Instant, comment="when its time was over; `prune` then removes the bytes"),
    Index(None, "sha256"),
    comment="One photo of a report, re-encoded: pixels only.",
)
