"""Which models there are by name, `provider:name` as pydantic-ai spells it, and where they are asked. Imports
nothing of theirs."""

import os
import re
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
BASE_URLS: Mapping[str, str] = {
    "openai": "OPENAI_BASE_URL",
    "openai-chat": "OPENAI_BASE_URL",
    "openai-responses": "OPENAI_BASE_URL",
    "anthropic": "ANTHROPIC_BASE_URL",
    "google": "GOOGLE_GEMINI_BASE_URL",
    "ollama": "OLLAMA_BASE_URL",
}
"""The variable in which each finds another address than its vendor's."""
OTHER_KEY_NAMES: Mapping[str, str] = {"google": "GEMINI_API_KEY"}
"""An older variable, read where the first is not set."""
ADDRESSES: Mapping[str, str] = {"ollama": "OLLAMA_BASE_URL"}
"""Providers that have no address of their own, and where they find it."""
VENDORS_OWN: Mapping[str, str] = {
    "openai": "https://api.openai.com/v1",
    "openai-chat": "https://api.openai.com/v1",
    "openai-responses": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}
NO_ADDRESS = "no address is set"


def check_name(name: str) -> None:
    provider, _, rest = name.partition(":")
    if provider not in KEY_NAMES or not rest:
        raise Unusable(
            f"CAIRN_MODEL cannot be {name!r}: it must read library, simulated or PROVIDER:NAME, with one of "
            f"{', '.join(KEY_NAMES)}.",
            code="bad_setting",
            hint="For an address that speaks the OpenAI protocol: openai-chat:NAME with OPENAI_BASE_URL.",
        )


def provider_of(name: str) -> str:
    """The provider a model is asked at. Each finds its one address and key in variables of its own, so its
    name tells them apart too. What differs between the ways to speak to OpenAI is the model."""
    kind = name.partition(":")[0]
    return "openai" if kind.startswith("openai") else kind


def address_of(name: str) -> str:
    """Where a model is asked, as it may be shown and stored: without credentials, query and last slash."""
    provider = name.partition(":")[0]
    given = os.environ.get(BASE_URLS[provider], VENDORS_OWN.get(provider, "")).strip()
    scheme, mark, place = re.split("[?#]", given or NO_ADDRESS)[0].rpartition("://")
    return scheme + mark + place.rpartition("@")[2].rstrip("/")


def key_name_of(name: str) -> str:
    return KEY_NAMES[name.partition(":")[0]]


def has_key(name: str) -> bool:
    return bool(key_of(name).strip())


def key_of(name: str) -> str:
    """The key its client finds. Empty: none is set."""
    provider = name.partition(":")[0]
    names = [KEY_NAMES[provider], OTHER_KEY_NAMES.get(provider, "")]
    return next((os.environ[name] for name in names if os.environ.get(name)), "")
