"""Wakes workers of other processes by a message that carries a task's id and nothing else.

The broker is never believed: the database is the truth, and what a lost message would have woken is found by
a sweeper. So sending is never waited for, and never fails a request.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable

import structlog
from celery import Celery

from cairn.nudge import Nudge

WAKE = "cairn.wake"
QUEUE = "cairn"
SOCKET_SECONDS = 5
LOOK_SECONDS = 5.0
"""Between two looks at a broker that nothing is sent to, so that `trouble` is true."""
MOST_WAITING = 1_000
"""Names held for a broker that answers slowly. Beyond them the sweepers are as quick."""

log = structlog.get_logger()


def celery_of(url: str) -> Celery:
    """The Celery of our processes. It hands ids over; it is asked for no result, no schedule and no retry."""
    app = Celery("cairn", broker=url, set_as_current=False)
    app.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=False,  # taken is taken: whether the work is done is the database's affair
        worker_pool="threads",
        worker_concurrency=2,  # each only hands an id to the loop of the process
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_retry=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # for ever; Celery's own default stops at 100
        broker_connection_timeout=SOCKET_SECONDS,
        broker_pool_limit=1,
        broker_transport_options={
            # A broker that falls silent without a word must not hold anybody up.
            "socket_timeout": SOCKET_SECONDS,
            "socket_connect_timeout": SOCKET_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
    )
    return app


class BrokerNudge(Nudge):
    """Hands names to a thread of its own that sends them. `trouble` is what keeps it from sending, if
    anything does."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.celery = celery_of(url)
        self.names: queue.Queue[str | None] = queue.Queue(MOST_WAITING)
        """None wakes the thread to stop."""
        self.trouble: str | None = None
        self.looked = threading.Event()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.send_for_ever, name="nudges", daemon=True)
        self.thread.start()

    def wake(self, task_id: str | None = None) -> None:
        """Only a name can be sent: what is due besides is the sweepers' to find."""
        try:
            if task_id is not None:
                self.names.put_nowait(task_id)
        except queue.Full:
            return

    async def reachable(self) -> str | None:
        """Waits for the first look at the broker."""
        await asyncio.to_thread(self.looked.wait, 2 * SOCKET_SECONDS)
        return self.trouble if self.looked.is_set() else "It has not answered yet."

    def close(self) -> None:
        """Send what waits, for as long as a broker may take; a name that is left out costs seconds."""
        self.stopping.set()
        with contextlib.suppress(queue.Full):  # then there is something for it to wake up for
            self.names.put_nowait(None)
        self.thread.join(SOCKET_SECONDS)

    def send_for_ever(self) -> None:
        self.attempt(self.look)
        while not (self.stopping.is_set() and self.names.empty()):
            try:
                name = self.names.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                self.attempt(self.look)
                continue
            if name is not None:
                self.attempt(lambda name=name: self.send(name))

    def attempt(self, work: Callable[[], None]) -> None:
        """Tell a change for better or worse once."""
        trouble = None
        try:
            work()
        except Exception as error:  # whatever it is, the thread that tells it must go on
            trouble = f"{type(error).__name__}: {error}"
        if trouble and not self.trouble:
            log.warning("broker_out_of_reach", cause=trouble, hint="Workers find what is due by themselves.")
        elif self.trouble and not trouble:
            log.info("broker_back")
        self.trouble = trouble
        self.looked.set()
        if trouble:
            self.forget_what_waits()

    def look(self) -> None:
        with self.celery.connection_for_write() as connection:
            connection.connect()

    def send(self, task_id: str) -> None:
        self.celery.send_task(
            WAKE, [task_id], retry=True, retry_policy={"max_retries": 1, "interval_start": 0}
        )

    def forget_what_waits(self) -> None:
        """While the broker is away the sweepers are quicker than a message sent after its return."""
        with contextlib.suppress(queue.Empty):
            while True:
                self.names.get_nowait()
