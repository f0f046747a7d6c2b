"""The tables, defined once. `comment` is the data dictionary's text: what a row is, and each column's meaning and unit.

Facts (`alarm`, `feedback_event`, `problem`) are append-only: a changed record is a new revision, nothing is overwritten.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from include.store.columns import Instant, Serial, one_of

LETTER_STATES: Final = ("drafted", "awaiting_approval", "released", "rejected", "withheld")
DELIVERY_STATES: Final = ("queued", "sending", "sent", "refused", "unknown", "expired", "withdrawn")
CONTACT_ROLES: Final = ("to", "cc", "province", "leader", "duty")
QUARANTINE_STATES: Final = ("open", "replayed", "discarded")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Serial, _one_of = Serial, one_of


def _provenance() -> list[Column[Any]]:
    """Where a fact came from: the same columns in every table of facts."""
    return [
        Column("source", String(64), nullable=False, comment="name of the source that told it"),
        Column("is_simulated", Boolean, nullable=False, comment="made by the simulator (模拟数据)"),
        Column(
            "received_at",
            Instant,
            nullable=False,
            comment="when we learnt it (audit only; figures use event time)",
        ),
        Column(
            "content_hash",
            String(64),
            nullable=False,
            comment="SHA-256 of the content; same content, no new revision",
        ),
    ]


city = Table(
    "city",
    metadata,
    Column("unit_code", String(32), primary_key=True, comment="code of the unit, as the profile has it"),
    Column("unit_name", String(32), nullable=False, comment="its last name"),
    Column("province_code", String(32), nullable=False, comment="code of the unit above, or its own"),
    Column("province_name", String(32), nullable=False),
    comment="A unit that letters go or went to: what facts refer to. Its dated names are in `unit`.",
)

region_member = Table(
    "region_member",
    metadata,
    Column("unit_code", ForeignKey("city.unit_code"), primary_key=True),
    Column("region", String(32), primary_key=True, comment="2+26, 2+36, 汾渭平原"),
    Column("valid_from", Date, primary_key=True, comment="first Beijing date of the membership"),
    Column("valid_to", Date, comment="first Beijing date after it; empty while it lasts"),
    comment="One membership of a city in a key region, with its dates.",
)

grid = Table(
    "grid",
    metadata,
    Column("grid_id", String(64), primary_key=True, comment="opaque text (T85711)"),
    Column("unit_code", ForeignKey("city.unit_code"), nullable=False, index=True),
    Column("county", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("west", Float, comment="degrees, WGS84"),
    Column("south", Float, comment="degrees, WGS84"),
    Column("east", Float, comment="degrees, WGS84"),
    Column("north", Float, comment="degrees, WGS84"),
    Column("is_hot", Boolean, nullable=False, comment="a hotspot grid (热点网格)"),
    Column("is_monitored", Boolean, nullable=False, comment="carries micro-stations (微站)"),
    *_provenance(),
    comment="A 3 km grid cell, as last told by its source.",
)

contact = Table(
    "contact",
    metadata,
    Column("contact_id", _Serial, primary_key=True),
    Column("region_code", String(32), nullable=False, comment="unit, the unit above it, or this office"),
    Column("role", String(16), nullable=False, comment="to, cc (of a city), province (copies), leader, duty"),
    Column("name", String(128), nullable=False, comment="printed in the To header"),
    Column("address", String(254), nullable=False, comment="e-mail address"),
    Column("phone", String(64)),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, comment="first Beijing date on which it is no longer used"),
    Column(
        "fixed_at",
        Instant,
        comment="since when it stands against what sources tell: a person decided it, or a source named its successor",
    ),
    Column("fixed_by", String(128), comment="who decided that"),
    Column("replaced_by_id", BigInteger, comment="contact_id of the row that took its place"),
    *_provenance(),
    UniqueConstraint("region_code", "role", "address", "valid_from"),
    _one_of("role", CONTACT_ROLES),
    comment="Where letters of a region go, with the dates between which that holds.",
)

pull = Table(
    "pull",
    metadata,
    Column("pull_id", _Serial, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("start_at", Instant, nullable=False, comment="window of change time that this pull covered: from"),
    Column("end_at", Instant, nullable=False, comment="to (exclusive)"),
    Column("finished_at", Instant, nullable=False),
    Column("rows_read", Integer, nullable=False, comment="= new + revised + unchanged + quarantined"),
    Column("rows_new", Integer, nullable=False),
    Column("rows_revised", Integer, nullable=False),
    Column("rows_unchanged", Integer, nullable=False),
    Column("rows_quarantined", Integer, nullable=False),
    Column("is_simulated", Boolean, nullable=False, comment="at least one row was 模拟数据"),
    Column(
        "fingerprint",
        String(64),
        nullable=False,
        default="",
        comment="which state of the source was read: its files' names, sizes and times, or one file's SHA-256",
    ),
    Column(
        "asked_until_at",
        Instant,
        comment="end of the asked window; later than end_at when the source was not complete so far",
    ),
    Column(
        "parts_expected",
        Integer,
        nullable=False,
        default=0,
        comment="files, pages or query chunks that there were",
    ),
    Column(
        "parts_received",
        Integer,
        nullable=False,
        default=0,
        comment="files, pages or query chunks that were read",
    ),
    Column(
        "cities_expected",
        Integer,
        nullable=False,
        default=0,
        comment="cities in a key region on the window's last day",
    ),
    Column(
        "cities_received",
        Integer,
        nullable=False,
        default=0,
        comment="cities that alarms of the window named",
    ),
    Index(None, "source", "start_at"),
    Index(None, "source", "fingerprint"),
    comment="The ledger: one window of one source, committed together with its rows.",
)

alarm = Table(
    "alarm",
    metadata,
    Column("alarm_id", String(64), primary_key=True, comment="the source's own key"),
    Column("revision", Integer, primary_key=True, comment="1 for what was told first"),
    Column(
        "revised_at",
        Instant,
        nullable=False,
        comment="when the platform said so; figures take the last one by as_of",
    ),
    Column("grid_id", String(64), nullable=False),
    Column("unit_code", ForeignKey("city.unit_code"), nullable=False),
    Column("county", String(64), nullable=False),
    Column("point_name", String(255), nullable=False, comment="点位名称"),
    Column("lon", Float, comment="degrees, WGS84; empty when not told"),
    Column("lat", Float, comment="degrees, WGS84; empty when not told"),
    Column("started_at", Instant, nullable=False, comment="first hour of the alarm"),
    Column("last_at", Instant, nullable=False, comment="last hour of the alarm"),
    Column("alarm_count", Integer, nullable=False, comment="报警次数"),
    Column("peak_pm25_ug_m3", Float, comment="highest hourly PM2.5, μg/m³"),
    Column("pushed_at", Instant, nullable=False, comment="pushed to the city"),
    Column("deadline_at", Instant, nullable=False, comment="the answer is due"),
    Column("rules_version", String(16), nullable=False, comment="the rules that set the deadline"),
    Column(
        "is_outside_city",
        Boolean,
        nullable=False,
        default=False,
        comment="its coordinates lie outside the city that it names",
    ),
    *_provenance(),
    Index(None, "pushed_at", "alarm_id"),
    Index(None, "grid_id", "pushed_at"),
    Index(None, "received_at", "revised_at"),
    comment="One revision of one alarm.",
)

# An index of the few steps after which the office may have to decide; worded as in sql/waiting_decisions.sql.
_ASKS: Final = "event in ('disputed', 'returned')"

feedback_event = Table(
    "feedback_event",
    metadata,
    Column("alarm_id", String(64), primary_key=True),
    Column(
        "event",
        String(24),
        primary_key=True,
        comment="acknowledged, submitted, returned, accepted, disputed, dispute_upheld, dispute_rejected, closed, reopened",
    ),
    Column(
        "event_at",
        Instant,
        primary_key=True,
        comment="when it happened, by a clock that the judged unit does not write: the platform's record, or our receipt",
    ),
    Column("revision", Integer, primary_key=True),
    Column("unit", String(255), comment="排查单位"),
    Column("inspector", String(255), comment="排查人"),
    Column("problem_found", Boolean, comment="empty when the event says nothing about it"),
    Column("note", Text),
    Column(
        "inspected_at",
        Instant,
        comment="排查时间: when the unit says that it inspected; information, no figure reads it",
    ),
    *_provenance(),
    Index(None, "received_at", "event_at"),
    Index(None, "event_at"),
    Index(
        "ix_feedback_event_asks",
        "event",
        "alarm_id",
        "event_at",
        sqlite_where=text(_ASKS),
        postgresql_where=text(_ASKS),
    ),
    comment="One revision of one step of the feedback to an alarm.",
)

# Indexes of the alarms that are open still, and of those that were open for long; worded as in sql/alarm_states.sql.
_STILL_OPEN: Final = "open_until_at is null"
_WAS_OPEN: Final = "open_until_at is not null"

lingering_alarm = Table(
    "lingering_alarm",
    metadata,
    Column("alarm_id", String(64), primary_key=True),
    Column("pushed_at", Instant, nullable=False, comment="the earliest that a revision tells"),
    Column(
        "open_until_at",
        Instant,
        comment="from when on it was answered, withdrawn (误报) or closed for good; empty while it may be open",
    ),
    Index(
        "ix_lingering_alarm_still_open",
        "pushed_at",
        sqlite_where=text(_STILL_OPEN),
        postgresql_where=text(_STILL_OPEN),
    ),
    Index(
        "ix_lingering_alarm_was_open",
        "open_until_at",
        "pushed_at",
        sqlite_where=text(_WAS_OPEN),
        postgresql_where=text(_WAS_OPEN),
    ),
    comment="An alarm that may be open, or that was for more than seven days: how a day finds the open alarms of any age. Derived from alarm and feedback_event at each intake.",
)

problem = Table(
    "problem",
    metadata,
    Column("problem_id", String(64), primary_key=True, comment="the source's own key"),
    Column("revision", Integer, primary_key=True),
    Column("alarm_id", String(64), nullable=False, index=True),
    Column("category", String(32), nullable=False, comment="one of the programme's categories"),
    Column("description", Text, nullable=False),
    Column("found_at", Instant, nullable=False),
    Column("status", String(32), comment="as the source words it; figures use the dates"),
    Column("rectify_by", Instant, comment="promised; empty means the default deadline"),
    Column("rectified_at", Instant),
    *_provenance(),
    Index(None, "received_at", "found_at"),
    comment="One revision of one problem found at an alarm.",
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", _Serial, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("kind", String(16), nullable=False, comment="alarms, feedback, problems, grids, contacts"),
    Column("origin", String(512), nullable=False, comment="file and line, page, or query and row"),
    Column("field", String(64), nullable=False),
    Column("value", Text, nullable=False, comment="what came"),
    Column("reason", Text, nullable=False, comment="what was expected"),
    Column("row_json", Text, nullable=False, comment="the whole row as it came"),
    Column("row_hash", String(64), nullable=False, comment="SHA-256 of row_json: the same row is kept once"),
    Column(
        "fields_json",
        Text,
        comment="the row in our own columns, which an operator may correct; empty when it could not be split",
    ),
    Column("waits_for", String(64), comment="alarm_id: replayed by itself once this alarm is known"),
    Column(
        "speaker",
        String(32),
        comment="the unit whose word it is, or `-` for a unit that is not known; empty: the office's own record",
    ),
    Column("received_at", Instant, nullable=False),
    Column("state", String(16), nullable=False, comment="open, replayed, discarded"),
    Column("settled_at", Instant),
    Column("settled_by", String(128)),
    UniqueConstraint("source", "kind", "row_hash"),
    Index(None, "state", "kind"),
    Index(None, "waits_for"),
    _one_of("state", QUARANTINE_STATES),
    comment="One row that could not be understood: kept whole, with the first reason.",
)

# An index of the few letters that wait for somebody; worded as in sql/list_concerns.sql, by which SQLite knows it.
_IS_OPEN: Final = "state in ('drafted', 'awaiting_approval', 'withheld')"

letter = Table(
    "letter",
    metadata,
    Column("letter_id", _Serial, primary_key=True),
    Column(
        "kind",
        String(16),
        nullable=False,
        comment="a name of the register of letter kinds (include/letter_kinds.py)",
    ),
    Column("addressee", String(64), nullable=False, comment="unit_code, or the role it goes to"),
    Column("unit_code", ForeignKey("city.unit_code"), comment="empty when it is about all cities"),
    Column("period_kind", String(16), nullable=False),
    Column("period_start", Date, nullable=False, comment="day of start_at"),
    Column("period_end", Date, nullable=False, comment="day of end_at, on which the letter goes out"),
    Column("start_at", Instant, nullable=False, comment="first instant of its window"),
    Column("end_at", Instant, nullable=False, comment="first instant after its window"),
    Column("as_of", Instant, nullable=False),
    Column("revision", Integer, nullable=False, comment="1; a 更正 is the next one"),
    Column(
        "letter_key",
        String(128),
        nullable=False,
        unique=True,
        comment="kind, addressee, period, revision in one word",
    ),
    Column(
        "state",
        String(24),
        nullable=False,
        comment="drafted, awaiting_approval, released, rejected, withheld",
    ),
    Column("state_reason", Text, nullable=False, comment="why it is in that state"),
    Column("state_at", Instant, nullable=False, comment="since when"),
    Column(
        "is_stuck",
        Boolean,
        nullable=False,
        comment="a person must act: no contact, too large, the release failed",
    ),
    Column("held_by", String(128), comment="the person who withheld it; only a person releases it then"),
    Column("is_simulated", Boolean, nullable=False),
    Column("figures_json", Text, nullable=False, comment="the frozen figures"),
    Column("subject", Text, nullable=False),
    Column("number", String(64), unique=True, comment="发文字号 as printed; only released letters have one"),
    Column("issued_on", Date),
    Column("message_id", String(255), comment="of the copy that its release queued; reminders refer to it"),
    Column("composed_at", Instant, nullable=False),
    Column("released_at", Instant),
    Column("run_id", String(255), comment="the Airflow run that composed it last"),
    UniqueConstraint(
        "kind", "addressee", "period_kind", "start_at", "end_at", "revision", name="uq_letter_window"
    ),
    Index(None, "period_end", "kind"),
    Index(None, "released_at"),
    Index(None, "unit_code", "period_end"),
    Index(None, "unit_code", "kind", "period_end"),
    Index("ix_letter_open", "state", sqlite_where=text(_IS_OPEN), postgresql_where=text(_IS_OPEN)),
    _one_of("state", LETTER_STATES),
    comment="One document to one addressee for one window.",
)

letter_alarm = Table(
    "letter_alarm",
    metadata,
    Column("letter_id", ForeignKey("letter.letter_id", ondelete="CASCADE"), primary_key=True),
    Column("alarm_id", String(64), primary_key=True),
    Column("is_urged", Boolean, nullable=False, comment="the letter is a 督办 of this alarm"),
    Index(None, "alarm_id"),
    comment="One alarm that a letter names.",
)

letter_file = Table(
    "letter_file",
    metadata,
    Column("letter_id", ForeignKey("letter.letter_id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), primary_key=True, comment="pdf, docx, xlsx, html, text, eml"),
    Column("file_name", String(255), nullable=False),
    Column(
        "ascii_name", String(255), nullable=False, comment="for mail clients that cannot read Chinese names"
    ),
    Column("media_type", String(128), nullable=False),
    Column("sha256", String(64), nullable=False, comment="its place in the archive"),
    Column("size_bytes", Integer, nullable=False),
    comment="One file of a letter; the bytes are in the content-addressed archive.",
)

letter_template = Table(
    "letter_template",
    metadata,
    Column("letter_id", ForeignKey("letter.letter_id", ondelete="CASCADE"), primary_key=True),
    Column(
        "name", String(128), primary_key=True, comment="of the template: notice.docx, 2020-03/notice_mail.txt"
    ),
    Column("sha256", String(64), nullable=False, comment="SHA-256 of its content"),
    comment="One template that the present files of a letter were made from; letters of before this table have none.",
)

letter_number = Table(
    "letter_number",
    metadata,
    Column("series", String(32), primary_key=True, comment="kind of letter that counts by itself"),
    Column("year", Integer, primary_key=True, index=True),
    Column("seq", Integer, primary_key=True, comment="1, 2, 3 … without gaps"),
    Column("letter_id", ForeignKey("letter.letter_id"), nullable=False, index=True),
    Column("number", String(64), nullable=False, index=True),
    Column("allocated_at", Instant, nullable=False),
    Column("void_reason", Text, comment="作废: why the number was withdrawn"),
    comment="The register: every number ever given, with its letter.",
)

delivery = Table(
    "delivery",
    metadata,
    Column("delivery_id", _Serial, primary_key=True),
    Column("letter_id", ForeignKey("letter.letter_id"), nullable=False),
    Column(
        "copy_no",
        Integer,
        nullable=False,
        comment="1; an operator's resend is the next one; rehearsals count by themselves",
    ),
    Column(
        "is_rehearsal", Boolean, nullable=False, comment="演练: went to the operator, not to the addressee"
    ),
    Column("address", String(254), nullable=False),
    Column("name", String(128), nullable=False),
    Column("header", String(2), nullable=False, comment="to or cc"),
    Column("message_id", String(255), nullable=False, comment="the same for all recipients of one copy"),
    Column("eml_sha256", String(64), nullable=False, comment="the exact message in the archive"),
    Column(
        "state",
        String(16),
        nullable=False,
        comment="queued, sending, sent, refused, unknown, expired, withdrawn",
    ),
    Column("state_reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False, comment="times that a mail server was asked to take it"),
    Column("next_attempt_at", Instant, nullable=False),
    Column(
        "expires_at",
        Instant,
        nullable=False,
        comment="end of its useful life: not tried any more from then on",
    ),
    Column("lease_owner", String(128)),
    Column("lease_until_at", Instant),
    Column("smtp_code", Integer, comment="the server's last answer"),
    Column("smtp_text", Text),
    Column("updated_at", Instant, nullable=False),
    Column(
        "return_tag",
        String(16),
        comment="random, of its own envelope sender (VERP): what only a report about it can name",
    ),
    UniqueConstraint("letter_id", "is_rehearsal", "copy_no", "address"),
    Index(None, "state", "next_attempt_at"),
    CheckConstraint("header in ('to', 'cc')", name="header"),
    _one_of("state", DELIVERY_STATES),
    comment="One recipient of one copy of a letter.",
)

audit = Table(
    "audit",
    metadata,
    Column("audit_id", _Serial, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(128), nullable=False, comment="user, or the process that did it"),
    Column(
        "subject", String(16), nullable=False, comment="letter, delivery, contact, quarantine, run, server"
    ),
    Column("subject_id", String(255), nullable=False),
    Column("action", String(32), nullable=False),
    Column("from_state", String(24)),
    Column("to_state", String(24)),
    Column("reason", Text, nullable=False),
    Index(None, "subject", "subject_id"),
    Index(None, "at"),
    comment="One change of state: who or what, when, why. Rows are only added.",
)
