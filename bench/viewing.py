"""Many viewers in one process, on plain sockets: `python -m bench.viewing URL VIEWERS TASK...` says `ready`
when all of them stand, and when all streams have ended how long the events took, in milliseconds."""

import asyncio
import gc
import json
import re
import statistics
import sys
import time
from urllib.parse import urlsplit

from cairn.terminal.serve import allow_many_viewers

AT_ONCE = 50
"""Connections being opened."""
STANDS = b"event: task_claimed"
SENT = re.compile(rb'"sent": ([0-9.]+)')


class Viewer(asyncio.Protocol):
    def __init__(self, request: bytes, took: list[float]) -> None:
        self.request = request
        self.took = took
        self.part = b""
        self.stands = asyncio.Event()
        self.ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.time()
        whole, end, self.part = (self.part + data).rpartition(b"\n\n")
        for sent in SENT.findall(whole):
            self.took.append(now - float(sent))
        if STANDS in whole + end:
            self.stands.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()


async def view(url: str, number: int, tasks: list[str]) -> dict[str, float]:
    where = urlsplit(url)
    loop = asyncio.get_running_loop()
    took: list[float] = []
    few = asyncio.Semaphore(AT_ONCE)

    async def opened(task_id: str) -> Viewer:
        request = (
            f"GET /api/v1/tasks/{task_id}/events HTTP/1.1\r\nHost: {where.netloc}\r\n"
            "Connection: close\r\n\r\n"
        )
        async with few:
            _, viewer = await loop.create_connection(
                lambda: Viewer(request.encode(), took), where.hostname, where.port
            )
            await viewer.stands.wait()
        return viewer

    viewers = await asyncio.gather(*(opened(tasks[at % len(tasks)]) for at in range(number)))
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    for viewer in viewers:
        await viewer.ended.wait()
    hundredths = statistics.quantiles(took, n=100)
    return {
        "arrived": len(took), "p50": 1000 * hundredths[49], "p99": 1000 * hundredths[98],
        "longest": 1000 * max(took),
    }  # fmt: skip


if __name__ == "__main__":
    allow_many_viewers()
    print(json.dumps(asyncio.run(view(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))), flush=True)
