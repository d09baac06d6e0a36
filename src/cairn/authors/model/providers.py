"""Builds the models by their names. A provider's modules are imported when it is used."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Any

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import infer_model
from pydantic_ai.providers import Provider, infer_provider

from cairn.authors.model.names import ADDRESSES, KEY_NAMES, OTHER_KEY_NAMES
from cairn.authors.model.thinking import Thinker
from cairn.domain.errors import Unusable
from cairn.domain.thought import Thought


@asynccontextmanager
async def open_thinkers(names: Mapping[Thought, str]) -> AsyncGenerator[dict[Thought, Thinker]]:
    """One per model, the models of one provider on one client, which is closed at the end. Raises `Unusable`
    naming the variable that is missing. Nothing is sent."""
    provider_for = cache(infer_provider)

    def shared(kind: str) -> Provider[Any]:
        """What differs between the ways to speak to OpenAI is the model, not the provider."""
        return provider_for("openai" if kind.startswith("openai") else kind)

    thinkers = {name: build_thinker(name, shared) for name in dict.fromkeys(names.values())}
    async with AsyncExitStack() as opened:
        for thinker in thinkers.values():
            await opened.enter_async_context(thinker.model)
        yield {thought: thinkers[name] for thought, name in names.items()}


def build_thinker(name: str, provider_for: Any) -> Thinker:
    provider = name.partition(":")[0]
    key_name, address = KEY_NAMES[provider], ADDRESSES.get(provider)
    if address and not os.environ.get(address, "").strip():
        raise missing(address, name)
    if key_name in os.environ and not os.environ[key_name].strip():
        raise missing(key_name, name)
    try:
        return Thinker(name, infer_model(name, provider_for), key_name, key_of(provider))
    except UserError as error:
        raise missing(key_name, name) from error


def key_of(provider: str) -> str:
    """The one its client finds, to know it where it comes back in a message. Empty: none is needed."""
    names = [KEY_NAMES[provider], OTHER_KEY_NAMES.get(provider, "")]
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def missing(variable: str, model: str) -> Unusable:
    return Unusable(
        f"{variable} is empty or not set, and {model} needs it.",
        code="bad_setting",
        hint=f"Set {variable}, or CAIRN_MODEL=library for the built-in courses.",
    )
