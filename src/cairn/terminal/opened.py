"""The program as a command has it: opened for one owner, and what a person may name in it by id or number."""

import contextlib
from collections.abc import AsyncGenerator

from cairn.bootstrap import Cairn, Workshop, open_cairn, open_workshop
from cairn.domain.errors import NotFound
from cairn.domain.roadmap import Concept, Roadmap
from cairn.domain.text import normalised
from cairn.logs import set_up_logs
from cairn.settings import Settings, read_settings

OWNER = "local"


@contextlib.asynccontextmanager
async def opened() -> AsyncGenerator[Cairn]:
    async with open_cairn(ready()) as cairn:
        yield cairn


@contextlib.asynccontextmanager
async def opened_to_work() -> AsyncGenerator[Workshop]:
    """For a command that may have to run a task itself."""
    async with open_workshop(ready()) as cairn:
        yield cairn


def ready() -> Settings:
    settings = read_settings()
    set_up_logs(settings.log_format, quiet=True, secrets=settings.secrets)
    return settings


async def roadmap_id_of(cairn: Cairn, given: str) -> str:
    """The id of a task stands for its roadmap; anything else is taken for a roadmap's."""
    try:
        return (await cairn.tasks.get(OWNER, given)).roadmap_id
    except NotFound:
        return given


def concept_of(roadmap: Roadmap, given: str) -> Concept:
    """By its id, its number in the outline or its name."""
    for number, concept in enumerate(roadmap.concepts(), 1):
        if given in (concept.concept_id, str(number)) or normalised(given) == normalised(concept.name):
            return concept
    raise NotFound(
        f"The roadmap has no concept {given}.",
        code="concept_not_found",
        hint="Give its number in the outline (`cairn show`), its name or its id.",
    )
