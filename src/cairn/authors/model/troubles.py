"""What goes wrong with a model, in our words: what passes by itself, what a person must mend, what was said.

Whatever a request raises on its way is a failure of that way, also where a server answers 200 with something
that is no answer of a model; only what the agent raises is about the content.
"""

import re
from typing import Any

from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    OutputTokenLimitExceeded,
    UserError,
)
from pydantic_core import ValidationError

from cairn.authors.model.checks import NOT_SAID, UNUSABLE
from cairn.authors.model.words import NO_TOOLS, TOO_LONG, says
from cairn.domain.errors import AuthorFailed, CairnError, CallFailed, MustWait
from cairn.domain.text import storable

LONGEST = 300
SERVER_FAULT, TOO_LARGE = 500, 413
PASSING = frozenset({408, 409, 425, 429})
"""Statuses of a request that may well pass later; others below 500 say that it never will."""
WEB_PAGE = re.compile(r"\s*<(!doctype|html|head|body|\?xml)\b", re.IGNORECASE)
MORE_CONTEXT = (
    "Give the model a larger context (llama.cpp: -c, Ollama: OLLAMA_CONTEXT_LENGTH, LM Studio: context "
    "length, vLLM: --max-model-len), or choose another."
)
TRY_IT = "`cairn doctor --model` looks for a way to ask this model that works, and keeps it."
KEY = re.compile(r"(?i)\b(?:sk|pk|key|api|gsk|xai|AIza|tvly)[-_A-Za-z0-9*.]{8,}|\bBearer\s+\S+")
"""What looks like a key: some providers send back the one they were given."""


def scrubbed(text: str, key: str) -> str:
    """Short, on one line, and without `key` or whatever looks like one."""
    said = " ".join(storable(text).split())
    said = KEY.sub("(key)", said.replace(key, "(key)") if key else said)
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def words_of(error: Exception) -> str:
    """What the provider said: its own message where its body has one. Not scrubbed."""
    body = getattr(error, "body", None)
    if words := message_in(body):
        return "a web page" if WEB_PAGE.match(words) else words
    if isinstance(error, ModelHTTPError):
        return f"status {error.status_code}{f' with {body}' if body else ' without a word'}"
    if isinstance(error.__cause__, ValidationError):
        return "JSON of another kind"
    if isinstance(error, ModelConnectionError) and error.__cause__:
        return str(error.__cause__.__cause__ or error)
    return str(error) or type(error).__name__


def message_in(body: Any) -> str:
    """However a server wraps it: OpenAI and Google in `error`, LM Studio as plain text, FastAPI in `detail`,
    Google's OpenAI address in a list."""
    match body:
        case str():
            return body.strip()
        case [first, *_]:
            return message_in(first)
        case dict():
            inner = (message_in(body.get(name)) for name in ("error", "message", "detail", "msg"))
            return next(filter(None, inner), "")
        case _:
            return ""


