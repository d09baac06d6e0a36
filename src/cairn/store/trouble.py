"""Tells trouble that passes (a server restarts, a row is locked, a disk is full) from a fault, and waits for
it to pass."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import DataError, DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from cairn.domain.errors import OutOfReach

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
GONE = (
    "08",  # connection exceptions
    "57P",  # the server stops, crashed, or is still starting
    "53300",  # too many connections
    "25P03",  # idle in a transaction for too long: the session was ended
)
FULL = "53100"
ENDED = ("FATAL", "PANIC")
"""What a server calls an error that ended the session, or opened none: the statement is not to blame. On a
full disk it may open none for want of a file of its own, and gives that the state of an internal error."""
BUSY_FILE, FULL_DISK = "SQLITE_BUSY", "SQLITE_FULL"
PASSING = (BUSY_FILE, FULL_DISK, "SQLITE_IOERR", "SQLITE_CANTOPEN")
"""As SQLite names them. A disk without room shows in the last two as well."""
BAD_VALUE = ("22", "54")  # data exceptions, limits exceeded
LOCKED = ("55P03", "40P01", "40001")  # lock timeout, deadlock, serialisation


def lost(error: BaseException) -> bool:
    """Whether the database as a whole is out of reach now: all that waits may be tried again unchanged."""
    if isinstance(error, StatementError):
        invalidated = isinstance(error, DBAPIError) and error.connection_invalidated
        return invalidated or (error.orig is not None and lost(error.orig))
    return isinstance(error, (OSError, NoConnectionFree)) or lost_by_driver(error)


def lost_by_driver(error: BaseException) -> bool:
    if any(getattr(said, "severity_en", None) in ENDED for said in (error, error.__cause__)):
        return True
    state = state_of(error)
    if state:
        return state.startswith((*GONE, FULL))
    if sqlite_name(error).startswith(PASSING):
        return True
    # psycopg knows no more than this of a connection that broke or could not be made.
    return type(error).__module__.startswith("psycopg") and any(
        kind.__name__ == "OperationalError" for kind in type(error).__mro__
    )


def locked(error: BaseException) -> bool:
    """Whether a row this item needs is held by someone else; others may well go on."""
    return state_of(original_of(error)) in LOCKED


def refused(error: BaseException) -> bool:
    """Whether a value is one the database, or the way to it, does not take. No other write is to blame."""
    original = original_of(error)
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError) or state_of(original).startswith(BAD_VALUE)
    of_value = isinstance(original, (ValueError, TypeError, OverflowError))
    return of_value or state_of(original).startswith(BAD_VALUE)


def original_of(error: BaseException) -> BaseException | None:
    """What the driver itself said."""
    return error.orig if isinstance(error, StatementError) else error


def sqlite_name(error: BaseException | None) -> str:
    return str(getattr(error, "sqlite_errorname", None) or "")


def state_of(error: BaseException | None) -> str:
    return str(getattr(error, "sqlstate", None) or "")


async def patiently(work: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Do `work`, again and again while the database is out of reach. Raises `OutOfReach` in the end."""
    gives_up = time.monotonic() + seconds
    pause = FIRST_PAUSE
    while True:
        try:
            return await work()
        except Exception as error:
            if not lost(error):
                raise
            if time.monotonic() + pause > gives_up:
                raise out_of_reach(error) from error
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def out_of_reach(error: BaseException) -> OutOfReach:
    original = original_of(error)
    if state_of(original) == FULL or sqlite_name(original).startswith(FULL_DISK):
        return OutOfReach(
            "The disk under the database is full.",
            hint="Make room on it; what was stored is safe, and what was begun goes on by itself.",
        )
    if locked(error) or sqlite_name(original).startswith(BUSY_FILE):
        return OutOfReach("The database is locked by another process.")
    return OutOfReach(f"The database cannot be reached ({type(error).__name__}).")
