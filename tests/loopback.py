"""A server of a test on loopback, in a thread and an event loop of its own."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from ssl import SSLContext

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def hang(writer: asyncio.StreamWriter) -> None:
    """What a server does that never answers."""
    await asyncio.sleep(3600)  # not an event of its own: nobody would hold it, and so not this task


@contextmanager
def listening(
    serve: Serve, host: str = "127.0.0.1", port: int = 0, ssl: SSLContext | None = None
) -> Iterator[int]:
    """Until the end of the block; its port, a free one unless it is given."""
    going: set[asyncio.Task[None]] = set()
    """Nothing else holds one whose other side has gone: it would be collected in the middle."""

    async def kept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        going.add(task)
        try:
            await serve(reader, writer)
        finally:
            going.discard(task)

    async def stop() -> None:
        server.close()
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        await asyncio.sleep(0)  # connections are closed in the next pass

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    # In its own thread from the start: this one may have a loop that runs, as that of a browser does.
    starting = asyncio.start_server(kept, host, port, ssl=ssl)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result(10)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
