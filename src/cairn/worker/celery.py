"""Celery's side of a worker: `cairn worker` beside a broker, or `celery -A cairn.worker.celery worker`.

Celery connects, reconnects and takes messages; each names a task that has become due, and the loop of the
process is told. That loop looks for what is due by itself too: it works while no broker is there.
"""

import os
import signal
import sys
import threading
from typing import Any

from celery import bootsteps, signals
from celery.worker.state import maybe_shutdown

from cairn.domain.errors import CairnError, Unusable
from cairn.logs import set_up_logs
from cairn.nudge.broker import WAKE, celery_of
from cairn.settings import Settings, read_settings
from cairn.worker.process import LEAVE_SECONDS, Process


def settings_with_broker() -> Settings:
    settings = read_settings()
    if not settings.broker:
        raise Unusable(
            "There is no broker to take messages from: CAIRN_BROKER_URL is not set.",
            hint="Set it, or run `cairn worker`, which finds what is due by itself.",
        )
    return settings


try:
    settings = settings_with_broker()
except CairnError as error:  # Celery imports this by itself, and would print a traceback
    sys.exit(f"cairn: {error.detail} {error.hint}")

celery = celery_of(settings.broker or "")
process = Process(settings)


@celery.task(name=WAKE)  # pyright: ignore[reportUntypedFunctionDecorator] - Celery has no types
def wake(task_id: object) -> None:
    """Anyone who reaches the broker can send anything: an id that nobody has is without effect."""
    if isinstance(task_id, str):
        process.wake(task_id)


class Work(bootsteps.StartStopStep):
    """Begins before the consumer, which waits for a broker for ever, and ends after it."""

    requires = {"celery.worker.components:Pool"}

    def start(self, parent: Any) -> None:
        process.start()
        threading.Thread(target=leave_with_it, name="leave", daemon=True).start()
        while not process.up.wait(0.1):
            maybe_shutdown()
        if process.broke:
            raise SystemExit(1)

    def stop(self, parent: Any) -> None:
        process.stop()
        process.join()

    terminate = stop


def leave_with_it() -> None:
    """A consumer whose broker fell silent may hang in its end; without the loop it is of no use."""
    process.over.wait()
    threading.Event().wait(LEAVE_SECONDS)
    os._exit(1 if process.broke else 0)


@signals.worker_shutting_down.connect
def begin_to_stop(**_: Any) -> None:
    """At the signal, not when Celery comes to it. From here on signals are ours: a second stops at once."""
    process.stop()
    process.heed(signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


@signals.setup_logging.connect
def log_as_all_of_cairn(**_: Any) -> None:
    set_up_logs(settings.log_format, secrets=settings.secrets)


celery.steps["worker"].add(Work)  # pyright: ignore[reportOptionalSubscript]


def work_beside_broker() -> int:
    """Returns when it was told to stop. The exit code."""
    worker: Any = celery.Worker(
        hostname=f"cairn{os.getpid()}@%h", quiet=True, loglevel="INFO",
        without_gossip=True, without_mingle=True, without_heartbeat=True,
    )  # fmt: skip
    worker.start()
    return 1 if process.broke else 0
