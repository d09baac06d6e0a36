"""Commands that look after the database: `cairn db`."""

from pathlib import Path
from typing import Annotated

import typer

database = typer.Typer(help="Look after the database.")


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database to today's schema; on PostgreSQL before the first start and after an update."""
    from cairn.terminal.database import upgrade_database

    upgrade_database()


@database.command("backup")
def back_up(
    file: Annotated[Path | None, typer.Argument(help="A new file; else one named by the time.")] = None,
) -> None:
    """Write all there is into one file, while everything runs."""
    from cairn.terminal.database import back_up as write

    write(file)


@database.command("restore")
def restore_database(
    file: Annotated[Path, typer.Argument(help="A file of `db backup`.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put a backup in the place of all there is, on either database. Stop every process before."""
    from cairn.terminal.database import restore as replace_all

    raise typer.Exit(replace_all(file, yes=yes))
