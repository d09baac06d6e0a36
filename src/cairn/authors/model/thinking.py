"""One thought of a model: asked, its answer checked by code, and asked again where it is not good enough."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic_ai import Agent, ModelRetry, RunContext, ToolOutput
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.models import Model

from cairn.authors.author import Ask
from cairn.authors.model.checks import Unfit
from cairn.authors.model.drafts import Draft
from cairn.authors.model.journaled import JournaledModel
from cairn.authors.model.prompting import DATA
from cairn.authors.model.troubles import explained, given_up
from cairn.domain.errors import AuthorFailed
from cairn.domain.lesson import Value

RE_ASKS = 3
D = TypeVar("D", bound=Draft)
V = TypeVar("V", bound=Value)


@dataclass
class Making(Generic[V]):
    """What is to be made of an answer, and what was made of those that came, the last one last: also of one
    that is to be mended, and can be used as it is."""

    make: Callable[[Any], V]
    made: list[V] = field(default_factory=list[V])


class Thinker:
    """A model, ready to be asked. `key_name`: the variable its key comes from, named where it is refused; the
    key itself is never said."""

    def __init__(self, name: str, model: Model, key_name: str, key: str) -> None:
        self.name = name
        self.model = model
        self.key_name = key_name
        self.key = key
        self.agents: dict[str, Agent[Making[Any], Any]] = {}

    async def think(self, form: str, answer: type[D], prompt: str, ask: Ask, make: Callable[[D], V]) -> V:
        """What `make` makes of the answer. Where it raises `Unfit`, and where the answer has not the form
        that was asked for, the model is told why and asked again, three times at most. Where none is better,
        or none comes, what can be used of an earlier one is taken. `form` names it."""
        if form not in self.agents:
            self.agents[form] = agent_for(form, answer)
        making = Making(make)
        model = JournaledModel(self.model, ask, self.explain)
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
        return explained(error, self.name, self.key_name, self.key)


def agent_for(form: str, answer: type[Draft]) -> Agent[Making[Any], Any]:
    agent: Agent[Making[Any], Any] = Agent(
        deps_type=Making[Any],
        output_type=ToolOutput(answer, name=form),
        instructions=DATA,
        retries={"tools": RE_ASKS, "output": RE_ASKS},
    )

    @agent.output_validator
    def check(context: RunContext[Making[Any]], draft: Any) -> Any:
        try:
            context.deps.made.append(context.deps.make(draft))
        except Unfit as unfit:
            if unfit.spare is not None:
                context.deps.made.append(unfit.spare)
            raise ModelRetry(str(unfit)) from unfit
        return draft

    return agent
