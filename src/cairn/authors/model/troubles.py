"""What goes wrong with a model, in our words: what passes by itself, what a person must mend, what was said.

Whatever a request raises on its way is a failure of that way, also where a server answers 200 with something
that is no answer of a model; only what the agent raises is about the content.
"""

import re

from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelContextWindowExceededError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRequestRejectedError,
)

from cairn.domain.errors import AuthorFailed, CairnError, CallFailed, MustWait
from cairn.domain.text import storable

LONGEST = 300
KEY = re.compile(r"(?i)\b(?:sk|pk|key|api|gsk|xai|AIza|tvly)[-_A-Za-z0-9*.]{8,}|\bBearer\s+\S+")
"""What looks like a key: some providers send back the one they were given."""


def scrubbed(text: str, key: str) -> str:
    """Short, on one line, and without `key` or whatever looks like one."""
    said = " ".join(storable(text).split())
    said = KEY.sub("(key)", said.replace(key, "(key)") if key else said)
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def said_by(error: Exception, key: str) -> str:
    """What the provider said: its own message where its body has one."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else None
    words = message if isinstance(message, str) and message else str(error) or type(error).__name__
    return scrubbed(words, key)


def explained(error: Exception, model: str, key_name: str, key: str) -> CairnError:
    """The error of ours for what one request raised. `key_name`: the variable the key comes from."""
    said = said_by(error, key)
    match error:
        case CairnError():
            return error
        case ModelAuthenticationError():
            return AuthorFailed(
                f"The provider refuses the key for {model}: {said}",
                code="bad_key",
                hint=f"Set {key_name} to a valid key, restart, and retry the task.",
            )
        case ModelNotFoundError():
            return AuthorFailed(
                f"The provider does not know the model {model}: {said}",
                code="unknown_model",
                hint="Set CAIRN_MODEL to a model the provider has, restart, and retry the task.",
            )
        case ModelQuotaExceededError():
            return MustWait(f"The quota for {model} is spent: {said}", until=None)
        case ModelContextWindowExceededError():
            return AuthorFailed(f"The request is too long for {model}: {said}", code="context_too_long")
        case ContentFilterError():
            return refusal(model, said)
        case ModelRequestRejectedError():
            return AuthorFailed(f"The provider rejects the request to {model}: {said}", code="rejected")
        case ModelAPIError() if type(error) is not ModelAPIError:
            return CallFailed(f"{model} could not be asked: {said}", after=error.retry_after)
        case _:  # the bare class among it: an answer that could not be read
            return CallFailed(f"What came back from {model} is no answer of a model: {said}", tries=3)


def given_up(error: AgentRunError, model: str, key: str) -> AuthorFailed:
    """It would not answer, or its answers stayed unusable to the last re-ask."""
    if isinstance(error, ContentFilterError):
        return refusal(model, scrubbed(error.message, key))
    said = scrubbed(str(error.__cause__ or error), key)
    return AuthorFailed(f"{model} gave no usable answer: {said}", code="unusable_answer")


def refusal(model: str, said: str) -> AuthorFailed:
    return AuthorFailed(f"{model} refuses to answer: {said}", code="content_refused")
