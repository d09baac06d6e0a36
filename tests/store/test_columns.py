"""Times as they lie in a SQLite file."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import sqlite

from cairn.store.columns import TimeAsText, Utc

DIALECT = sqlite.dialect()
TIMES = [
    datetime(2026, 11, 29, 10, 30, 0, 0, UTC),
    datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    datetime(1999, 12, 31, 23, 59, 59, 999999, UTC),
]


@pytest.mark.parametrize("time", TIMES)
def test_a_time_is_the_text_that_sqlalchemy_writes(time: datetime) -> None:
    """Files written before it are read and compared as text beside those written by it."""
    own, theirs = (kind.bind_processor(DIALECT) for kind in (TimeAsText(), sqlite.DATETIME()))
    assert theirs
    assert own(time) == theirs(time)
    assert own(None) is None


def test_a_time_of_another_zone_is_stored_in_utc_and_comes_back_so() -> None:
    put = Utc().dialect_impl(DIALECT).bind_processor(DIALECT)
    get = Utc().dialect_impl(DIALECT).result_processor(DIALECT, None)
    assert put
    assert get
    there = datetime(2026, 11, 29, 12, 30, tzinfo=timezone(timedelta(hours=2)))
    assert put(there) == "2026-11-29 10:30:00.000000"
    assert get(put(there)) == there
    assert get(put(there)).tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    put = Utc().dialect_impl(DIALECT).bind_processor(DIALECT)
    assert put
    with pytest.raises(ValueError, match="without a zone"):
        put(datetime(2026, 11, 29))
