"""What all calls of this process to one provider share: its slots, and the guard that leaves it alone where
nothing but failures come. The failures of one say nothing of another."""

from collections.abc import Callable
from dataclasses import dataclass

from cairn.domain.thought import Thought
from cairn.usecases.guard import Guard
from cairn.usecases.limiter import Limiter
from cairn.usecases.turns import Turns


@dataclass(frozen=True)
class Provider:
    limiter: Limiter
    guard: Guard


class Providers:
    """`named` tells the provider of a thought, as its author does; `slots` each of them has, 0: unlimited."""

    def __init__(self, named: Callable[[Thought], str], slots: int) -> None:
        self.named = named
        self.slots = slots
        self.known: dict[str, Provider] = {}
        self.turns = Turns()
        self.closing = False

    def close(self) -> None:
        """This process begins no call any more; those under way come to their end."""
        self.closing = True

    def of(self, thought: Thought) -> Provider:
        name = self.named(thought)
        if name not in self.known:
            self.known[name] = Provider(Limiter(self.slots), Guard())
        return self.known[name]
