"""What the envelope sender of a delivery of its own (VERP) says: a tag that nobody can guess, so that reports to it are believed."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "delivery",
        sa.Column(
            "return_tag",
            sa.String(length=16),
            nullable=True,
            comment="random, of its own envelope sender (VERP): what only a report about it can name",
        ),
    )


def downgrade() -> None:
    op.drop_column("delivery", "return_tag")
