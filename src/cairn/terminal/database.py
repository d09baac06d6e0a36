"""Brings the database to today's schema, for people who run Cairn on a server."""

from cairn.bootstrap import upgrade
from cairn.settings import read_settings
from cairn.store.migrate import revisions
from cairn.store.postgres import shown


def upgrade_database() -> None:
    settings = read_settings()
    upgrade(settings)
    which = shown(settings.postgres) if settings.postgres else settings.database
    print(f"The database {which} is of today's schema ({revisions()[-1]}).")
