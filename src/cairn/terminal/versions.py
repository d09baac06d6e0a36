"""The pieces of one concept: made anew with a wish, listed with all their revisions, put back."""

from cairn.bootstrap import Cairn
from cairn.domain.task import TaskStatus
from cairn.store.versions import Version
from cairn.terminal.follow import tell_failure
from cairn.terminal.opened import OWNER, concept_of, opened, opened_to_work, roadmap_id_of
from cairn.terminal.progress import bring_on


async def regenerate(given: str, concept: str, kind: str, wish: str | None) -> int:
    async with opened_to_work() as cairn:
        view = await cairn.roadmaps.get(OWNER, await roadmap_id_of(cairn, given))
        card = concept_of(view.roadmap, concept)
        place = (OWNER, view.task.roadmap_id, card.concept_id)
        task = await cairn.versions.regenerate(*place, kind, wish)
        before = await newest(cairn, *place, kind)
        task = await bring_on(cairn, task, view.task.last_seq, quiet=False)
        after = await newest(cairn, *place, kind)
    if task.status not in (TaskStatus.completed, TaskStatus.completed_with_gaps):
        return tell_failure(task)
    if after == before:
        print(f"The {kind} of “{card.name}” could not be made anew; the one there was stays.")
        return 1
    print(f"The {kind} of “{card.name}” is made anew: revision {after}.")
    if before:
        back = f"cairn restore {view.task.roadmap_id} {card.concept_id} --kind {kind} --rev {before}"
        print(f"The one before is kept: {back}")
    return 0


async def newest(cairn: Cairn, owner: str, roadmap_id: str, concept_id: str, kind: str) -> int:
    """The current revision of a piece, 0 where it was never made."""
    stand = await cairn.versions.list(owner, roadmap_id, concept_id)
    return next((version.rev for version in stand if version.kind == kind and version.current), 0)


async def list_versions(given: str, concept: str) -> int:
    async with opened() as cairn:
        view = await cairn.roadmaps.get(OWNER, await roadmap_id_of(cairn, given))
        card = concept_of(view.roadmap, concept)
        stand = await cairn.versions.list(OWNER, view.task.roadmap_id, card.concept_id)
    print(f"{card.name} ({card.concept_id})")
    for version in stand:
        print(line_of(version))
    return 0


def line_of(version: Version) -> str:
    now = "current" if version.current else ""
    made = f"{version.created_at.astimezone():%Y-%m-%d %H:%M}"
    return f"  {version.kind.value:<10} rev {version.rev:<3} {now:<8} {made}  {version.author}"


async def put_back(given: str, concept: str, kind: str | None, rev: int) -> int:
    async with opened() as cairn:
        view = await cairn.roadmaps.get(OWNER, await roadmap_id_of(cairn, given))
        card = concept_of(view.roadmap, concept)
        stands = await cairn.versions.restore(OWNER, view.task.roadmap_id, card.concept_id, rev, kind)
    what = f"The {stands.kind.value} of “{card.name}”"
    print(f"{what} is that of revision {rev} again, as revision {stands.rev}.")
    return 0
