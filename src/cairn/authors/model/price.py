"""What a response cost. Only a vendor's own address has its list price; a proxy or a server at home has one
of its own, which nobody told us: unknown is not 0."""

from urllib.parse import urlsplit

from pydantic_ai.messages import ModelResponse

VENDORS = frozenset({"api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com"})


def price_of(response: ModelResponse) -> float | None:
    """In US dollars, by the price list of genai-prices; None where it is not known."""
    if urlsplit(response.provider_url or "").hostname not in VENDORS:
        return None
    try:
        return float(response.cost().total_price)
    except (LookupError, ValueError, AssertionError):  # no such model, or its usage is not told
        return None
