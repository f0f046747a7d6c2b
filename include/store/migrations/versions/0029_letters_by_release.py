"""An index of letters by their release: what webhooks and levels are told of them is read by it."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_letter_released_at"), "letter", ["released_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_letter_released_at"), "letter")
