"""Whether the migrations make the schema that the code describes: python -m tests.migrations_check"""

import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect

import app.main  # noqa: F401  (knows every table)
from app import migrations
from app.database import engine_for, metadata
from tests import servers


def drift(url: str, other_url: str) -> list[str]:
    """Migrate an empty database and say what is missing or too much; nothing is what should come out.

    Alembic compares tables, columns, indexes and keys, and has no eye for check constraints: those are compared with what a second
    empty database gets from the code directly.
    """
    migrations.upgrade(url)
    migrated, described = engine_for(url, pool_size=1), engine_for(other_url, pool_size=1)
    metadata.create_all(described)
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found = [str(difference) for difference in compare_metadata(context, metadata)]
    made, wanted = checks(migrated), checks(described)
    for engine in (migrated, described):
        engine.dispose()
    found += [f"no migration makes the constraint {each}" for each in sorted(wanted - made)]
    return found + [f"only a migration knows the constraint {each}" for each in sorted(made - wanted)]


def checks(engine: Engine) -> set[str]:
    """Every check constraint, in the database's own words."""
    found = inspect(engine).get_multi_check_constraints()
    return {f"{table}.{check['name']}: {check['sqltext']}" for (_, table), all_of_it in found.items() for check in all_of_it}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, servers.postgres() as postgres:
        files = [f"sqlite:///{Path(folder) / name}" for name in ("migrated", "described")]
        found = {
            "sqlite": drift(*files),
            "postgresql": drift(postgres.url_for_new_database(), postgres.url_for_new_database()),
        }
    for database, differences in found.items():
        print(f"{database}: {'; '.join(differences) or 'the migrations make what the code describes'}")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
