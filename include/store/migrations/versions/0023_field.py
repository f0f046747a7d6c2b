"""The phone page: its key, links that were taken back, devices, reports with their photos."""

import sqlalchemy as sa
from alembic import op

from include.store.columns import Instant

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLES = ("field_photo", "field_report", "field_device", "field_stop", "field_key")


def upgrade() -> None:
    op.create_table(
        "field_device",
        sa.Column(
            "device_id",
            sa.String(length=32),
            nullable=False,
            comment="made from the cookie of a browser, which it does not tell",
        ),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="asked, confirmed, refused (no code could be mailed) or revoked",
        ),
        sa.Column(
            "contact_name",
            sa.String(length=128),
            nullable=False,
            comment="contact of the unit to whom the code was mailed",
        ),
        sa.Column("contact_address", sa.String(length=254), nullable=False),
        sa.Column(
            "letter_key", sa.String(length=128), nullable=False, comment="letter by whose link it was asked"
        ),
        sa.Column("request_id", sa.String(length=32), nullable=False, comment="the last request for a code"),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("code_salt", sa.String(length=64), nullable=False),
        sa.Column(
            "code_hash", sa.String(length=64), nullable=False, comment="slow hash (scrypt) of the last code"
        ),
        sa.Column("code_expires_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True, comment="until when the confirmation holds"),
        sa.Column("changed_by", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "is_simulated",
            sa.Boolean(),
            nullable=False,
            comment="asked by the link of a simulated letter (模拟数据)",
        ),
        sa.CheckConstraint(
            "state in ('asked', 'confirmed', 'refused', 'revoked')", name=op.f("ck_field_device_state")
        ),
        sa.PrimaryKeyConstraint("device_id", "unit_code", name=op.f("pk_field_device")),
        comment="One browser that speaks for a unit, or asked to.",
    )
    op.create_index(
        op.f("ix_field_device_unit_code_asked_at"), "field_device", ["unit_code", "asked_at"], unique=False
    )
    op.create_table(
        "field_key",
        sa.Column("key_id", sa.Integer(), autoincrement=False, nullable=False, comment="1: there is one key"),
        sa.Column(
            "key_hex",
            sa.String(length=64),
            nullable=False,
            comment="secret of links and codes, made once by this store",
        ),
        sa.Column("made_at", Instant(), nullable=False),
        sa.CheckConstraint("key_id = 1", name=op.f("ck_field_key_one")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_field_key")),
        comment="The key by which the links of the phone page are made; it never leaves the store.",
    )
    op.create_table(
        "field_report",
        sa.Column(
            "report_id",
            sa.String(length=32),
            nullable=False,
            comment="made by the page; sent again, it is the same",
        ),
        sa.Column(
            "letter_key", sa.String(length=128), nullable=False, comment="letter by whose link it came"
        ),
        sa.Column("unit_code", sa.String(length=32), nullable=False),
        sa.Column("alarm_id", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False, comment="arrived, found, clear, disputed"),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column(
            "received_at", Instant(), nullable=False, comment="when it reached the page: the time that counts"
        ),
        sa.Column("taken_at", Instant(), nullable=False, comment="when it was read from the spool"),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="taken, waiting, accepted, rejected, quarantined",
        ),
        sa.Column(
            "reason", sa.Text(), nullable=False, comment="why it waits, or what was decided and why (Chinese)"
        ),
        sa.Column(
            "actor",
            sa.String(length=400),
            nullable=False,
            comment="confirmed contact in whose name it came; empty: none",
        ),
        sa.Column("body_json", sa.Text(), nullable=False, comment="what was typed, without the position"),
        sa.Column(
            "lon",
            sa.Float(),
            nullable=True,
            comment="degrees, WGS84, where the inspector agreed; erased after 90 days",
        ),
        sa.Column("lat", sa.Float(), nullable=True, comment="degrees, WGS84; erased after 90 days"),
        sa.Column(
            "accuracy_m", sa.Float(), nullable=True, comment="as the phone tells it; erased after 90 days"
        ),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by", sa.String(length=128), nullable=True),
        sa.Column("is_simulated", sa.Boolean(), nullable=False, comment="about a simulated alarm (模拟数据)"),
        sa.CheckConstraint(
            "state in ('taken', 'waiting', 'accepted', 'rejected', 'quarantined')",
            name=op.f("ck_field_report_state"),
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_field_report")),
        comment="One answer about an alarm that came by the phone page.",
    )
    op.create_index(op.f("ix_field_report_alarm_id"), "field_report", ["alarm_id"], unique=False)
    op.create_index(
        op.f("ix_field_report_device_id_unit_code"), "field_report", ["device_id", "unit_code"], unique=False
    )
    op.create_index(op.f("ix_field_report_letter_key"), "field_report", ["letter_key"], unique=False)
    op.create_index(
        op.f("ix_field_report_state_received_at"), "field_report", ["state", "received_at"], unique=False
    )
    op.create_table(
        "field_stop",
        sa.Column(
            "letter_key", sa.String(length=128), nullable=False, comment="letter whose link was taken back"
        ),
        sa.Column("stopped_at", Instant(), nullable=False),
        sa.Column("stopped_by", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("letter_key", name=op.f("pk_field_stop")),
        comment="One link of the phone page that a person took back before its time.",
    )
    op.create_table(
        "field_photo",
        sa.Column("report_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="1, 2, 3 … in the report"),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="its place in the archive"),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False, comment="pixels"),
        sa.Column("height", sa.Integer(), nullable=False, comment="pixels"),
        sa.Column(
            "erased_at",
            Instant(),
            nullable=True,
            comment="when its time was over; `prune` then removes the bytes",
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["field_report.report_id"],
            name=op.f("fk_field_photo_report_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", "place", name=op.f("pk_field_photo")),
        comment="One photo of a report, re-encoded: pixels only.",
    )
    op.create_index(op.f("ix_field_photo_sha256"), "field_photo", ["sha256"], unique=False)


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