def explained(
    error: Exception, model: str, key_name: str, key: str, address_name: str = "the address"
) -> CairnError:
    """The error of ours for what one request raised. `key_name` and `address_name`: the variables that key
    and address come from."""
    words = words_of(error)
    said = scrubbed(words, key)
    match error:
        case CairnError():
            return error
        case ModelHTTPError(status_code=status) if status < SERVER_FAULT and no_model_server(error):
            return CallFailed(
                f"What answers for {model} is no model server; it sent {said}.",
                code="no_model_server", hint=about_address(address_name), tries=3,
            )  # fmt: skip
        case ModelAuthenticationError():
            return AuthorFailed(
                f"The provider refuses the key for {model}: {said}",
                code="bad_key",
                hint=f"Set {key_name} to a valid key, restart, and retry the task.",
            )
        case ModelQuotaExceededError():
            return MustWait(f"The quota for {model} is spent: {said}", until=None)
        case ModelRateLimitError():
            return CallFailed(f"{model} could not be asked: {said}", after=error.retry_after)
        case ModelAPIError() if says(NO_TOOLS, words):
            return AuthorFailed(f"{model} cannot be given tools: {said}", code="no_tools", hint=TRY_IT)
        case ModelAPIError() if too_long(error, words):
            return AuthorFailed(
                f"The request is too long for {model}: {said}", code="context_too_long", hint=MORE_CONTEXT
            )
        case ModelNotFoundError():
            return AuthorFailed(
                f"The provider does not know the model {model}: {said}",
                code="unknown_model",
                hint="Set CAIRN_MODEL to a model the provider has, restart, and retry the task.",
            )
        case ContentFilterError():
            return refusal(model, said)
        case ModelRequestRejectedError():
            return AuthorFailed(f"The provider rejects the request to {model}: {said}", code="rejected")
        case ModelConnectionError() if never_reached(error):
            return CallFailed(
                f"{model} could not be reached: {said}.",
                code="unreachable", hint=f"Is the server running, and is {address_name} right?",
            )  # fmt: skip
        case ModelHTTPError(status_code=status) if status < SERVER_FAULT and status not in PASSING:
            return AuthorFailed(f"The provider rejects the request to {model}: {said}", code="rejected")
        case ModelHTTPError():
            return CallFailed(f"{model} could not be asked: {said}", after=error.retry_after)
        case ModelAPIError() if type(error) is not ModelAPIError:  # it broke off; it may have been asked
            said = f"{model} could not be asked: {said}"
            return CallFailed(said, after=error.retry_after, in_doubt=True)
        case UserError():
            return AuthorFailed(
                f"{model} cannot be asked in this way: {said}", code="mode_not_offered", hint=TRY_IT
            )
        case _:  # the bare class among it: an answer that could not be read
            return CallFailed(
                f"What came back from {model} is no answer of a model: {said}",
                code="no_model_server", hint=about_address(address_name), tries=3, in_doubt=True,
            )  # fmt: skip


def about_address(address_name: str) -> str:
    ending = " It mostly ends in /v1." if address_name in ("OPENAI_BASE_URL", "OLLAMA_BASE_URL") else ""
    return f"Is {address_name} the address of a model server?{ending}"


def no_model_server(error: ModelHTTPError) -> bool:
    """A web page, or a path that is not there. Who does not know a model names it, or says so by a code."""
    words = message_in(error.body)
    if WEB_PAGE.match(words):
        return True
    unknown = error.provider_error_code == "model_not_found" or re.search("model|endpoints", words, re.I)
    return isinstance(error, ModelNotFoundError) and not unknown


def too_long(error: ModelAPIError, words: str) -> bool:
    if isinstance(error, ModelContextWindowExceededError) or getattr(error, "status_code", 0) == TOO_LARGE:
        return True
    return says(TOO_LONG, f"{words} {error.provider_error_code} {error.provider_error_type}")


def never_reached(error: ModelConnectionError) -> bool:
    """No connection came about, so nothing was sent."""
    cause = error.__cause__.__cause__ if error.__cause__ else None
    return error.phase == "connect" or type(cause).__name__ == "UnsupportedProtocol"


def given_up(error: AgentRunError, model: str, key: str) -> AuthorFailed:
    """It would not answer, or its answers stayed unusable to the last re-ask."""
    if isinstance(error, ContentFilterError):
        return refusal(model, scrubbed(error.message, key))
    if isinstance(error, OutputTokenLimitExceeded):
        return cut_short(model)
    said = scrubbed(str(error.__cause__ or error), key)
    return AuthorFailed(
        f"{model} gave no usable answer: {said}", code=UNUSABLE, hint=f"Retry the task. {TRY_IT}"
    )


def refusal(model: str, said: str) -> AuthorFailed:
    return AuthorFailed(f"{model} refuses to answer: {said}", code=NOT_SAID)


def cut_short(model: str) -> AuthorFailed:
    return AuthorFailed(
        f"{model} came to the end of its context in the middle of an answer.",
        code="answer_cut", hint=MORE_CONTEXT,
    )  # fmt: skip
