"""The numbers of a process that serves no pages."""

import asyncio
import time
import urllib.error
import urllib.request

import pytest

from cairn.domain.errors import Unusable
from cairn.meters.counting import Meters
from cairn.worker.metering import metered
from tests.process import free_port
from tests.scraping import scraped


def test_they_are_told_also_while_the_loop_stands_still() -> None:
    async def tell() -> None:
        meters, port = Meters(), free_port()
        meters.runs_tasks = True
        meters.watch("gauge", "cairn_runs_in_flight", "Runs.", lambda: 7)
        meters.runs.add("completed")
        async with metered(meters, port):
            told = scraped(
                f"http://127.0.0.1:{port}"
            )  # asked from within the loop, which stands still for it
            assert told["cairn_runs_in_flight"] == 7
            assert told['cairn_runs_ended_total{outcome="completed"}'] == 1
            assert told["process_resident_memory_bytes"] > 0
            assert not any(name.startswith(("cairn_queue", "cairn_tasks")) for name in told)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics?name[]=cairn_build_info") as some:
                assert some.status == 200
        with pytest.raises(urllib.error.URLError):
            scraped(f"http://127.0.0.1:{port}")

    asyncio.run(tell())


def test_a_loop_that_stands_still_is_seen_to_lag() -> None:
    async def hold_it_up() -> None:
        meters, port = Meters(), free_port()
        async with metered(meters, port):
            await asyncio.sleep(0)  # the watch has begun
            time.sleep(1.2)
            while not meters.lag.counts:
                await asyncio.sleep(0)
            told = scraped(f"http://127.0.0.1:{port}")
            assert told["cairn_event_loop_lag_seconds_count"] == 1
            assert told["cairn_event_loop_lag_seconds_sum"] > 0.6
            assert told['cairn_event_loop_lag_seconds_bucket{le="0.5"}'] == 0

    asyncio.run(hold_it_up())


def test_a_port_in_use_is_told_in_a_sentence() -> None:
    async def twice() -> None:
        port = free_port()
        async with metered(Meters(), port):
            with pytest.raises(Unusable, match=f"127.0.0.1:{port}") as refused:
                async with metered(Meters(), port):
                    pass
        assert "CAIRN_METRICS_PORT" in refused.value.hint
        async with metered(Meters(), None):
            pass

    asyncio.run(twice())
