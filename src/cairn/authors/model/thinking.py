"""One thought of a model: asked, its answer checked by code, and asked again where it is not good enough."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic_ai import Agent, ModelRetry, NativeOutput, PromptedOutput, RunContext, ToolOutput
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.models import Model

from cairn.authors.author import Ask
from cairn.authors.model.checks import Unfit
from cairn.authors.model.drafts import Draft
from cairn.authors.model.journaled import JournaledModel
from cairn.authors.model.price import Price
from cairn.authors.model.prompting import DATA
from cairn.authors.model.troubles import cut_short, explained, given_up
from cairn.domain.errors import AuthorFailed
from cairn.domain.modes import Mode

RE_ASKS = 3
AS: Mapping[Mode, Callable[..., Any]] = {
    Mode.tool: ToolOutput,
    Mode.native: NativeOutput,
    Mode.prompted: PromptedOutput,
}
LIKE = {"solve": "quiz", "rewrite": "quiz", "stages": "curriculum", "stage": "curriculum"}
"""Forms that are asked for as another, where nothing is known of themselves."""
ELSE_IN_PARTS = frozenset({"curriculum"})
"""Forms that are not asked for again where the answer was cut off by its length: there is a way in parts."""
D = TypeVar("D", bound=Draft)
V = TypeVar("V", bound=BaseModel)


@dataclass
class Making(Generic[V]):
    """What is to be made of an answer, and what was made of those that came, the last one last: also of one
    that is to be mended, and can be used as it is."""

    make: Callable[[Any], V]
    made: list[V] = field(default_factory=list[V])


class Thinker:
    """A model, ready to be asked. `key_name` and `address_name`: the variables its key and address come
    from, named where they are wrong; the key itself is never said. `modes`: how it is asked for each form;
    `tool` where nothing is kept."""

    def __init__(
        self, price: Price, model: Model, key_name: str, key: str, address_name: str,
        modes: Mapping[str, Mode | None], re_asks: int = RE_ASKS,
    ) -> None:  # fmt: skip
        self.name = price.name
        self.price = price
        self.model = model
        self.key_name = key_name
        self.key = key
        self.address_name = address_name
        self.modes = modes
        self.re_asks = re_asks
        self.agents: dict[str, Agent[Making[Any], Any]] = {}

    def mode_for(self, form: str) -> Mode:
        return self.modes.get(form) or self.modes.get(LIKE.get(form, "")) or Mode.tool

    @property
    def has_room_for_stages_only(self) -> bool:
        """Whether a whole curriculum was found to be too long for it, and a stage of one was not."""
        return self.modes.get("curriculum", Mode.tool) is None and self.modes.get("stage") is not None

    async def think(self, form: str, answer: type[D], prompt: str, ask: Ask, make: Callable[[D], V]) -> V:
        """What `make` makes of the answer. Where it raises `Unfit`, and where the answer has not the form
        that was asked for, the model is told why and asked again, three times at most. Where none is better,
        or none comes, what can be used of an earlier one is taken. `form` names it."""
        if form not in self.agents:
            self.agents[form] = agent_for(form, answer, self.mode_for(form), self.re_asks)
        making = Making(make)
        cut = cut_short(self.name) if form in ELSE_IN_PARTS else None
        model = JournaledModel(self.model, ask, self.explain, self.price, form, cut)
        try:
            await self.agents[form].run(prompt, model=model, deps=making)
        except AgentRunError as error:
            if not making.made:
                raise given_up(error, self.name, self.key) from error
        except AuthorFailed:
            if not making.made:
                raise
        return making.made[-1]

    def explain(self, error: Exception) -> Exception:
        return explained(error, self.name, self.key_name, self.key, self.address_name)


def agent_for(form: str, answer: type[Draft], mode: Mode, re_asks: int) -> Agent[Making[Any], Any]:
    agent: Agent[Making[Any], Any] = Agent(
        deps_type=Making[Any],
        output_type=AS[mode](answer, name=form),
        instructions=DATA,
        retries={"tools": re_asks, "output": re_asks},
    )

    @agent.output_validator
    async def check(context: RunContext[Making[Any]], draft: Any) -> Any:
        """Async, though it waits for nothing: else each answer is handed to a thread and back."""
        try:
            context.deps.made.append(context.deps.make(draft))
        except Unfit as unfit:
            if unfit.spare is not None:
                context.deps.made.append(unfit.spare)
            raise ModelRetry(str(unfit)) from unfit
        return draft

    return agent
