"""One family of errors. Each knows its kind, a stable `code`, the cause and the way out; none knows HTTP.

CairnError
├── BadInput            what was asked cannot be: say which field and what is allowed
│   └── NotAccepted     a well-formed goal that the configured author cannot take
├── NotFound            no such task, roadmap, concept (also: not yours)
├── Conflict            right in itself, not in this state
├── Superseded          a write by a claim that no longer holds; ends its run quietly
├── Unusable            this data folder, database or port cannot be used
├── OutOfReach          the database does not answer now; nothing says that it will not soon
├── AuthorFailed        an author could not make a piece
│   ├── NotStorable     what it made holds a value that no database takes
│   └── CallFailed      one call failed on its way; the next may well succeed
└── MustWait            no call can be made now; the run waits, and what is in flight is kept
    └── Stopping        the process is about to stop; another goes on
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cairn.domain.text import storable


class CairnError(Exception):
    """Something Cairn can explain: what happened, and what to do about it."""

    code = "error"
    hint = ""

    def __init__(self, detail: str, *, code: str = "", hint: str = "", **extra: Any) -> None:
        detail = storable(detail)  # it may quote what a model said, and is stored itself
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.hint = hint or type(self).hint
        self.extra = extra
        """More members for a problem document, such as `errors`; of a failed step its `product`."""


class BadInput(CairnError):
    """The request breaks a rule; the hint says what is allowed."""

    code = "bad_input"
    hint = "Correct the field named and send the request again; nothing was stored."


class NotAccepted(BadInput):
    """The goal is well formed, but the configured author has nothing to teach about it."""

    code = "goal_not_covered"

    def __init__(self, detail: str, *, hint: str, courses: Sequence[str] = (), code: str = "") -> None:
        super().__init__(detail, hint=hint, code=code, courses=list(courses))


class NotFound(CairnError):
    """There is no such thing here."""

    code = "not_found"
    hint = "Look at the list for what there is; an id is given when a task is made."


class Conflict(CairnError):
    """The request is sound but does not fit the present state; nothing was written."""

    code = "conflict"


class Superseded(CairnError):
    """Another claim, a retry or a cancel moved the task on; this run's writes are refused."""

    code = "superseded"
    hint = "Nothing to do: the newer claim goes on with the task."


class Unusable(CairnError):
    """The place Cairn was told to work in cannot be used; nothing in it was touched."""

    code = "unusable"


class OutOfReach(CairnError):
    """The database did not answer, for as long as it was waited for. What a claim was doing goes on when it
    is back."""

    code = "database_out_of_reach"
    hint = "Try again in a moment; what was stored is safe."


class AuthorFailed(CairnError):
    """The author could not make this; a retry asks for it again."""

    code = "author_failed"
    hint = "Retry the task: only what is missing is made again."


class NotStorable(AuthorFailed):
    """What the author made holds something the database does not take; all else goes on."""

    code = "not_storable"


class CallFailed(AuthorFailed):
    """One call failed on its way, and nothing says that the next one will. `after`: how many seconds the
    other side asks to be left alone; `tries`: how often it is worth asking, in all; `in_doubt`: whether it
    may have done the work, and bill it, all the same."""

    code = "call_failed"

    def __init__(
        self, detail: str, *, code: str = "", hint: str = "", after: float | None = None, tries: int = 5,
        in_doubt: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(detail, code=code, hint=hint)
        self.after = after
        self.tries = tries
        self.in_doubt = in_doubt


class MustWait(CairnError):
    """No call can be made until `until` (None: until a person acts); nothing that is made is lost."""

    code = "must_wait"
    hint = "Nothing to do: the run goes on by itself when the time has come."

    def __init__(self, detail: str, *, until: datetime | None) -> None:
        super().__init__(detail)
        self.until = until


class Stopping(MustWait):
    """The process is about to stop: another goes on with the run at once."""
