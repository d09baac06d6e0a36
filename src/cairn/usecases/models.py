"""The models that are set: how each was found to be best asked, and trying them to find it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cairn.authors.model.names import address_of, has_key, key_name_of
from cairn.authors.model.price import Price
from cairn.domain.modes import CURRICULUM_PARTS, KeptMode, Mode, Modes, modes_of
from cairn.domain.thought import Thought
from cairn.store import modes
from cairn.usecases.store import Store
from cairn.usecases.trying import Trying

if TYPE_CHECKING:
    from cairn.authors.model.thinking import Thinker
    from cairn.authors.model.trial import Finding


@dataclass(frozen=True)
class Chosen:
    """The model of one thought. `kept`: what was found of it, by form."""

    thought: Thought
    model: str
    address: str
    key_name: str
    key_is_set: bool
    kept: Mapping[str, KeptMode]


@dataclass(frozen=True)
class Tried:
    """What came of trying a thought. `findings`: of the whole, and where there is not the room for that, of
    its parts. `stopped`: why its model could not be tried any further, and what to do."""

    thought: Thought
    findings: Sequence["Finding"] = field(default=())
    stopped: tuple[str, str] | None = None

    @property
    def works(self) -> bool:
        whole, *parts = self.findings or (None,)
        if whole is None:
            return False
        return whole.mode is not None or (bool(parts) and all(part.mode is not None for part in parts))


def calls_expected(thoughts: Sequence[Thought]) -> tuple[int, int]:
    """To try these: where all passes at once, and at most."""
    from cairn.authors.model.probes import MATTERS

    parts = len(CURRICULUM_PARTS) if Thought.curriculum in thoughts else 0
    return len(thoughts) * len(MATTERS), (len(thoughts) + parts) * len(MATTERS) * len(Mode)


class Models:
    """`names`: the model of each thought; none where no model is the author."""

    def __init__(self, store: Store, names: Mapping[Thought, str]) -> None:
        self.store = store
        self.names = names

    async def chosen(self) -> list[Chosen]:
        kept = await all_kept(self.store)
        return [
            Chosen(
                thought, name, address_of(name), key_name_of(name), has_key(name),
                {one.form: one for one in kept if (one.model, one.address) == (name, address_of(name))},
            )
            for thought, name in self.names.items()
        ]  # fmt: skip

    @asynccontextmanager
    async def at_hand(self) -> AsyncGenerator[Mapping[Thought, "Thinker"]]:
        """The models, open; nothing is asked yet. Raises `Unusable` where a key or an address is missing."""
        from cairn.authors.model.providers import open_thinkers

        prices = {thought: Price(name) for thought, name in self.names.items()}
        async with open_thinkers(prices, {}) as thinkers:
            yield thinkers

    async def try_thought(self, thought: Thought, thinker: "Thinker", calls: Trying) -> Tried:
        """Tried in all its forms, and what is found is kept. Nothing is where the model cannot be tried."""
        from cairn.authors.model.trial import Stopped, find_mode

        findings: list[Finding] = []
        forms = [thought.value]
        for form in forms:
            try:
                finding = await find_mode(thinker, form, calls.ask)
            except Stopped as stop:
                return Tried(thought, findings, (stop.said, stop.hint))
            findings.append(finding)
            await self.keep(thinker.name, finding)
            if form == Thought.curriculum and finding.short and not finding.mode:
                forms += CURRICULUM_PARTS
        return Tried(thought, findings)

    async def keep(self, model: str, finding: "Finding") -> None:
        found = KeptMode(
            model=model, address=address_of(model), form=finding.form, mode=finding.mode,
            failed="\n".join(f"{mode}: {said}" for mode, said in finding.failed.items()),
            tried_at=datetime.now(UTC),
        )  # fmt: skip
        await self.store.writer.move("mode", lambda connection, _: modes.keep(connection, found))


async def all_kept(store: Store) -> list[KeptMode]:
    async with store.reading() as connection:
        return await modes.all_kept(connection)


async def kept_modes(store: Store) -> Modes:
    return modes_of(await all_kept(store))
