"""Opens a PostgreSQL database. Each timeout stands with its reason. The drivers are imported when used."""

from typing import Any

from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from cairn.store.engines import LEASES, LISTENERS, READERS, WRITERS, Engines

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
LOCK_SECONDS = 1


def open_postgres(url: str, lease_seconds: float) -> Engines:
    """The engines on a database that `cairn db upgrade` has brought to today. Connects when first used."""
    address = for_asyncpg(url)

    def engine(size: int, session: dict[str, str], **options: Any) -> AsyncEngine:
        return create_async_engine(
            address, poolclass=AsyncAdaptedQueuePool, pool_size=size, max_overflow=0,
            hide_parameters=True,  # an error is logged, and what a learner or model wrote is not for a log
            connect_args={
                "timeout": CONNECT_SECONDS,
                # Where the network falls silent the server's own timeouts never arrive.
                "command_timeout": STATEMENT_SECONDS + CONNECT_SECONDS,
                "server_settings": session,
            },
            **options,
        )  # fmt: skip

    # Writer and readers try again by themselves after a lost connection. Asking before each use whether it is
    # still there would be a round trip for every commit and every read.
    writer = engine(
        WRITERS,
        {
            "application_name": "cairn writer",
            "statement_timeout": milliseconds(STATEMENT_SECONDS),  # none of our statements takes that long
            # A row another process holds must not hold up the writes of all other tasks.
            "lock_timeout": milliseconds(LOCK_SECONDS),
            # A process frozen inside a transaction lets go of its rows before its lease runs out.
            "idle_in_transaction_session_timeout": milliseconds(min(lease_seconds / 3, 10)),
        },
    )
    # Each read is a statement of its own: nothing to begin, to roll back or to reset on a read connection.
    reader = engine(
        READERS,
        {
            "application_name": "cairn reader",
            "statement_timeout": milliseconds(STATEMENT_SECONDS),
            "default_transaction_read_only": "on",  # one writer: a write from here is a mistake of ours
            "synchronous_commit": "off",  # a notice is no row: nobody waits until it is on disk
        },
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
    )
    listener = engine(LISTENERS, {"application_name": "cairn listener"}, isolation_level="AUTOCOMMIT")
    leases = create_engine(
        for_psycopg(url), isolation_level="AUTOCOMMIT", pool_size=LEASES, max_overflow=0, pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS, "application_name": "cairn leases",
            # One renewal that hangs would cost all the others: it is tried again next round.
            "options": f"-c lock_timeout={milliseconds(LOCK_SECONDS)}"
            f" -c statement_timeout={milliseconds(min(lease_seconds / 6, STATEMENT_SECONDS))}",
        },
    )  # fmt: skip
    return Engines(writer=writer, reader=reader, leases=leases, listener=listener)


def milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))


def for_asyncpg(url: str) -> URL:
    return renamed(make_url(url).set(drivername="postgresql+asyncpg"), "sslmode", "ssl")


def for_psycopg(url: str) -> URL:
    return renamed(make_url(url).set(drivername="postgresql+psycopg"), "ssl", "sslmode")


def for_libpq(url: str) -> str:
    """The address as psycopg itself takes it, with its password."""
    return for_psycopg(url).set(drivername="postgresql").render_as_string(hide_password=False)


def renamed(url: URL, name: str, wanted: str) -> URL:
    """The two drivers call one thing by two names; people may write either."""
    if name not in url.query:
        return url
    return url.difference_update_query([name]).update_query_dict({wanted: url.query[name]})


def shown(url: str) -> str:
    """The address as it may be printed: where and which, without user and password."""
    parsed = make_url(url)
    host = parsed.host or parsed.query.get("host") or "localhost"
    return f"{parsed.database} at {host}{f':{parsed.port}' if parsed.port else ''}"
