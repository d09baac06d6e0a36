"""How late the event loop is: whoever holds it for long holds up all runs, pages and streams of a process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from cairn.meters.counting import Histogram

BETWEEN = 0.5


@asynccontextmanager
async def watching_loop(lag: Histogram) -> AsyncGenerator[None]:
    """Look twice a second, as long as the block lasts. A loop that stood still for long is late once, by all
    of it."""
    watching = asyncio.create_task(watch(lag), name="loop lag")
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def watch(lag: Histogram) -> None:
    loop = asyncio.get_running_loop()
    while True:
        asked = loop.time()
        await asyncio.sleep(BETWEEN)
        lag.observe(max(0.0, loop.time() - asked - BETWEEN))
