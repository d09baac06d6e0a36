"""What a response cost: known for a vendor's own address alone."""

import pytest
from pydantic_ai.messages import ModelResponse, TextPart
from pydantic_ai.usage import RequestUsage

from cairn.authors.model.price import price_of


def response(
    model: str = "gpt-4o-mini", provider: str = "openai", address: str = "https://api.openai.com/v1/"
) -> ModelResponse:
    usage = RequestUsage(input_tokens=1_000_000, output_tokens=100_000)
    return ModelResponse(
        parts=[TextPart("Yes.")], usage=usage, model_name=model, provider_name=provider, provider_url=address
    )


def test_at_the_vendors_address_it_is_the_list_price() -> None:
    price = price_of(response())
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
    assert price_of(response(**given)) is None
