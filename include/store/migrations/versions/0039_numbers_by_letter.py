"""Numbers are found by their letter, whose trail names the one that it had at each moment, and by their year."""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_letter_number_letter_id"), "letter_number", ["letter_id"], unique=False)
    op.create_index(op.f("ix_letter_number_year"), "letter_number", ["year"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_letter_number_year"), table_name="letter_number")
    op.drop_index(op.f("ix_letter_number_letter_id"), table_name="letter_number")
