"""Levels: tokens and receipts of the office above, reports of the office below, and what was told to whom."""

import sqlalchemy as sa
from alembic import op

from include.store.columns import Instant

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "level_key",
        sa.Column("key_id", sa.Integer(), autoincrement=False, nullable=False, comment="1: there is one key"),
        sa.Column(
            "key_hex",
            sa.String(length=64),
            nullable=False,
            comment="secret of receipts, made once by this store",
        ),
        sa.Column("made_at", Instant(), nullable=False),
        sa.CheckConstraint("key_id = 1", name=op.f("ck_level_key_one")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_level_key")),
        comment="The key that seals receipts of reports from below; it never leaves the store.",
    )
    op.create_table(
        "platform_token",
        sa.Column("token_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "token_sha256",
            sa.String(length=64),
            nullable=False,
            comment="the token itself is shown once and never kept",
        ),
        sa.Column(
            "unit_code",
            sa.String(length=32),
            nullable=False,
            comment="the unit that holds it: it sees itself and what reports to it",
        ),
        sa.Column("label", sa.String(length=128), nullable=False, comment="for people"),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.String(length=128), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_platform_token")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_platform_token_token_sha256")),
        comment="One token by which an office below reads from here and reports to here.",
    )
    op.create_table(
        "received_report",
        sa.Column("report_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=False, comment="whose token brought it"),
        sa.Column("report_key", sa.String(length=64), nullable=False, comment="the sender's Idempotency-Key"),
        sa.Column("alarm_id", sa.String(length=64), nullable=False),
        sa.Column(
            "body_sha256",
            sa.String(length=64),
            nullable=False,
            comment="of its canonical JSON without a receipt",
        ),
        sa.Column("body_json", sa.Text(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False, comment="by our clock, from which it counts"),
        sa.Column(
            "stored_at",
            Instant(),
            nullable=False,
            comment="when this store learnt of it: later for one told again after a restore",
        ),
        sa.Column(
            "is_taken", sa.Boolean(), nullable=False, comment="no: it could not be used, for refused_because"
        ),
        sa.Column("refused_because", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("report_no", name=op.f("pk_received_report")),
        sa.UniqueConstraint("unit_code", "report_key", name=op.f("uq_received_report_unit_code_report_key")),
        comment="One report of an office below: a step of the feedback, or a problem.",
    )
    op.create_index(
        op.f("ix_received_report_unit_code_stored_at"),
        "received_report",
        ["unit_code", "stored_at"],
        unique=False,
    )
    op.create_table(
        "sent_report",
        sa.Column(
            "report_key",
            sa.String(length=64),
            nullable=False,
            comment="Idempotency-Key: made of what it tells",
        ),
        sa.Column(
            "upper", sa.String(length=64), nullable=False, comment="the source that is the office above"
        ),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("alarm_id", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False, comment="the event, or the problem_id"),
        sa.Column(
            "told_at",
            Instant(),
            nullable=False,
            comment="event_at of the step; when this revision of the problem was learnt",
        ),
        sa.Column("body_json", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Instant(), nullable=False),
        sa.Column(
            "received_at",
            Instant(),
            nullable=True,
            comment="by the clock of the office above, from which it counts there",
        ),
        sa.Column("receipt", sa.Text(), nullable=True, comment="its seal of that"),
        sa.Column("queued_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint("kind in ('feedback', 'problem')", name=op.f("ck_sent_report_kind")),
        sa.CheckConstraint(
            "state in ('waiting', 'queued', 'sent', 'refused', 'dropped')", name=op.f("ck_sent_report_state")
        ),
        sa.PrimaryKeyConstraint("report_key", name=op.f("pk_sent_report")),
        comment="One report to the office above, and what it said.",
    )
    op.create_index(
        op.f("ix_sent_report_state_next_attempt_at"),
        "sent_report",
        ["state", "next_attempt_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sent_report_upper_kind_alarm_id_record_id"),
        "sent_report",
        ["upper", "kind", "alarm_id", "record_id"],
        unique=False,
    )
    op.create_table(
        "told_change",
        sa.Column("change_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="alarm, step, problem, letter"),
        sa.Column(
            "record_id", sa.String(length=128), nullable=False, comment="alarm_id, problem_id or letter_key"
        ),
        sa.Column("event", sa.String(length=24), nullable=False, comment="of a step; else empty"),
        sa.Column("event_at", Instant(), nullable=False, comment="of a step; of others their own moment"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "noticed_at",
            Instant(),
            nullable=False,
            comment="by which offices below read windows: after its commit, never before one that was served",
        ),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_told_change")),
        sa.UniqueConstraint(
            "kind",
            "record_id",
            "event",
            "event_at",
            "revision",
            name=op.f("uq_told_change_kind_record_id_event_event_at_revision"),
        ),
        comment="One change that the served platform has noticed in this store.",
    )
    op.create_index(
        op.f("ix_told_change_kind_noticed_at"), "told_change", ["kind", "noticed_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_told_change_kind_noticed_at"), table_name="told_change")
    op.drop_table("told_change")
    op.drop_index(op.f("ix_sent_report_upper_kind_alarm_id_record_id"), table_name="sent_report")
    op.drop_index(op.f("ix_sent_report_state_next_attempt_at"), table_name="sent_report")
    op.drop_table("sent_report")
    op.drop_index(op.f("ix_received_report_unit_code_stored_at"), table_name="received_report")
    op.drop_table("received_report")
    op.drop_table("platform_token")
    op.drop_table("level_key")
