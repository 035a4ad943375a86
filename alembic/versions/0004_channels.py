"""Channels, what is on sale there, their counters and what stands behind them, what came in and what goes out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channels",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("settings", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False),
        sa.Column("credentials", sa.Text(), nullable=False),
        sa.Column("capabilities", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=True),
        sa.Column("account", sa.String(length=200), nullable=True),
        sa.Column("location_ids", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False),
        sa.Column("weight", sa.Integer(), server_default="100", nullable=False),
        sa.Column("min_share", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lot", sa.Integer(), server_default="1", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
    )
    op.create_index(
        "uq_channels_account",
        "channels",
        ["kind", "account"],
        unique=True,
        postgresql_where=sa.text("status <> 'disconnected' AND account IS NOT NULL"),
        sqlite_where=sa.text("status <> 'disconnected' AND account IS NOT NULL"),
    )

    op.create_table(
        "exceptions",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False),
        sa.Column("channel_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=120), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exceptions")),
    )
    op.create_index("ix_exceptions_closed_at_id", "exceptions", ["closed_at", "id"], unique=False)
    op.create_index(
        "uq_exceptions_open",
        "exceptions",
        ["cause", "subject"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )

    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("channel_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("identity", sa.String(length=200), nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_deliveries_channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("channel_id", "identity", name=op.f("uq_deliveries_channel_id_identity")),
    )
    op.create_index("ix_deliveries_channel_id_id", "deliveries", ["channel_id", "id"], unique=False)
    op.create_index("ix_deliveries_received_at", "deliveries", ["received_at"], unique=False)
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["channel_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )

    op.create_table(
        "lanes",
        sa.Column("channel_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("watermark", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("poll_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("capabilities_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("listings_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("subscriptions_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.String(length=32), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("write_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_lanes_channel_id")),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_lanes")),
    )
    op.create_table(
        "writes",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("channel_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("unit", sa.String(length=200), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=True),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("repeatable", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unknown_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settle_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ticket", sa.String(length=200), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_writes_channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_writes")),
    )
    op.create_index("ix_writes_channel_id_id", "writes", ["channel_id", "id"], unique=False)
    op.create_index("ix_writes_closed_at", "writes", ["closed_at"], unique=False)
    op.create_index(
        "uq_writes_open",
        "writes",
        ["channel_id", "unit"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )

    op.create_table(
        "counters",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("channel_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=200), nullable=False),
        sa.Column("sku_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("per", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("below", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("exposed", sa.Integer(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=True),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("rebase_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stale_at", sa.Integer(), nullable=True),
        sa.Column("excess_cause", sa.String(length=16), nullable=True),
        sa.Column("switched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reading", sa.Integer(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rate", sa.Float(), server_default="0", nullable=False),
        sa.Column("rate_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("below >= 0", name=op.f("ck_counters_below_not_negative")),
        sa.CheckConstraint("held >= 0", name=op.f("ck_counters_held_not_negative")),
        sa.CheckConstraint("per > 0", name=op.f("ck_counters_per_positive")),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_counters_channel_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["skus.id"], name=op.f("fk_counters_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counters")),
        sa.UniqueConstraint("channel_id", "external_id", name=op.f("uq_counters_channel_id_external_id")),
    )
    op.create_index("ix_counters_channel_id_unit", "counters", ["channel_id", "unit"], unique=False)
    op.create_index(
        "ix_counters_due",
        "counters",
        ["channel_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_counters_rebase",
        "counters",
        ["channel_id", "rebase_at"],
        unique=False,
        postgresql_where=sa.text("rebase_at IS NOT NULL"),
        sqlite_where=sa.text("rebase_at IS NOT NULL"),
    )
    op.create_index("ix_counters_sku_id", "counters", ["sku_id"], unique=False)

    op.create_table(
        "sku_plans",
        sa.Column("sku_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("policy", sa.String(length=16), nullable=True),
        sa.Column("expose_limit", sa.Integer(), server_default="1", nullable=False),
        sa.Column("own_weight", sa.Integer(), server_default="100", nullable=False),
        sa.Column("own_min", sa.Integer(), server_default="0", nullable=False),
        sa.Column("own_rate", sa.Float(), server_default="0", nullable=False),
        sa.Column("guard", sa.Integer(), nullable=True),
        sa.CheckConstraint("expose_limit >= 0", name=op.f("ck_sku_plans_expose_limit_not_negative")),
        sa.ForeignKeyConstraint(["sku_id"], ["skus.id"], name=op.f("fk_sku_plans_sku_id")),
        sa.PrimaryKeyConstraint("sku_id", name=op.f("pk_sku_plans")),
    )
    op.create_index(
        "ix_sku_plans_due",
        "sku_plans",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_sku_plans_planned_at", "sku_plans", ["planned_at"], unique=False)

    op.create_table(
        "allotments",
        sa.Column("counter_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("location_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sku_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_allotments_quantity_not_negative")),
        sa.ForeignKeyConstraint(["counter_id"], ["counters.id"], name=op.f("fk_allotments_counter_id")),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_allotments_location_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["skus.id"], name=op.f("fk_allotments_sku_id")),
        sa.PrimaryKeyConstraint("counter_id", "location_id", name=op.f("pk_allotments")),
    )
    op.create_index("ix_allotments_sku_id_location_id", "allotments", ["sku_id", "location_id"], unique=False)

    op.create_table(
        "listings",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("channel_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("counter_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("sku_code", sa.String(length=200), nullable=True),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("mapping", sa.String(length=16), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=True),
        sa.Column("url", sa.String(length=1000), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_listings_channel_id")),
        sa.ForeignKeyConstraint(["counter_id"], ["counters.id"], name=op.f("fk_listings_counter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listings")),
        sa.UniqueConstraint("channel_id", "external_id", name=op.f("uq_listings_channel_id_external_id")),
    )
    op.create_index("ix_listings_counter_id", "listings", ["counter_id"], unique=False)
    op.create_index(
        "ix_listings_open",
        "listings",
        ["channel_id", "id"],
        unique=False,
        postgresql_where=sa.text("mapping = 'open'"),
        sqlite_where=sa.text("mapping = 'open'"),
    )

    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("channel_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("shipment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("parcel", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_notices_channel_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_notices_order_id")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipments.id"], name=op.f("fk_notices_shipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("shipment_id", name=op.f("uq_notices_shipment_id")),
    )
    op.create_index(
        "ix_notices_waiting",
        "notices",
        ["channel_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )

    op.create_table(
        "write_entries",
        sa.Column("write_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("counter_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("guard", sa.Integer(), nullable=True),
        sa.Column("put_back_since", sa.Integer(), nullable=False),
        sa.Column("learned_since", sa.Integer(), nullable=False),
        sa.Column("reading", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["counter_id"], ["counters.id"], name=op.f("fk_write_entries_counter_id")),
        sa.ForeignKeyConstraint(["write_id"], ["writes.id"], name=op.f("fk_write_entries_write_id")),
        sa.PrimaryKeyConstraint("write_id", "counter_id", name=op.f("pk_write_entries")),
    )
    op.create_index("ix_write_entries_counter_id", "write_entries", ["counter_id"], unique=False)

    op.create_table(
        "listing_components",
        sa.Column("listing_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sku_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_listing_components_quantity_positive")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_listing_components_listing_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["skus.id"], name=op.f("fk_listing_components_sku_id")),
        sa.PrimaryKeyConstraint("listing_id", "sku_id", name=op.f("pk_listing_components")),
    )
    op.create_index("ix_listing_components_sku_id", "listing_components", ["sku_id"], unique=False)

    op.create_table(
        "listing_ids",
        sa.Column("channel_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("listing_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_listing_ids_channel_id")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_listing_ids_listing_id")),
        sa.PrimaryKeyConstraint("channel_id", "external_id", name=op.f("pk_listing_ids")),
    )
    op.create_index("ix_listing_ids_listing_id", "listing_ids", ["listing_id"], unique=False)

    op.add_column("commitments", sa.Column("state", sa.String(length=16), server_default="committed", nullable=False))

    dialect = op.get_bind().dialect.name
    id_type = "UUID" if dialect == "postgresql" else "CHAR(32)"
    # With its reference in the same statement, SQLite adds a column without making the table anew.
    op.execute(f"ALTER TABLE order_lines ADD COLUMN listing_id {id_type} CONSTRAINT fk_order_lines_listing_id REFERENCES listings (id)")
    op.execute(f"ALTER TABLE orders ADD COLUMN channel_id {id_type} CONSTRAINT fk_orders_channel_id REFERENCES channels (id)")
    op.add_column("order_lines", sa.Column("external_id", sa.String(length=200), nullable=True))
    op.add_column("order_lines", sa.Column("per", sa.Integer(), server_default="1", nullable=False))
    op.add_column("order_lines", sa.Column("fulfilled_by", sa.String(length=16), server_default="us", nullable=False))
    for figure in ("ordered_there", "cancelled_there", "shipped_there", "returned", "counted_down", "put_back", "held"):
        op.add_column("order_lines", sa.Column(figure, sa.Integer(), server_default="0", nullable=False))
    op.add_column("order_lines", sa.Column("decimal_quantity", sa.String(length=32), nullable=True))
    op.create_index(
        "ix_order_lines_listing",
        "order_lines",
        ["listing_id"],
        unique=False,
        postgresql_where=sa.text("listing_id IS NOT NULL"),
        sqlite_where=sa.text("listing_id IS NOT NULL"),
    )
    _let_be_null("order_lines", "sku_id", dialect)

    op.add_column("orders", sa.Column("external_id", sa.String(length=200), nullable=True))
    op.add_column("orders", sa.Column("external_version", sa.BigInteger(), nullable=True))
    op.add_column("orders", sa.Column("paid", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("orders", sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("orders", sa.Column("lapsed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("orders", sa.Column("gone_version", sa.BigInteger(), nullable=True))
    op.add_column("orders", sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "orders", sa.Column("notes", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=True)
    )
    op.create_index(
        "ix_orders_unpaid",
        "orders",
        ["channel_id", "hold_until"],
        unique=False,
        postgresql_where=sa.text("NOT paid AND NOT lapsed AND status = 'open'"),
        sqlite_where=sa.text("NOT paid AND NOT lapsed AND status = 'open'"),
    )
    op.create_index(
        "uq_orders_external",
        "orders",
        ["channel_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("channel_id IS NOT NULL"),
        sqlite_where=sa.text("channel_id IS NOT NULL"),
    )


def _let_be_null(table: str, column: str, dialect: str) -> None:
    """Drop a column's NOT NULL. SQLite would have the table made anew, which nothing that refers to its rows survives; its manual gives
    this way instead for a constraint that only goes away: the table's text is changed, the rows stay as they are."""
    if dialect == "postgresql":
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")
        return
    connection = op.get_bind()
    text = connection.execute(sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name"), {"name": table}).scalar_one()
    before = f"{column} CHAR(32) NOT NULL"
    if text.count(before) != 1:
        raise RuntimeError(f"the table {table} isn't as it was made")
    version = connection.execute(sa.text("PRAGMA schema_version")).scalar_one()
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    changed = sa.text("UPDATE sqlite_schema SET sql = :text WHERE type = 'table' AND name = :name")
    connection.execute(changed, {"text": text.replace(before, f"{column} CHAR(32)"), "name": table})
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = OFF"))


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
