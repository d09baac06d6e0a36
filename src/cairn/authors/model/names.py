"""Which models there are by name, `provider:name` as pydantic-ai spells it. Imports nothing of theirs."""

from collections.abc import Mapping

from cairn.domain.errors import Unusable

KEY_NAMES: Mapping[str, str] = {
    "openai": "OPENAI_API_KEY",
    "openai-chat": "OPENAI_API_KEY",
    "openai-responses": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google": "GOOGLE_API_KEY",
    "ollama": "OLLAMA_API_KEY",
}
"""The providers, and the variable each finds its key in."""
OTHER_KEY_NAMES: Mapping[str, str] = {"google": "GEMINI_API_KEY"}
"""An older variable, read where the first is not set."""
ADDRESSES: Mapping[str, str] = {"ollama": "OLLAMA_BASE_URL"}
"""Providers that have no address of their own, and where they find it."""


def check_name(name: str) -> None:
    provider, _, rest = name.partition(":")
    if provider not in KEY_NAMES or not rest:
        raise Unusable(
            f"CAIRN_MODEL cannot be {name!r}: it must read library, simulated or PROVIDER:NAME, with one of "
            f"{', '.join(KEY_NAMES)}.",
            code="bad_setting",
            hint="For an address that speaks the OpenAI protocol: openai-chat:NAME with OPENAI_BASE_URL.",
        )
