"""What one run may still spend: looked at before each call, from what is spent and what the call is expected
to take."""

import asyncio

from cairn.authors.author import Estimate
from cairn.domain.errors import MustWait
from cairn.domain.money import dollars
from cairn.store import calls
from cairn.usecases.claimed import Claimed


class Budget:
    """`ceiling` and `spent` in US dollars; `spent` is None where the price of a call is not known. What calls
    under way are expected to cost is set aside until they are over."""

    def __init__(self, ceiling: float | None = None, spent: float | None = 0.0) -> None:
        self.ceiling = ceiling
        self.spent = spent
        self.aside = 0.0
        self.one_is_over = asyncio.Event()

    def take(self, expected: Estimate) -> bool:
        """Set aside what a call is expected to cost. False where calls under way may need it: wait for one to
        be over. Raises `MustWait` where it passes the ceiling even without them, and where it cannot be told
        whether it does. A ceiling of 0 lets no call pass, not even a free one."""
        if self.ceiling is None:
            return True
        if self.ceiling == 0:
            raise at_ceiling("The ceiling on the cost is $0, so no call is made; raise it to go on")
        if expected.usd is None or self.spent is None:
            raise at_ceiling(
                f"What the model costs is not known, so the ceiling of {dollars(self.ceiling)} cannot be "
                "kept; set CAIRN_MODEL_PRICE and restart, or go on without a ceiling"
            )
        if self.spent + expected.usd > self.ceiling:
            raise at_ceiling(
                f"The ceiling of {dollars(self.ceiling)} leaves no room for the next call, which takes about "
                f"{dollars(expected.usd)}; raise it to go on"
            )
        if self.spent + self.aside + expected.usd > self.ceiling:
            return False
        self.aside += expected.usd
        return True

    def settle(self, expected: Estimate, usd: float | None) -> None:
        """The call is over, and cost `usd`."""
        if self.ceiling is None:
            return
        self.aside -= expected.usd or 0.0
        self.spent = None if usd is None or self.spent is None else self.spent + usd
        self.one_is_over.set()

    async def until_one_is_over(self) -> None:
        self.one_is_over.clear()
        await self.one_is_over.wait()


async def open_budget(claimed: Claimed) -> Budget:
    """As the store has it now."""
    task = claimed.task
    ceiling = task.request.max_cost_usd
    if ceiling is None or claimed.untouched:
        return Budget(ceiling)
    async with claimed.store.reading() as connection:
        spent = await calls.spent(connection, task.task_id, task.paid_from_run)
    return Budget(ceiling, spent.usd)


def at_ceiling(said: str) -> MustWait:
    return MustWait(said, until=None)
