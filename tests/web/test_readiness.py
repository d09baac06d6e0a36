"""`/readyz` tells the truth, part by part."""

import asyncio

import psycopg
import pytest

from cairn.domain.errors import OutOfReach
from cairn.store.postgres import for_libpq
from cairn.usecases.readiness import Part, Readiness, Standing
from tests.databases import Database
from tests.postgres import Postgres
from tests.process import serving_on
from tests.scraping import scraped, until

LIBRARY = {"CAIRN_MODEL": "library"}


def test_it_names_each_part(database: Database) -> None:
    with serving_on(database, **LIBRARY) as served, serving_on(database, 0, ["--no-worker"]) as beside:
        until(served.url, lambda found: "cairn_runs_in_flight" in found)
        status, told = served.call("GET", "/readyz")
        assert (status, told["status"]) == (200, "ready")
        assert told["parts"]["database"] == {"ok": True, "needed": True, "said": "reached, of today's schema"}
        assert told["parts"]["worker"]["ok"]
        assert "runs in flight" in told["parts"]["worker"]["said"]
        assert ("holds the data folder" in told["parts"]["worker"]["said"]) is (database.url is None)
        assert beside.call("GET", "/readyz")[1]["parts"]["worker"]["said"] == "none in this process"


def test_a_database_that_stopped_is_told_and_so_is_its_return(
    on_postgres: Database, postgres: Postgres
) -> None:
    with serving_on(on_postgres, **LIBRARY) as served:
        assert served.call("GET", "/readyz")[0] == 200
        postgres.stop()
        try:
            status, told = served.call("GET", "/readyz")
            assert (status, told["status"]) == (503, "not_ready")
            assert told["parts"]["database"]["said"].startswith("The database cannot be reached")
            assert "password" not in str(told)
            assert served.call("GET", "/healthz") == (200, {"status": "ok"}), "no reason to start it anew"
            numbers = until(served.url, lambda found: found["cairn_database_up"] == 0)
            assert "cairn_tasks" not in str(numbers), "what is not known is not told"
            assert "cairn_refused_writes_total" in numbers, "its own numbers are wanted most now"
        finally:
            postgres.start()
        assert served.call("GET", "/readyz")[0] == 200
        assert scraped(served.url)["cairn_database_up"] == 1


@pytest.mark.parametrize(
    ("schema", "oldest", "status", "said"),
    [
        ("0004", "0.1.0", 503, "cairn db upgrade"),
        ("9999", "0.1.0", 200, "a newer schema that admits this program"),
        ("9999", "99.1.0", 503, "admits no Cairn older than 99.1.0"),
    ],
)
def test_a_schema_that_is_not_ours_is_told(
    on_postgres: Database, schema: str, oldest: str, status: int, said: str
) -> None:
    assert on_postgres.url
    with serving_on(on_postgres, **LIBRARY) as served:
        assert served.call("GET", "/readyz")[0] == 200
        with psycopg.connect(for_libpq(on_postgres.url), autocommit=True) as session:
            session.execute("UPDATE alembic_version SET version_num = %s", (schema,))
            session.execute("UPDATE oldest_program SET version = %s", (oldest,))
        answer, told = served.call("GET", "/readyz")
        assert answer == status
        assert said in told["parts"]["database"]["said"]


def test_a_part_is_told_by_its_own_words_or_by_its_kind() -> None:
    async def hangs() -> Standing:
        await asyncio.Event().wait()
        raise AssertionError

    async def breaks() -> Standing:
        raise RuntimeError("redis://:s3cret@broker")

    async def explains() -> Standing:
        raise OutOfReach("It is away.")

    async def stands() -> Standing:
        return Standing(True, "all right")

    async def look() -> dict[str, Standing]:
        readiness = Readiness(Part("hangs", hangs), Part("breaks", breaks, needed=False))
        readiness.add(Part("explains", explains))
        readiness.add(Part("stands", stands))
        return {name: how for name, (_, how) in (await readiness.look(0.05)).items()}

    assert asyncio.run(look()) == {
        "hangs": Standing(False, "no answer within 0.05 s"),
        "breaks": Standing(False, "the look failed (RuntimeError)"),
        "explains": Standing(False, "It is away."),
        "stands": Standing(True, "all right"),
    }
