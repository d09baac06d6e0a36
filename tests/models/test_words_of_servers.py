"""What servers say of themselves, each in its own words, comes out as one of a few kinds of trouble."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic_ai.messages import ModelRequest, UserPromptPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.providers import infer_provider

from cairn.authors.model.names import BASE_URLS, KEY_NAMES, address_of
from cairn.authors.model.price import Price
from cairn.authors.model.providers import build_thinker
from cairn.authors.model.thinking import Thinker
from cairn.domain.errors import CairnError
from tests.models.openai_chat import error
from tests.models.server import Server, model_server
from tests.models.wire import Reply

CHAT, CLAUDE, GEMINI = "openai-chat:x", "anthropic:x", "google:x"


@dataclass(frozen=True)
class Saying:
    server: str
    status: int
    body: Any
    code: str
    model: str = CHAT

    @property
    def reply(self) -> Reply:
        return self.status, {"Content-Type": "application/json"}, json.dumps(self.body).encode()


def wrapped(message: str, kind: str = "server_error") -> dict[str, Any]:
    return {"error": {"code": 400, "message": message, "type": kind}}


TOO_LONG = [
    Saying("llama.cpp of 2025", 500, wrapped(
        "the request exceeds the available context size. try increasing the context size or enable context "
        "shift"), "context_too_long"),
    Saying("llama.cpp", 400, wrapped(
        "request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it",
        "exceed_context_size_error"), "context_too_long"),
    Saying("llama.cpp, while it answers", 500, wrapped("Context size has been exceeded."),
           "context_too_long"),
    Saying("llama-cpp-python", 400, wrapped("Requested tokens (2285) exceed context window of 2048"),
           "context_too_long"),
    Saying("Ollama", 400, {"error": "prompt too long; exceeded max context length by 17 tokens"},
           "context_too_long"),
    Saying("Ollama, another", 400, wrapped("the input length exceeds the context length"),
           "context_too_long"),
    Saying("LM Studio", 400, {"error":
           "The number of tokens to keep from the initial prompt is greater than the context length (n_keep: "
           "13055>= n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter "
           "input."}, "context_too_long"),
    Saying("LM Studio, older", 400, {"error":
           "Trying to keep the first 14538 tokens when context the overflows. However, the model is loaded "
           "with context length of only 2048 tokens, which is not enough."}, "context_too_long"),
    Saying("LM Studio, newer", 400, {"error":
           "Cannot truncate prompt with n_keep (15028) >= n_ctx (7424)"}, "context_too_long"),
    Saying("LM Studio, while it answers", 400, {"error":
           "Reached context length of 4096 tokens with model (arch: gpt-oss) that does not currently support "
           "mid-generation context overflow"}, "context_too_long"),
    Saying("vLLM", 400, {"object": "error", "type": "BadRequestError", "code": 400, "message":
           "This model's maximum context length is 6048 tokens. However, you requested 6616 tokens (568 in "
           "the messages, 6048 in the completion)."}, "context_too_long"),
    Saying("vLLM of 2026", 400, wrapped(
        "You passed 1193 input tokens and requested 7000 output tokens. However, the model's context length "
        "is only 8192 tokens, resulting in a maximum input length of 1192 tokens.", "BadRequestError"),
        "context_too_long"),
    Saying("vLLM behind another", 500, {"detail":
           "The decoder prompt (length 66501) is longer than the maximum model length of 65536."},
           "context_too_long"),
    Saying("OpenAI", 400, {"error": {"message": "Too long.", "code": "context_length_exceeded"}},
           "context_too_long"),
    Saying("Google by OpenAI's protocol", 400, [wrapped(
        "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).")],
        "context_too_long"),
    Saying("Google", 400, {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message":
           "The input token count (134123) exceeds the maximum number of tokens allowed (131072)."}},
           "context_too_long", GEMINI),
    Saying("Anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message":
           "prompt is too long: 208310 tokens > 200000 maximum"}}, "context_too_long", CLAUDE),
    Saying("Anthropic, with the answer", 400, {"type": "error", "error": {
           "type": "invalid_request_error", "message": "input length and `max_tokens` exceed context limit: "
           "178959 + 64000 > 200000, decrease input length or `max_tokens` and try again"}},
           "context_too_long", CLAUDE),
]  # fmt: skip
NO_TOOLS = [
    Saying("Ollama", 400, wrapped("registry.ollama.ai/library/gemma3:4b does not support tools", "api_error"),
           "no_tools"),
    Saying("llama.cpp", 500, wrapped("tools param requires --jinja flag"), "no_tools"),
    Saying("llama.cpp, told to use one", 500, wrapped("tool_choice param requires --jinja flag"), "no_tools"),
    Saying("llama.cpp of 2024", 500, wrapped("Unsupported param: tools"), "no_tools"),
    Saying("vLLM", 400, {"object": "error", "code": 400, "message":
           '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'},
           "no_tools"),
    Saying("vLLM, told to use one", 400, {"object": "error", "code": 400, "message":
           'tool_choice="required" requires --tool-call-parser to be set'}, "no_tools"),
    Saying("Google", 400, {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message":
           "Function calling is not enabled for models/gemma-3-27b-it"}}, "no_tools", GEMINI),
    Saying("DeepSeek", 400, wrapped("deepseek-reasoner does not support Function Calling"), "no_tools"),
    Saying("OpenRouter", 404, wrapped("No endpoints found that support tool use."), "no_tools"),
]  # fmt: skip
OTHERWISE = [
    Saying("a limit on tokens by the minute", 429, wrapped(
        "Rate limit reached for x on tokens per min (TPM): Limit 30000, Requested 2000.", "tokens"),
        "call_failed"),
    Saying("a model that is not there, at Ollama", 404, wrapped('model "x" not found, try pulling it first'),
           "unknown_model"),
    Saying("a model that is not there, at OpenRouter", 404, wrapped("No endpoints found for x."),
           "unknown_model"),
    Saying("no model loaded, at LM Studio", 404, {"error": "No models loaded. Please load a model."},
           "unknown_model"),
    Saying("a path that is not there, at llama.cpp", 404, wrapped("File Not Found", "not_found_error"),
           "no_model_server"),
    Saying("a path that is not there, without a word", 404, None, "no_model_server"),
    Saying("a server that broke", 500, wrapped("boom"), "call_failed"),
    Saying("what is refused for another reason", 400, wrapped("temperature must be 1"), "rejected"),
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with model_server() as server:
        yield server


def trouble(thinker: Thinker) -> CairnError:
    """What one request comes to."""

    async def ask() -> CairnError:
        said = [ModelRequest(parts=[UserPromptPart("Hello.")])]
        async with thinker.model:
            try:
                await thinker.model.request(said, {"max_retries": 0}, ModelRequestParameters())
            except Exception as error:
                explained = thinker.explain(error)
                assert isinstance(explained, CairnError)
                return explained
        raise AssertionError("it was answered")

    return asyncio.run(ask())


def point(monkeypatch: pytest.MonkeyPatch, model: str, address: str) -> Thinker:
    provider = model.partition(":")[0]
    monkeypatch.setenv(KEY_NAMES[provider], "k-of-the-tests")
    monkeypatch.setenv(BASE_URLS[provider], address)
    return build_thinker(Price(model), infer_provider, {})


@pytest.mark.parametrize("saying", [*TOO_LONG, *NO_TOOLS, *OTHERWISE], ids=lambda s: f"{s.code}, {s.server}")
def test_each_server_s_own_words_are_known(
    monkeypatch: pytest.MonkeyPatch, server: Server, saying: Saying
) -> None:
    server.fault = lambda asked: saying.reply
    root = f"{server.url}/v1" if saying.model == CHAT else server.url
    said = trouble(point(monkeypatch, saying.model, root))
    assert said.code == saying.code, said.detail
    hints = {"context_too_long": "OLLAMA_CONTEXT_LENGTH", "no_tools": "cairn doctor --model"}
    assert hints.get(said.code, "") in said.hint


def test_a_reset_on_the_way_is_not_an_address_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    server.fault = lambda asked: (200, {"Content-Length": "5000"}, b"{")
    assert trouble(point(monkeypatch, CHAT, f"{server.url}/v1")).code == "call_failed"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1:1/v1", "All connection attempts failed"),
        ("127.0.0.1:8080/v1", "missing an 'http://' or 'https://' protocol"),
    ],
)
def test_an_address_that_nobody_answers_at_is_told(
    monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    found = trouble(point(monkeypatch, CHAT, address))
    assert (found.code, found.hint) == (
        "unreachable", "Is the server running, and is OPENAI_BASE_URL right?",
    )  # fmt: skip
    assert said in found.detail


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("http://somebody:s3cret@host:8080/v1/?token=s3cret#s3cret", "http://host:8080/v1"),
        ("somebody:s3cret@host/v1", "host/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("", "no address is set"),
    ],
)
def test_an_address_is_shown_without_credentials(
    monkeypatch: pytest.MonkeyPatch, given: str, shown: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", given)
    assert address_of(CHAT) == shown


def test_without_an_address_of_its_own_it_is_the_vendors(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BASE_URLS.values():
        monkeypatch.delenv(name, raising=False)
    assert address_of("openai:x") == "https://api.openai.com/v1"
    assert address_of("ollama:x") == "no address is set"


def test_a_key_that_comes_back_is_not_shown(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    server.fault = lambda asked: error(400, "Bad header: Authorization: Bearer k-of-the-tests")
    assert "k-of-the-tests" not in trouble(point(monkeypatch, CHAT, f"{server.url}/v1")).detail
