"""The shelf of link checks: one row per address, its last look. No task owns it, so no claim fences it.

When an address is due again follows from its row; no list of what is due is kept.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # see store/fenced.py
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.link import REST, SOONER, Checks, LinkCheck, LinkState
from cairn.store.apart import LinkCheckRow
from cairn.store.base import table_of
from cairn.store.clock import clock

links = table_of(LinkCheckRow)

TAKEN = timedelta(minutes=5)
"""For so long an address that was taken is left to who took it; after that it was lost."""


def due() -> ColumnElement[bool]:
    """It was looked at long enough ago, and nobody is about to look again."""
    gaps = {number: ago(gap) for number, gap in enumerate(SOONER, 1)}
    return and_(
        links.c.checked_at <= ago(min(REST, *SOONER)),  # says nothing new, but an index can answer it
        links.c.checked_at <= case(gaps, value=links.c.failures, else_=ago(REST)),
        or_(links.c.taken_until.is_(None), links.c.taken_until <= clock()),
    )


def ago(gap: timedelta) -> clock:
    return clock(-gap.total_seconds())


def putting() -> Any:
    """The same look written twice counts once, and an older one never replaces a newer one."""
    statement = insert(links)
    found = statement.excluded.state == LinkState.found.value
    replaced = {
        name: statement.excluded[name]
        for name in ("state", "reason", "status", "title", "final_url", "checked_at")
    }
    return statement.on_conflict_do_update(
        index_elements=["url"],
        set_={**replaced, "failures": case((found, 0), else_=links.c.failures + 1)},
        where=links.c.checked_at < statement.excluded.checked_at,
    )


def taking() -> Any:
    """What another process has in its hands is passed over, not waited for."""
    oldest = select(links.c.url).where(due()).order_by(links.c.checked_at).limit(bindparam("most"))
    chosen = oldest.with_for_update(skip_locked=True).cte("chosen")
    statement = update(links).where(links.c.url.in_(select(chosen.c.url)))
    return statement.values(taken_until=clock(TAKEN.total_seconds())).returning(links.c.url)


PUT = putting()
TAKE = taking()
ANY_DUE = select(exists().where(due()))
FRESH = select(exists().where(links.c.url == bindparam("u"), ~due()))


async def put(connection: AsyncConnection, check: LinkCheck) -> None:
    failures = 0 if check.state is LinkState.found else 1
    row = {**check.model_dump(), "state": check.state.value, "failures": failures}
    await connection.execute(PUT, [row])


async def take(connection: AsyncConnection, most: int) -> list[str]:
    """Up to so many that are due, the ones looked at longest ago; they are the caller's for a while."""
    return list((await connection.execute(TAKE, {"most": most})).scalars())


async def any_due(connection: AsyncConnection) -> bool:
    return bool((await connection.execute(ANY_DUE)).scalar())


async def is_fresh(connection: AsyncConnection, url: str) -> bool:
    """Whether it was looked at and is not due again."""
    return bool((await connection.execute(FRESH, {"u": url})).scalar())


async def checks_of(connection: AsyncConnection, urls: Collection[str]) -> Checks:
    if not urls:
        return {}
    columns = [links.c[name] for name in LinkCheck.model_fields]
    rows = (await connection.execute(select(*columns).where(links.c.url.in_(sorted(urls))))).mappings()
    found = [LinkCheck.model_validate({**row, "state": LinkState(row["state"])}) for row in rows]
    return {check.url: check for check in found}
