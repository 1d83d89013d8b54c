"""jobs are dismissed by their status alone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    # In place: the batch that SQLite needs for other changes would drop the table that plans refer to.
    op.drop_column("job", "is_cancelled")


def downgrade() -> None:
    """Take it back."""
    op.add_column("job", sa.Column("is_cancelled", sa.Boolean(), nullable=False, server_default=sa.false()))
