"""Keeps the leases of this process alive from a thread: a busy event loop must not lose a claim."""

import threading
import time
from collections.abc import Callable, Collection, Sequence

import structlog

from cairn.store.trouble import locked

TOGETHER = 100
"""Claims renewed by one statement. Beside a busy loop the thread waits for the interpreter at every step of a
statement: a thousand of them, one after the other, can take longer than a lease."""

log = structlog.get_logger()

Claim = tuple[str, int]
"""Task id and epoch."""


class Leases:
    """`renew` tells, from the thread, which of some claims are still ours; `lost` is called from it with the
    task id of one that is not."""

    def __init__(
        self,
        renew: Callable[[Sequence[Claim]], Collection[Claim]],
        seconds: float,
        lost: Callable[[str], None],
    ) -> None:
        self.renew = renew
        self.seconds = seconds
        self.lost = lost
        self.deadlines: dict[Claim, float] = {}
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
        """Renew it no more: what is left of its lease is long enough to end it in order. `cut_off`: its run
        ends as a renewal or a write was refused, or did not get through."""
        with self.lock:
            deadline = self.deadlines.pop((task_id, epoch), None)
            if cut_off and deadline is not None and time.monotonic() >= deadline:
                self.losses += 1

    def renew_for_ever(self) -> None:
        while not self.stopping.wait(self.seconds / 3):
            with self.lock:
                claims = sorted(self.deadlines)
            for at in range(0, len(claims), TOGETHER):
                self.renew_some(claims[at : at + TOGETHER])

    def renew_some(self, claims: Sequence[Claim]) -> None:
        asked = time.monotonic()
        try:
            ours = self.renew(claims)
        except Exception as error:  # a database out of reach is no lost claim: tried again next round
            if len(claims) > 1 and locked(error):  # one row that is held must not cost the others their lease
                for claim in claims:
                    self.renew_some([claim])
            else:
                self.failures += 1
                log.warning(
                    "lease_renewal_failed", task_ids=[task_id for task_id, _ in claims], error=str(error)
                )
            return
        with self.lock:
            held = [claim for claim in claims if claim in self.deadlines]
            self.deadlines.update((claim, asked + self.seconds) for claim in held if claim in ours)
        for claim in held:
            if claim not in ours:
                self.drop(*claim, cut_off=True)
                self.lost(claim[0])
