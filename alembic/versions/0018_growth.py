"""growth: an index for whatever is asked of tables that grow"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# What is asked for by one of these is answered in the order of ids.
MADE = {
    "order_lines": [("sku_id", "order_id")],
    "commitments": [("location_id", "order_id")],
    "stock_movements": [("location_id", "id")],
    "stock_counts": [("location_id", "id")],
    "transfer_lines": [("sku_id", "transfer_id")],
    "reservations": [("status", "id")],
    "reservation_lines": [("sku_id", "reservation_id")],
    "listings": [("channel_id", "id"), ("channel_id", "mapping", "id")],
    "counters": [("channel_id", "id")],
    "differences": [("cause", "id")],
    "exceptions": [("cause", "id"), ("cause", "closed_at", "id"), ("severity", "id"), ("channel_id", "id")],
}
# Of few rows: name, table, columns, which rows, and the same as SQLite says it.
OF_FEW = [
    ("ix_orders_channel", "orders", ["channel_id", "id"], "channel_id IS NOT NULL", None),
    ("ix_transfer_lines_under_way", "transfer_lines", ["transfer_id"], "sent > received + lost", None),
    ("ix_products_archived", "products", ["id"], "archived IS true", "archived IS 1"),
    ("ix_skus_archived", "skus", ["id"], "archived IS true", "archived IS 1"),
    ("ix_counters_inactive", "counters", ["channel_id", "state"], "state <> 'active'", None),
    ("ix_counters_exposed", "counters", ["id"], "excess_cause IS NOT NULL OR exposed > 0 OR held > 0 OR NOT known", None),
    ("ix_counters_unprotected", "counters", ["id"], "NOT protected", None),
    ("ix_counters_overdrawn", "counters", ["id"], "excess_cause IS NOT NULL", None),
    ("ix_webhook_messages_failed", "webhook_messages", ["endpoint_id", "id"], "state = 'failed'", None),
    ("ix_deliveries_parked", "deliveries", ["id"], "state = 'parked'", None),
]
# What others do as well, or nobody asks by.
GONE = [
    ("ix_order_lines_sku_id", "order_lines"),
    ("ix_listings_open", "listings"),
    ("ix_webhook_messages_failed", "webhook_messages"),
    ("ix_counter_entries_at", "counter_entries"),
]


def upgrade() -> None:
    for name, table in GONE:
        op.drop_index(name, table)
    for table, several in MADE.items():
        for columns in several:
            op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
    for name, table, columns, which, on_sqlite in OF_FEW:
        op.create_index(name, table, columns, postgresql_where=sa.text(which), sqlite_where=sa.text(on_sqlite or which))
    # From here on a counter's open write is found by its unit, which stays while one is open.
    unit = "SELECT w.unit FROM write_entries e JOIN writes w ON w.id = e.write_id WHERE e.counter_id = counters.id AND w.closed_at IS NULL"
    op.execute(f"UPDATE counters SET unit = ({unit}) WHERE EXISTS ({unit} AND w.unit <> counters.unit)")  # noqa: S608


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
