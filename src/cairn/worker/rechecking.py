"""Looks again at addresses whose time has come: a few per pass, in every process that runs tasks, outside any
run. Whichever process takes one is the only one to look at it."""

import random

import structlog

from cairn.domain.errors import OutOfReach
from cairn.nudge import Nudge
from cairn.usecases.links import Links

PASS_SECONDS = 60.0
"""Between two passes, with a wide spread. The first comes after one of them: a short command makes none."""

log = structlog.get_logger()


class Rechecking:
    """`nudge` brings the next pass on at once."""

    def __init__(self, links: Links) -> None:
        self.links = links
        self.nudge = Nudge()

    async def for_ever(self) -> None:
        """Until cancelled; what it was looking at then is due again a little later."""
        while True:
            await self.nudge.woken(PASS_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - spread, not secret
            try:
                await self.links.recheck()
            except OutOfReach as error:
                log.warning("nothing_rechecked", cause=error.detail)
            except Exception:  # whatever it is, the links of tomorrow are looked at again
                log.exception("recheck_broke")
