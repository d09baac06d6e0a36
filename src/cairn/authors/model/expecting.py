"""What calls are expected to take, before they are made: counted where the request is there, else by what
such a call usually takes."""

from collections.abc import Mapping

from cairn.authors.author import Estimate
from cairn.authors.model.price import Price
from cairn.domain.thought import Thought

BYTES_PER_TOKEN = 3
"""Of UTF-8: English has about four, Chinese three and less; an estimate should rather be too high."""
USUAL: Mapping[str, tuple[int, int]] = {
    "intent": (900, 500), "curriculum": (1200, 4000), "validation": (2500, 400), "edit": (3000, 800),
    "tutorial": (900, 3500), "resources": (700, 500), "choose": (1500, 400), "quiz": (900, 1800),
    "solve": (900, 200), "rewrite": (900, 700),
}  # fmt: skip
"""Tokens in and out of one call, by what is asked for, with what a model thinks before it answers."""
ELSE = (1000, 1000)
PER_CONCEPT = (
    (Thought.tutorial, "tutorial"),
    (Thought.resources, "resources"),
    (Thought.resources, "choose"),
    (Thought.quiz, "quiz"),
    (Thought.quiz, "solve"),
)
"""The calls that a concept takes; none chooses where no pages were found."""


def expected_of(price: Price, form: str, size: int) -> Estimate:
    """Of a request of `size` bytes that asks for an answer of this form."""
    tokens_in, tokens_out = size // BYTES_PER_TOKEN + 1, USUAL.get(form, ELSE)[1]
    return Estimate(tokens_in, tokens_out, price.expected(tokens_in, tokens_out))


def expected_of_concepts(number: int, prices: Mapping[Thought, Price]) -> Estimate:
    """Of writing so many concepts, where nothing has to be asked again."""
    tokens_in, tokens_out = (number * sum(USUAL[form][way] for _, form in PER_CONCEPT) for way in (0, 1))
    costs = [prices[thought].expected(*USUAL[form]) for thought, form in PER_CONCEPT]
    usd = None if None in costs else number * sum(cost or 0.0 for cost in costs)
    return Estimate(tokens_in, tokens_out, usd, len(PER_CONCEPT) * number)
