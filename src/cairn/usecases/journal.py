"""The journal of one run: every request to a model is written down before it leaves and when it is answered.

What was answered once is never asked again, by whatever process.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from cairn.authors.author import Answer, Estimate
from cairn.domain.fingerprint import fingerprint
from cairn.domain.text import storable
from cairn.store import calls
from cairn.store.calls import Begun
from cairn.usecases.claimed import Claimed


class Journal:
    """`sent`: how many requests were sent under each key before this run."""

    def __init__(self, claimed: Claimed, sent: dict[str, int]) -> None:
        self.claimed = claimed
        self.sent = sent
        self.begun_before = frozenset(key.split("/")[1] for key in sent)
        """Products some of whose requests may be answered here."""

    def key(self, product: str, variant: int, ordinal: int, request: Mapping[str, Any]) -> str:
        """The same for the same request in any process. `ordinal` counts the re-asks of one product."""
        return f"{self.claimed.task.task_id}/{product}/{fingerprint(request, variant)}#{ordinal}"

    async def find(self, key: str) -> Answer | None:
        """The answer that is stored, if one is. Where it was let go, long after the end of the task, the call
        is made anew: there is nothing else to make the product from."""
        if not self.sent.get(key):
            return None
        async with self.claimed.store.reading() as connection:
            row = await calls.answer_of(connection, key)
        if row is None:
            return None
        if row["answer"] is None:
            self.claimed.log.warning("model_call_let_go", key=key)
            return None
        self.claimed.log.info("model_call_replayed", key=key)
        return Answer(row["answer"])

    async def begin(self, product: str, key: str, expected: Estimate) -> Begun:
        """Committed before the request leaves."""
        number = self.sent[key] = self.sent.get(key, 0) + 1
        task = self.claimed.task
        request = calls.begun(
            task, product, key, number, input_tokens=expected.input_tokens,
            output_tokens=expected.output_tokens, usd=expected.usd,
        )  # fmt: skip
        await self.claimed.tell(
            f"call {product} begun", statements=[calls.begin(request)], table="model_calls"
        )
        return request

    def answered(self, request: Begun, answer: Answer) -> None:
        """Handed over and not waited for: what is made of the answer comes after it in the same line."""
        row = calls.answered(
            request, answer.content, input_tokens=answer.input_tokens, output_tokens=answer.output_tokens,
            usd=answer.usd,
        )  # fmt: skip
        self.claimed.hand_over(f"call {request['product']} answered", statements=[row], progress=True)

    def failed(self, request: Begun, error: Exception, *, in_doubt: bool) -> None:
        """`in_doubt`: the other side may have answered, and billed it, all the same."""
        said = storable(f"{type(error).__name__}: {error}"[:500])
        row = calls.lost(request, said) if in_doubt else calls.failed(request, said)
        self.claimed.hand_over(f"call {request['product']} failed", statements=[row])


Journals = Callable[[Claimed], Awaitable[Journal]]
"""Opens the journal of a run."""


async def open_journal(claimed: Claimed) -> Journal:
    if claimed.untouched:
        return Journal(claimed, {})
    async with claimed.store.reading() as connection:
        return Journal(claimed, await calls.sent_by(connection, claimed.task.task_id))
