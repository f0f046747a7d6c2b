"""Enterprises are found by their latitude: every hour asks for those around its alarms."""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_enterprise_lat"), "enterprise", ["lat"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_enterprise_lat"), table_name="enterprise")
