"""The shelf of modes: how each model was found to be best asked."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert  # see store/fenced.py
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.modes import KeptMode, Mode
from cairn.store.apart import ModelMode
from cairn.store.base import table_of

modes = table_of(ModelMode)
KEY = ("model", "address", "form")


async def keep(connection: AsyncConnection, found: KeptMode) -> None:
    """In place of what was found of the same model, address and form before."""
    statement = insert(modes).values({**found.model_dump(), "mode": found.mode and found.mode.value})
    replaced = {name: statement.excluded[name] for name in KeptMode.model_fields if name not in KEY}
    await connection.execute(statement.on_conflict_do_update(index_elements=KEY, set_=replaced))


async def all_kept(connection: AsyncConnection) -> list[KeptMode]:
    rows = (await connection.execute(ALL)).mappings()
    return [
        KeptMode.model_validate({**row, "mode": None if row["mode"] is None else Mode(row["mode"])})
        for row in rows
    ]


ALL = select(modes).order_by(modes.c.model, modes.c.address, modes.c.form)
