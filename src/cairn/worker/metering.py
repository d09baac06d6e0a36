"""The numbers of a process that serves no pages, for a scraper on the same machine."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from cairn.domain.errors import Unusable
from cairn.meters.counting import Meters
from cairn.meters.lag import watching_loop

LOOPBACK = "127.0.0.1"


@asynccontextmanager
async def metered(meters: Meters, port: int | None) -> AsyncGenerator[None]:
    """Tell them at `port` as long as the block lasts; None: nowhere. From a thread, so that they are told
    while the event loop stands still too. Only what this process counts: the facts of the database are the
    same everywhere, and whoever serves tells them."""
    if port is None:
        yield
        return
    from prometheus_client import CollectorRegistry, start_http_server

    from cairn.meters.exposing import OfProcess

    registry = CollectorRegistry()
    registry.register(OfProcess(meters))
    try:
        server, thread = start_http_server(port, LOOPBACK, registry)
    except OSError as error:
        raise Unusable(
            f"The numbers cannot be told at {LOOPBACK}:{port} ({error.strerror}).",
            hint="Give another port by CAIRN_METRICS_PORT, one to each process, or leave it unset.",
        ) from error
    try:
        async with watching_loop(meters.lag):
            yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
