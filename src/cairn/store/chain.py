"""The one chain of migrations, and the way along it in a transaction of the caller."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def chain() -> "Config":
    """Alembic is imported when there is something to upgrade: a start that finds all as it should be does
    without."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def revisions() -> list[str]:
    """Of the chain, oldest first. Each file is named by its revision."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def run_upgrade(connection: Connection, to: str = "head") -> None:
    from alembic import command

    command.upgrade(chain_on(connection), to)


def run_downgrade(connection: Connection, to: str) -> None:
    from alembic import command

    command.downgrade(chain_on(connection), to)


def chain_on(connection: Connection) -> "Config":
    config = chain()
    config.attributes["connection"] = connection
    return config
