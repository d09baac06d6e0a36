"""Work done beside the tasks, a little at a time, in every process that runs them."""

import random

import structlog

from cairn.domain.errors import OutOfReach
from cairn.nudge import Nudge

PASS_SECONDS = 60.0
"""Between two passes, with a wide spread. The first comes after one of them: a short command makes none."""

log = structlog.get_logger()


class Passes:
    """`nudge` brings the next pass on at once. `name` stands in the log where a pass fails."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nudge = Nudge()

    async def make_one(self) -> float:
        """Do a little; after how many seconds or so there should be more."""
        raise NotImplementedError

    async def for_ever(self) -> None:
        """Until cancelled. Whatever happens in one pass, the next one comes."""
        pause = PASS_SECONDS
        while True:
            await self.nudge.woken(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spread, not secret
            pause = PASS_SECONDS
            try:
                pause = await self.make_one()
            except OutOfReach as error:
                log.warning(f"nothing_{self.name}", cause=error.detail)
            except Exception:
                log.exception(f"{self.name}_broke")
