"""What every endpoint and page is given: the open program and who asks."""

from typing import Annotated, cast

from fastapi import Depends, Request

from cairn.bootstrap import Cairn

LOCAL = "local"
"""The one owner where there are no accounts."""


def opened(request: Request) -> Cairn:
    return cast("Cairn", request.app.state.cairn)


def asker() -> str:
    return LOCAL


Opened = Annotated[Cairn, Depends(opened)]
Owner = Annotated[str, Depends(asker)]
