"""What all tables have in common."""

from typing import Any, cast

from sqlalchemy import MetaData, Table
from sqlmodel import SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)


class Base(SQLModel):
    metadata = metadata


def table_of(model: type[SQLModel]) -> Table:
    """The Core table behind a model, typed."""
    return cast("Table", cast("Any", model).__table__)
