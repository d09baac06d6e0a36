"""What servers say where a request is too long, or where tools are not to be had: each in words of its own.

The wordings are those their users report; `said_by` whom stands first.
"""

import re
from collections.abc import Sequence

Wordings = Sequence[tuple[str, str]]

TOO_LONG: Wordings = (
    # 400 with a count of tokens, 500 before October 2025; also within a 200 behind a proxy
    ("llama.cpp", r"exceeds? the available context size"),
    ("llama.cpp", r"context size has been exceeded"),
    ("llama.cpp, its type", r"exceed_context_size_error"),
    ("llama-cpp-python", r"exceed context window of \d+"),
    ("Ollama", r"exceed(s|ed)? (the |its )?(max(imum)? )?context length"),
    ("LM Studio", r"tokens to keep from the initial prompt is greater than the context length"),
    ("LM Studio", r"context length of only \d+ tokens"),
    ("LM Studio", r"reached context length of \d+ tokens"),
    ("LM Studio", r"n_keep\b.{0,30}\bn_ctx"),
    ("OpenAI, vLLM, OpenRouter", r"maximum context length"),
    ("OpenAI, its code", r"context_length_exceeded"),
    ("vLLM", r"model's context length is only \d+"),
    ("vLLM", r"longer than the maximum model length"),
    ("vLLM", r"max_tokens must be at least 1, got -\d+"),
    ("Groq", r"reduce the length of the (messages|input prompt)"),
    ("Anthropic", r"prompt is too long"),
    ("Anthropic", r"input length and `?max_tokens`? exceed context limit"),
    ("Google", r"token count .{0,30}exceeds the maximum number of tokens"),
)
NO_TOOLS: Wordings = (
    ("Ollama", r"does not support tools"),
    ("llama.cpp", r"\btool(s|_choice) param requires --jinja"),
    ("llama.cpp, before 2025", r"unsupported param: tools"),
    ("vLLM", r"tool choice requires --enable-auto-tool-choice"),
    ("vLLM", r"tool_choice.{0,40} requires --tool-call-parser"),
    ("Google, Mistral", r"function calling is not enabled"),
    ("DeepSeek", r"does not support function calling"),
    ("OpenRouter", r"no endpoints found that support (tool use|the provided 'tool_choice')"),
    ("others", r"\b(tools?|tool use|(tool|function) calling) (is|are) not supported"),
)


def says(wordings: Wordings, text: str) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE | re.DOTALL) for _, pattern in wordings)
