"""What a response cost: known for a vendor's own address alone."""

import pytest
from pydantic_ai.messages import ModelResponse, TextPart
from pydantic_ai.usage import RequestUsage

from cairn.authors.model.expecting import expected_of, expected_of_concepts
from cairn.authors.model.price import Price, Rates
from cairn.domain.money import dollars
from cairn.domain.thought import Thought


def response(
    model: str = "gpt-4o-mini", provider: str = "openai", address: str = "https://api.openai.com/v1/"
) -> ModelResponse:
    usage = RequestUsage(input_tokens=1_000_000, output_tokens=100_000)
    return ModelResponse(
        parts=[TextPart("Yes.")], usage=usage, model_name=model, provider_name=provider, provider_url=address
    )


def test_at_the_vendors_address_it_is_the_list_price() -> None:
    price = Price("openai-chat:gpt-4o-mini").of(response())
    assert price is not None
    assert 0.1 < price < 1.0


@pytest.mark.parametrize(
    "given",
    [
        {"address": "http://127.0.0.1:8080/v1/"},
        {"address": "https://proxy.example/api.openai.com/v1/"},
        {"address": "https://api.openai.com.example/v1/"},
        {"address": ""},
        {"model": "a-model-nobody-knows"},
    ],
)
def test_elsewhere_it_is_unknown_and_not_nothing(given: dict[str, str]) -> None:
    assert Price("openai-chat:gpt-4o-mini").of(response(**given)) is None


@pytest.mark.parametrize(
    "given", [{"address": "http://127.0.0.1:8080/v1/"}, {"model": "a-model-nobody-knows"}]
)
def test_what_has_no_list_price_has_the_one_that_is_set(given: dict[str, str]) -> None:
    assert Price("openai-chat:x", Rates(0.5, 2)).of(response(**given)) == pytest.approx(0.7)


def test_a_list_price_counts_before_the_one_that_is_set() -> None:
    of_the_vendor = Price("openai-chat:gpt-4o-mini").of(response())
    assert Price("openai-chat:gpt-4o-mini", Rates(100, 100)).of(response()) == of_the_vendor


@pytest.mark.parametrize("kind", ["openai", "openai-chat", "openai-responses"])
def test_what_is_expected_is_priced_as_what_is_answered(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    price = Price(f"{kind}:gpt-4o-mini")
    assert price.expected(1_000_000, 100_000) == pytest.approx(price.of(response()))


@pytest.mark.parametrize("name", ["anthropic:claude-sonnet-4-5", "google:gemini-2.5-flash"])
def test_every_vendor_has_prices(name: str) -> None:
    price = Price(name).expected(1_000_000, 100_000)
    assert price is not None
    assert 0.05 < price < 50


@pytest.mark.parametrize("name", ["openai-chat:gpt-4o-mini", "ollama:gpt-4o-mini"])
def test_what_another_address_will_take_is_unknown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1")
    assert Price(name).expected(1000, 1000) is None
    assert Price(name, Rates(0, 0)).expected(1000, 1000) == 0


def test_a_longer_request_is_expected_to_cost_more() -> None:
    price = Price("ollama:x", Rates(1, 1))
    short, long = (expected_of(price, "tutorial", size) for size in (1000, 100_000))
    assert (short.usd or 0) < (long.usd or 0)
    assert short.output_tokens == long.output_tokens


def test_a_course_with_one_thought_of_unknown_price_has_an_unknown_price() -> None:
    known, unknown = Price("ollama:x", Rates(1, 1)), Price("ollama:y")
    prices = dict.fromkeys(Thought, known)
    whole = expected_of_concepts(10, prices)
    assert whole.usd == pytest.approx((whole.input_tokens + whole.output_tokens) / 1_000_000)
    assert expected_of_concepts(10, {**prices, Thought.quiz: unknown}).usd is None


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        (0, "$0.00"),
        (12.3456, "$12.35"),
        (0.1, "$0.10"),
        (0.0456, "$0.046"),
        (0.00012, "$0.00012"),
        (1000, "$1000.00"),
    ],
)  # fmt: skip
def test_money_is_said_as_exactly_as_it_helps(usd: float, said: str) -> None:
    assert dollars(usd) == said
