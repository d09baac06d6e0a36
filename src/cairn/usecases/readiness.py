"""Whether this process can do its work: each part it leans on is asked, and says how it stands.

A part that is not needed is told and leaves the process ready: it serves on without.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from cairn.domain.errors import CairnError


@dataclass(frozen=True)
class Standing:
    """`said` is shown to whoever asks: never an address with a password in it."""

    ok: bool
    said: str


@dataclass(frozen=True)
class Part:
    """`look` answers how it stands, or raises: a `CairnError` is told by its words, anything else by its kind
    alone, as its words may hold anything."""

    name: str
    look: Callable[[], Awaitable[Standing]]
    needed: bool = True


class Readiness:
    """Who opens a part of the program adds it, once."""

    def __init__(self, *parts: Part) -> None:
        self.parts = {part.name: part for part in parts}

    def add(self, part: Part) -> None:
        self.parts[part.name] = part

    async def look(self, within: float) -> Mapping[str, tuple[Part, Standing]]:
        """All at once; none may take longer than `within` seconds."""
        parts = list(self.parts.values())
        standing = await asyncio.gather(*(standing_of(part, within) for part in parts))
        return {part.name: (part, how) for part, how in zip(parts, standing, strict=True)}


async def standing_of(part: Part, within: float) -> Standing:
    try:
        async with asyncio.timeout(within):
            return await part.look()
    except CairnError as error:
        return Standing(False, error.detail)
    except TimeoutError:
        return Standing(False, f"no answer within {within:g} s")
    except Exception as error:
        return Standing(False, f"the look failed ({type(error).__name__})")
