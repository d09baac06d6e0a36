"""Lets go of what need not be kept: positions of runs that are over, and how long ended tasks were made."""

from cairn.usecases.retention import A_FEW, Retention
from cairn.worker.passes import PASS_SECONDS, Passes

SOON = 2.0
"""Seconds until the next pass where there is more to thin: a long past is worked off in hours, beside the
tasks, and none of them waits for it."""


class Keeping(Passes):
    def __init__(self, retention: Retention) -> None:
        super().__init__("let_go")
        self.retention = retention

    async def make_one(self) -> float:
        await self.retention.forget_positions()
        return SOON if await self.retention.thin() == A_FEW else PASS_SECONDS
