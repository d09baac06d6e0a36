"""Portable column types, the same on both databases: UTC time, JSON, enums by value."""

from datetime import UTC, datetime
from typing import Any, cast

from pydantic_core import from_json, to_json
from sqlalchemy import DateTime, Dialect, Text, TypeDecorator
from sqlalchemy.dialects.sqlite import DATETIME
from sqlalchemy.types import TypeEngine
from sqlmodel import Field


class TimeAsText(DATETIME):
    """SQLAlchemy's own text for a time in SQLite, written by one call instead of field by field: a course has
    some two thousand of them."""

    def bind_processor(self, dialect: Dialect) -> Any:
        def text_of(value: datetime | None) -> str | None:
            return None if value is None else value.replace(tzinfo=None).isoformat(" ", "microseconds")

        return text_of


class Utc(TypeDecorator[datetime]):
    """An aware time in UTC; a naive one is refused rather than guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        return dialect.type_descriptor(TimeAsText() if dialect.name == "sqlite" else self.impl_instance)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value if value.tzinfo is UTC else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """Any Pydantic value or plain structure, as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else to_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else from_json(value)


def json_column(nullable: bool = False) -> Any:
    return Field(sa_column_kwargs={"nullable": nullable}, sa_type=cast("Any", Json))


def time_column(nullable: bool = False) -> Any:
    return Field(sa_column_kwargs={"nullable": nullable}, sa_type=cast("Any", Utc))
