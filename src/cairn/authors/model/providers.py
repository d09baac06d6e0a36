"""Builds the models by their names. A provider's modules are imported when it is used."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Any

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import infer_model
from pydantic_ai.providers import Provider, infer_provider

from cairn.authors.model.names import ADDRESSES, BASE_URLS, KEY_NAMES, address_of, key_of, provider_of
from cairn.authors.model.price import Price
from cairn.authors.model.thinking import Thinker
from cairn.domain.errors import Unusable
from cairn.domain.modes import Modes
from cairn.domain.thought import Thought


@asynccontextmanager
async def open_thinkers(
    prices: Mapping[Thought, Price], modes: Modes
) -> AsyncGenerator[dict[Thought, Thinker]]:
    """One per model, the models of one provider on one client, which is closed at the end. `modes`: those
    found to work. Raises `Unusable` naming the variable that is missing. Nothing is sent."""
    provider_for = cache(infer_provider)

    def shared(kind: str) -> Provider[Any]:
        return provider_for(provider_of(kind))

    thinkers = {price: build_thinker(price, shared, modes) for price in dict.fromkeys(prices.values())}
    async with AsyncExitStack() as opened:
        for thinker in thinkers.values():
            await opened.enter_async_context(thinker.model)
        yield {thought: thinkers[price] for thought, price in prices.items()}


def build_thinker(price: Price, provider_for: Any, modes: Modes) -> Thinker:
    name = price.name
    provider = name.partition(":")[0]
    key_name, address = KEY_NAMES[provider], ADDRESSES.get(provider)
    if address and not os.environ.get(address, "").strip():
        raise missing(address, name)
    if key_name in os.environ and not os.environ[key_name].strip():
        raise missing(key_name, name)
    try:
        return Thinker(
            price, infer_model(name, provider_for), key_name, key_of(name),
            BASE_URLS[provider], modes.get((name, address_of(name)), {}),
        )  # fmt: skip
    except UserError as error:
        raise missing(key_name, name) from error


def missing(variable: str, model: str) -> Unusable:
    return Unusable(
        f"{variable} is empty or not set, and {model} needs it.",
        code="bad_setting",
        hint=f"Set {variable}, or CAIRN_MODEL=library for the built-in courses.",
    )
