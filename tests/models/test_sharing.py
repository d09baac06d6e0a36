"""What calls share: those to one provider its slots and its guard, whatever models it has."""

from datetime import UTC, datetime

from cairn.authors.model.author import ModelAuthor
from cairn.domain.thought import Thought
from cairn.search.finding import Finder
from cairn.usecases.providers import Providers


def test_models_of_one_provider_share_its_slots_and_its_guard() -> None:
    others = {Thought.quiz: "openai:another", Thought.tutorial: "anthropic:z"}
    author = ModelAuthor("openai-chat:x", others, today=lambda: datetime.now(UTC).date(), find=Finder("none"))
    providers = Providers(author.provider_for, slots=1)
    assert providers.of(Thought.intent) is providers.of(Thought.quiz)
    assert providers.of(Thought.tutorial).limiter is not providers.of(Thought.intent).limiter
    assert providers.of(Thought.tutorial).guard is not providers.of(Thought.intent).guard
