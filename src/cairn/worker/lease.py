"""Keeps the leases of this process alive from a thread: a busy event loop must not lose a claim."""

import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()


class Leases:
    """`renew` tells, from the thread, whether a claim (task id, epoch) is still ours; `lost` is called from
    it with the task id of one that is not."""

    def __init__(
        self, renew: Callable[[str, int], bool], seconds: float, lost: Callable[[str], None]
    ) -> None:
        self.renew = renew
        self.seconds = seconds
        self.lost = lost
        self.deadlines: dict[tuple[str, int], float] = {}
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.losses = 0
        """Claims that ran out and were cut off for it. A cancel or retry takes one before that."""
        self.failures = 0
        """Renewals the database did not answer."""
        self.thread = threading.Thread(target=self.renew_for_ever, name="leases", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join()

    def hold(self, task_id: str, epoch: int) -> Callable[[], bool]:
        """Begin to renew a claim just taken. The answer tells whether it still holds."""
        claim = (task_id, epoch)
        with self.lock:
            self.deadlines[claim] = time.monotonic() + self.seconds
        return lambda: time.monotonic() < self.deadlines.get(claim, 0.0)

    def drop(self, task_id: str, epoch: int, *, cut_off: bool = False) -> None:
        """`cut_off`: its run ends as a renewal or a write was refused, or did not get through."""
        with self.lock:
            deadline = self.deadlines.pop((task_id, epoch), None)
            if cut_off and deadline is not None and time.monotonic() >= deadline:
                self.losses += 1

    def renew_for_ever(self) -> None:
        while not self.stopping.wait(self.seconds / 3):
            with self.lock:
                claims = sorted(self.deadlines)
            for task_id, epoch in claims:
                asked = time.monotonic()
                try:
                    still_ours = self.renew(task_id, epoch)
                except Exception as error:  # a database out of reach is no lost claim: tried again next round
                    self.failures += 1
                    log.warning("lease_renewal_failed", task_id=task_id, error=str(error))
                    continue
                if still_ours:
                    with self.lock:
                        if (task_id, epoch) in self.deadlines:
                            self.deadlines[task_id, epoch] = asked + self.seconds
                else:
                    self.drop(task_id, epoch, cut_off=True)
                    self.lost(task_id)
