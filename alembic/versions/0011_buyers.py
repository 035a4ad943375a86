"""buyers: the name by which a marketplace asks to have one erased"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contacts", sa.Column("known_as", sa.String(320), nullable=True))
    op.create_index("ix_contacts_known_as", "contacts", ["known_as"])


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
