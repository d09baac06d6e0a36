"""The database's own clock, which alone decides whether a lease has run out. No process's clock is asked."""

from datetime import datetime
from typing import Any

from sqlalchemy import Float, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from cairn.store.columns import Utc


class clock(FunctionElement[datetime]):  # noqa: N801 - read as a function of SQL
    """The time so many seconds from now, as the database sees it."""

    type = Utc()
    inherit_cache = True

    def __init__(self, seconds: float = 0.0, *, given: str | None = None) -> None:
        """`given`: the name under which the seconds are given with each use of the statement."""
        super().__init__(
            bindparam(given, type_=Float()) if given else bindparam(None, float(seconds), Float())
        )


@compiles(clock, "postgresql")
def on_postgres(element: clock, compiler: Any, **options: Any) -> str:
    # Not now(): that is the start of the transaction, which may have waited for a lock since.
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **options)}))"


@compiles(clock, "sqlite")
def on_sqlite(element: clock, compiler: Any, **options: Any) -> str:
    # The text form SQLAlchemy stores a time in there, so that the two compare.
    seconds = compiler.process(element.clauses, **options)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', {seconds} || ' seconds')"
