"""Tries the models that are set, and says of each thought how it is best asked, or what is wrong."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cairn.authors.model.names import address_of
from cairn.bootstrap import Cairn
from cairn.domain.errors import NotFound
from cairn.domain.thought import Thought
from cairn.terminal.opened import opened
from cairn.usecases.limiter import Limiter
from cairn.usecases.models import Tried, calls_expected
from cairn.usecases.trying import Trying

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cairn.authors.model.thinking import Thinker

NAME = max(len(thought) for thought in Thought)
MARGIN = " " * (len("BAD ") + 1 + NAME + 2)
LEGEND = """\
Each thought is tried three times, once in Chinese, in the first of these ways that works:
  tool      the form of the answer is a tool that the model calls
  native    the server holds the model to the form
  prompted  the form stands in the prompt
"""


async def try_models() -> int:
    """0 where every thought has a way that works, else 1. Raises `NotFound` where no model is set."""
    async with opened() as cairn:
        names = cairn.models.names
        if not names:
            raise NotFound(
                f"There is no model to try: CAIRN_MODEL is {cairn.settings.model}.",
                code="no_model", hint="Set it to PROVIDER:NAME; docs/models.md tells how.",
            )  # fmt: skip
        say(LEGEND)
        tried: list[Tried] = []
        async with cairn.models.at_hand() as thinkers:
            for model in dict.fromkeys(names.values()):
                thoughts = [thought for thought in Thought if names[thought] == model]
                tried += await try_model(cairn, model, thoughts, thinkers)
    if any(one.findings for one in tried):
        say("What was found is kept. A server that is running takes it up at its next start.")
    return 0 if len(tried) == len(Thought) and all(one.works for one in tried) else 1


async def try_model(
    cairn: Cairn, model: str, thoughts: Sequence[Thought], thinkers: "Mapping[Thought, Thinker]"
) -> list[Tried]:
    """Those of its thoughts that were tried; it ends where the model cannot be."""
    least, most = calls_expected(thoughts)
    say(f"{model} at {address_of(model)}: {least} calls where all is well, at most {most}")
    calls = Trying(Limiter(cairn.settings.model_concurrency), cairn.settings.model_timeout, most)
    tried: list[Tried] = []
    for thought in thoughts:
        one = await cairn.models.try_thought(thought, thinkers[thought], calls)
        tried.append(one)
        say("\n".join(lines_of(one)))
        if one.stopped:
            break
    say(f"{spent(calls)}\n")
    return tried


def lines_of(tried: Tried) -> Iterator[str]:
    if tried.stopped:
        said, hint = tried.stopped
        yield f"BAD  {tried.thought:<{NAME}}  {said}"
        yield f"{MARGIN}{hint}"
        return
    whole, *parts = tried.findings
    way = whole.mode or ("stage by stage" if tried.works else "no way works")
    yield f"{'ok  ' if tried.works else 'BAD '} {tried.thought:<{NAME}}  {way}"
    for finding in tried.findings:
        what = f"{finding.form}, " if parts else ""
        for mode, said in finding.failed.items():
            yield f"{MARGIN}not {what}{mode}: {said}"
        if finding.mode and parts:
            yield f"{MARGIN}{what}{finding.mode}"


def spent(calls: Trying) -> str:
    answers = calls.answers
    told, said = sum(one.input_tokens for one in answers), sum(one.output_tokens for one in answers)
    prices = [answer.usd for answer in answers if answer.usd is not None]
    money = f", ${sum(prices):.4f}" if prices and len(prices) == len(answers) else ""
    number = f"{calls.sent} call{'' if calls.sent == 1 else 's'}"
    return f"{number}, {told:,} tokens in, {said:,} out{money}."


def say(text: str) -> None:
    print(text, flush=True)
