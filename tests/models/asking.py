"""A program that asks a model for one thing in each mode and prints what its journal would be keyed by."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic_ai.providers import infer_provider

from cairn.authors.author import Answer
from cairn.authors.model.checks import Unfit
from cairn.authors.model.drafts import Draft, ResourcesDraft, ReviewDraft
from cairn.authors.model.price import Price
from cairn.authors.model.providers import build_thinker
from cairn.domain.fingerprint import fingerprint
from cairn.domain.modes import Mode


async def keys(mode: Mode, form: type[Draft]) -> list[str]:
    """Of a first request and of the re-ask after an answer that was not good enough."""
    thinker = build_thinker(Price("openai-chat:x"), infer_provider, {})
    thinker.modes = {"asked": mode}
    asked: list[Mapping[str, Any]] = []

    async def ask(request: Mapping[str, Any], send: Callable[[str], Awaitable[Answer]], _: Any) -> Any:
        asked.append(request)
        return (await send("key")).content

    def made(draft: Draft) -> Draft:
        if len(asked) == 1:
            raise Unfit("Say it again.")
        return draft

    async with thinker.model:
        await thinker.think("asked", form, "Note what is missing.", ask, made)
    return [fingerprint(request) for request in asked]


async def all_keys() -> dict[str, list[str]]:
    forms = {"notes": ReviewDraft, "resources": ResourcesDraft}
    return {f"{mode} {name}": await keys(mode, form) for mode in Mode for name, form in forms.items()}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(all_keys())))
