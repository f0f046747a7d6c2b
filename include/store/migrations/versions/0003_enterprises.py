"""Key enterprises with their coordinates."""

import sqlalchemy as sa
from alembic import op

import include.store.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enterprise",
        sa.Column(
            "source",
            sa.String(length=64),
            nullable=False,
            comment="name of the table that it was imported with",
        ),
        sa.Column("enterprise_id", sa.String(length=64), nullable=False, comment="its number at that source"),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("industry", sa.String(length=255), nullable=False),
        sa.Column(
            "city_code",
            sa.String(length=6),
            nullable=False,
            comment="that it lies in, by its coordinates",
        ),
        sa.Column(
            "county",
            sa.String(length=64),
            nullable=False,
            comment="that it lies in; as told where that agrees (a development zone)",
        ),
        sa.Column("lon", sa.Float(), nullable=False, comment="degrees, WGS84"),
        sa.Column("lat", sa.Float(), nullable=False, comment="degrees, WGS84"),
        sa.Column("is_simulated", sa.Boolean(), nullable=False, comment="made by the simulator (模拟数据)"),
        sa.Column(
            "received_at",
            include.store.columns.Instant(length=27),
            nullable=False,
            comment="when we learnt it (audit only)",
        ),
        sa.ForeignKeyConstraint(["city_code"], ["city.city_code"], name=op.f("fk_enterprise_city_code")),
        sa.PrimaryKeyConstraint("source", "enterprise_id", name=op.f("pk_enterprise")),
        comment="A key enterprise (重点企业). An import replaces the rows of its source, whole.",
    )
    with op.batch_alter_table("enterprise", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enterprise_city_code"), ["city_code"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("enterprise", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enterprise_city_code"))
    op.drop_table("enterprise")
