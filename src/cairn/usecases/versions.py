"""Making one piece anew with a wish, and putting an older one back."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.authors.author import Author
from cairn.domain.errors import BadInput, Conflict, NotFound
from cairn.domain.lesson import Resources, Value
from cairn.domain.link import shown
from cairn.domain.request import clean
from cairn.domain.task import ACTIVE, Event, Task, TaskStatus
from cairn.domain.thought import PIECES, Thought
from cairn.nudge import Nudge
from cairn.store import products, tasks, versions
from cairn.store.fenced import Told
from cairn.store.versions import Version
from cairn.usecases.links import checks_of
from cairn.usecases.pieces import givens_of, marks_of, piece_of, product_of
from cairn.usecases.roadmaps import LessonView, Roadmaps
from cairn.usecases.store import Store

WISH_LENGTH = 500
WHOLE = (TaskStatus.completed, TaskStatus.completed_with_gaps)
table = tasks.tasks


@dataclass(frozen=True)
class Asked:
    """The piece that a run at work makes anew."""

    kind: Thought
    concept_id: str
    wish: str


class Versions:
    def __init__(self, store: Store, author: Author, nudge: Nudge, roadmaps: Roadmaps) -> None:
        self.store = store
        self.author = author
        self.nudge = nudge
        self.roadmaps = roadmaps

    async def regenerate(
        self, owner: str, roadmap_id: str, concept_id: str, kind: str, wish: str | None
    ) -> Task:
        """A run for this one piece. The old one is read until the new one stands, and kept after that."""
        thought, wish = read_kind(kind), read_wish(wish)
        task = ended_task(await self.roadmaps.lesson(owner, roadmap_id, concept_id))
        product = product_of(thought, concept_id)
        said = {"run": task.run + 1, "concept_id": concept_id, "kind": thought.value, "wish": wish}

        async def work(connection: AsyncConnection, told: Told) -> None:
            moved = await tasks.move(
                connection, told, "regenerate", task.task_id, datetime.now(UTC), table.c.run == task.run,
                event=Event(kind="piece_asked", data=said), run=task.run + 1, aim=product,
                paid_from_run=task.run + 1, status=TaskStatus.queued.value, error=None,
            )  # fmt: skip
            if moved is None:
                raise someone_was_first()
            await products.raise_variants(connection, task.task_id, [product], wish)

        await self.store.writer.move("piece_asked", work)
        self.nudge.wake(task.task_id)
        async with self.store.reading() as connection:
            asked = await tasks.of_roadmap(connection, roadmap_id, owner, deleted=True)
        assert asked
        return asked

    async def list(self, owner: str, roadmap_id: str, concept_id: str) -> list[Version]:
        """Every revision of every piece of the concept, by piece, the newest first."""
        return await self.of(await self.roadmaps.lesson(owner, roadmap_id, concept_id))

    async def of(self, lesson: LessonView) -> "list[Version]":
        """The same for who has looked the concept up already."""
        async with self.store.reading() as connection:
            return await versions.of_concept(
                connection, lesson.roadmap.task.roadmap_id, lesson.concept.concept_id
            )

    async def read(
        self, owner: str, roadmap_id: str, concept_id: str, kind: str, rev: int
    ) -> tuple[Version, Value]:
        """What a revision of a piece says, the current one or one before it, as it may be shown."""
        stand = await self.list(owner, roadmap_id, concept_id)
        version = revision_in(stand, rev, read_kind(kind).value)
        async with self.store.reading() as connection:
            value = await versions.value_of(connection, roadmap_id, concept_id, version.kind, rev)
            if isinstance(value, Resources):
                value = shown(value, await checks_of(connection, value))
        return version, value

    async def asked(self, task: Task) -> Asked | None:
        """None where no run for one piece is at work."""
        if task.status not in ACTIVE or task.aim is None:
            return None
        async with self.store.reading() as connection:
            variants = await products.variants_of(connection, task.task_id)
        return Asked(*piece_of(task.aim), variants[task.aim].wish)

    async def restore(
        self, owner: str, roadmap_id: str, concept_id: str, rev: int, kind: str | None
    ) -> Version:
        """Put an older revision back, as a new one. It starts no run."""
        lesson = await self.roadmaps.lesson(owner, roadmap_id, concept_id)
        thought = revision_in(await self.of(lesson), rev, kind).kind
        task = ended_task(lesson)

        async def work(connection: AsyncConnection, told: Told) -> None:
            old = await versions.content_of(connection, roadmap_id, concept_id, thought, rev)
            if old is None:
                return  # the revision asked for is the current one
            published = await products.published(connection, roadmap_id)
            assert published is not None
            variants = await products.variants_of(connection, task.task_id)
            marks = marks_of(self.author, givens_of(published, variants))
            made = await products.pieces_made(connection, roadmap_id)
            mark = marks[thought, concept_id]
            if made[thought, concept_id] == mark and await versions.says_the_same(
                connection, roadmap_id, concept_id, thought, old
            ):
                return  # it was put back already
            made[thought, concept_id] = mark
            whole = all(made.get(piece) == mark for piece, mark in marks.items())
            status = WHOLE[0 if whole else 1] if task.status in WHOLE else task.status
            said = {"concept_id": concept_id, "kind": thought.value, "of_rev": rev}
            epoch = await tasks.move(
                connection, told, "restore_piece", task.task_id, datetime.now(UTC),
                table.c.run == task.run, event=Event(kind="piece_restored", data=said), status=status.value,
            )  # fmt: skip
            if epoch is None:
                raise someone_was_first()
            await versions.put_back(connection, epoch, roadmap_id, concept_id, thought, old, mark)

        await self.store.writer.move("piece_restored", work)
        stand = await self.of(lesson)
        return next(version for version in stand if version.kind is thought and version.current)


def revision_in(stand: list[Version], rev: int, kind: str | None) -> Version:
    """A revision by its number; the piece need not be named where only one has such a revision."""
    wanted = PIECES if kind is None else (read_kind(kind),)
    found = [version for version in stand if version.rev == rev and version.kind in wanted]
    if not found:
        raise NotFound(
            f"The concept has no revision {rev}{f' of its {kind}' if kind else ''}.",
            code="revision_not_found",
            hint="Look at the list of its versions.",
        )
    if len(found) > 1:
        said = ", ".join(version.kind.value for version in found)
        raise BadInput(
            f"kind is missing: a revision {rev} is there of {said}",
            errors=[{"field": "kind", "message": f"must be one of {said}"}],
        )
    return found[0]


def ended_task(lesson: LessonView) -> Task:
    """Its task, where that leaves the pieces alone."""
    task = lesson.roadmap.task
    if task.status in ACTIVE:
        raise Conflict(
            f"The course is {task.status.value}; its pieces can be changed once that has ended.",
            code="task_active",
            hint="Wait for the end of the task, or cancel it first.",
        )
    return task


def someone_was_first() -> Conflict:
    return Conflict(
        "Someone else was first to move this course on; nothing was changed.",
        code="already_moved",
        hint="Look at the course and ask again.",
    )


def read_kind(kind: str) -> Thought:
    if kind not in (piece.value for piece in PIECES):
        allowed = ", ".join(piece.value for piece in PIECES)
        raise BadInput(
            f"kind must be one of {allowed}",
            errors=[{"field": "kind", "message": f"must be one of {allowed}"}],
        )
    return Thought(kind)


def read_wish(wish: str | None) -> str:
    try:
        said = clean(wish or "")
        if len(said) > WISH_LENGTH:
            raise ValueError(f"has {len(said)} characters; {WISH_LENGTH} are allowed")
    except ValueError as error:
        raise BadInput(f"wish {error}", errors=[{"field": "wish", "message": str(error)}]) from error
    return said
