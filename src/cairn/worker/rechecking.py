"""Looks again at addresses whose time has come, outside any run. Whichever process takes one is the only one
to look at it, and what it was looking at when it stopped is due again a little later."""

from cairn.usecases.links import Links
from cairn.worker.passes import PASS_SECONDS, Passes


class Rechecking(Passes):
    def __init__(self, links: Links) -> None:
        super().__init__("rechecked")
        self.links = links

    async def make_one(self) -> float:
        await self.links.recheck()
        return PASS_SECONDS
