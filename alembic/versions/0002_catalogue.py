"""catalogue: what people say of products and SKUs, former codes, search, imports"""

import re
import unicodedata
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WORD = sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")
JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.add_column("locations", sa.Column("version", sa.Integer(), server_default="1", nullable=False))

    op.add_column("products", sa.Column("handle", sa.String(length=500), nullable=True))
    op.add_column("products", sa.Column("description", sa.Text(), nullable=True))
    op.add_column("products", sa.Column("images", JSON, server_default="[]", nullable=False))
    op.add_column("products", sa.Column("archived", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("products", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.create_index("ix_products_handle", "products", ["handle"], unique=False)
    op.create_index("ix_products_updated_at", "products", ["updated_at"], unique=False)

    op.add_column("skus", sa.Column("code_mirror", sa.String(length=200), nullable=True))
    op.add_column("skus", sa.Column("barcode", sa.String(length=64), nullable=True))
    op.add_column("skus", sa.Column("options", JSON, server_default="{}", nullable=False))
    op.add_column("skus", sa.Column("archived", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("skus", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("skus", sa.Column("merged_into", sa.Uuid(as_uuid=False), nullable=True))
    # SQLite takes a constraint with its column only. Both databases understand these words.
    op.execute("ALTER TABLE skus ADD COLUMN weight_g INTEGER CONSTRAINT ck_skus_weight_g_not_negative CHECK (weight_g >= 0)")
    op.create_index("ix_skus_code_mirror", "skus", ["code_mirror"], unique=False)
    op.create_index("ix_skus_updated_at", "skus", ["updated_at"], unique=False)

    op.create_table(
        "sku_aliases",
        sa.Column("code_key", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("sku_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sku_id"], ["skus.id"], name=op.f("fk_sku_aliases_sku_id")),
        sa.PrimaryKeyConstraint("code_key", name=op.f("pk_sku_aliases")),
    )
    op.create_index("ix_sku_aliases_sku_id", "sku_aliases", ["sku_id"], unique=False)

    for table, owner, owners in (("product_words", "product_id", "products"), ("sku_words", "sku_id", "skus")):
        op.create_table(
            table,
            sa.Column("word", WORD, nullable=False),
            sa.Column(owner, sa.Uuid(as_uuid=False), nullable=False),
            sa.ForeignKeyConstraint([owner], [f"{owners}.id"], name=op.f(f"fk_{table}_{owner}")),
            sa.PrimaryKeyConstraint("word", owner, name=op.f(f"pk_{table}")),
            sqlite_with_rowid=False,
        )

    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("format", sa.String(length=32), nullable=True),
        sa.Column("location_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bad_rows", sa.BigInteger(), nullable=False),
        sa.Column("products_created", sa.BigInteger(), nullable=False),
        sa.Column("products_changed", sa.BigInteger(), nullable=False),
        sa.Column("skus_created", sa.BigInteger(), nullable=False),
        sa.Column("skus_changed", sa.BigInteger(), nullable=False),
        sa.Column("skus_unchanged", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_imports_location_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index(
        "ix_imports_open",
        "imports",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
        sqlite_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.create_table(
        "import_errors",
        sa.Column("import_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(length=200), nullable=True),
        sa.Column("value", sa.String(length=200), nullable=True),
        sa.Column("message", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_errors_import_id")),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_errors")),
    )
    _let_what_there_is_be_found()


def _let_what_there_is_be_found() -> None:
    """Handles, mirrored codes and search words of what is there already, as the release of this version makes them."""
    connection = op.get_bind()
    id_type = sa.Uuid(as_uuid=False)
    products = sa.table("products", sa.column("id", id_type), sa.column("title", sa.String), sa.column("handle", sa.String))
    skus = sa.table("skus", sa.column("id", id_type), sa.column("code", sa.String), sa.column("code_mirror", sa.String))
    product_words = sa.table("product_words", sa.column("word", sa.String), sa.column("product_id", id_type))
    sku_words = sa.table("sku_words", sa.column("word", sa.String), sa.column("sku_id", id_type))

    def words_of(text: str) -> list[str]:
        plain = unicodedata.normalize("NFKD", text).casefold()
        return re.findall(r"[^\W_]+", "".join(char for char in plain if not unicodedata.combining(char)))

    def key_of(text: str) -> str:
        folded = unicodedata.normalize("NFC", text.strip()).casefold()
        return unicodedata.normalize("NFC", " ".join(folded.split()))

    def in_parts(table: sa.TableClause) -> Iterator[list[sa.Row]]:
        last = None
        while True:
            query = sa.select(table).order_by(table.c.id).limit(1_000)
            rows = connection.execute(query if last is None else query.where(table.c.id > last)).all()
            if not rows:
                return
            yield rows
            last = rows[-1].id

    for rows in in_parts(products):
        named = sa.update(products).where(products.c.id == sa.bindparam("row")).values(handle=sa.bindparam("name"))
        connection.execute(named, [{"row": row.id, "name": key_of(row.title)[:500]} for row in rows])
        found = [{"word": word, "product_id": row.id} for row in rows for word in {word[:64] for word in words_of(row.title)}]
        if found:
            connection.execute(sa.insert(product_words), found)
    for rows in in_parts(skus):
        mirrored = sa.update(skus).where(skus.c.id == sa.bindparam("row")).values(code_mirror=sa.bindparam("mirror"))
        connection.execute(mirrored, [{"row": row.id, "mirror": "".join(words_of(row.code))[::-1][:200] or None} for row in rows])
        found = []
        for row in rows:
            parts = [*words_of(row.code), "".join(words_of(row.code))]
            parts += [part.lstrip("0") for part in parts if part.isdigit() and len(part) in (8, 12, 13, 14)]
            found += [{"word": word, "sku_id": row.id} for word in {part[:64] for part in parts if part}]
        if found:
            connection.execute(sa.insert(sku_words), found)


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
