"""What a model costs. Only a vendor's own address has its list price; a proxy or a server at home has one of
its own, which somebody must tell us: unknown is not 0."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cairn.authors.model.names import BASE_URLS

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse

VENDORS = frozenset({"api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com"})
MILLION = 1_000_000


@dataclass(frozen=True)
class Rates:
    """US dollars for a million tokens."""

    input: float
    output: float

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        return (self.input * input_tokens + self.output * output_tokens) / MILLION


@dataclass(frozen=True)
class Price:
    """Of the model of this name. `own`: rates for whatever has no list price."""

    name: str
    own: Rates | None = None

    @property
    def listed(self) -> bool:
        """Whether the vendor itself is asked."""
        address = os.environ.get(BASE_URLS[self.name.partition(":")[0]], "").strip()
        return not self.name.startswith("ollama:") and (not address or urlsplit(address).hostname in VENDORS)

    def expected(self, input_tokens: int, output_tokens: int) -> float | None:
        """In US dollars, by the price list of genai-prices or our own rates; None where neither says."""
        from genai_prices import Usage, calc_price

        if self.listed:
            kind, _, model = self.name.partition(":")
            usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
            try:
                price = calc_price(usage, model, provider_id=kind.partition("-")[0])
                return float(price.total_price)
            except LookupError:
                pass
        return self.own.cost(input_tokens, output_tokens) if self.own else None

    def of(self, response: "ModelResponse") -> float | None:
        """Of an answer, cached tokens at their own price; None where it is not known."""
        if urlsplit(response.provider_url or "").hostname in VENDORS:
            try:
                return float(response.cost().total_price)
            except (LookupError, ValueError, AssertionError):  # no such model, or its usage is not told
                pass
        usage = response.usage
        if self.own is None or usage.unmeasured_requests:
            return None
        return self.own.cost(usage.input_tokens, usage.output_tokens)
