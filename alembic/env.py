"""How Alembic runs here: on the connection that `app.migrations` hands over, in its transaction, on both databases."""

from alembic import context

import app.main  # noqa: F401  (whoever joins the server's parts knows every table)
from app.database import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_server_default=True,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
