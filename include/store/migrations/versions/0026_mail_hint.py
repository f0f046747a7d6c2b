"""The hint that a person took from a mail: what the mail's row says of its sender goes with it."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "mail",
        sa.Column(
            "hint_id",
            sa.String(length=64),
            nullable=True,
            comment="the hint that a person took from it: with that hint's sender goes who sent this, about what and with which files",
        ),
    )
    op.create_index(op.f("ix_mail_hint_id"), "mail", ["hint_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_mail_hint_id"), "mail")
    op.drop_column("mail", "hint_id")
