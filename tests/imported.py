"""What the forks of `tests.prepared` begin with. Imported by the process they are forked from."""

import gc
from importlib import import_module

for name in (
    "cairn.cli", "cairn.cli.database", "cairn.app", "cairn.terminal.serve", "cairn.terminal.shelf",
    "cairn.worker.process", "cairn.worker.worker", "cairn.store.backup", "uvicorn", "asyncpg", "aiosqlite",
    "psycopg_pool", "langgraph.checkpoint.sqlite.aio", "langgraph.checkpoint.postgres.aio",
):  # fmt: skip
    import_module(name)
gc.freeze()  # else each fork's collector copies all of it
