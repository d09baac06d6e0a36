"""What every endpoint and page is given: the open program, who asks, and where a list goes on."""

import base64
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request

from cairn.bootstrap import Cairn
from cairn.domain.errors import BadInput
from cairn.domain.task import Task

LOCAL = "local"
"""The one owner where there are no accounts."""


def opened(request: Request) -> Cairn:
    return cast("Cairn", request.app.state.cairn)


def asker() -> str:
    return LOCAL


Opened = Annotated[Cairn, Depends(opened)]
Owner = Annotated[str, Depends(asker)]


def cursor(task: Task) -> str:
    """Where the page of a list after this task begins, as text that is safe in an address."""
    return base64.urlsafe_b64encode(f"{task.created_at.isoformat()} {task.task_id}".encode()).decode()


def read_cursor(given: str | None) -> tuple[datetime, str] | None:
    """The time and id a cursor was made from. Raises `BadInput` for what is none."""
    if given is None:
        return None
    try:
        made, task_id = base64.urlsafe_b64decode(given.encode()).decode().split(" ")
        return datetime.fromisoformat(made).astimezone(), task_id
    except (ValueError, OverflowError) as error:
        raise BadInput("This is no place in the list.", hint="Take it from the page before.") from error
