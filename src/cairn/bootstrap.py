"""Builds every object from the settings, opens it and closes it. Nothing is built at import."""

import gc
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cairn.authors.author import Author
from cairn.authors.library.author import LibraryAuthor
from cairn.authors.library.reading import FurtherReading
from cairn.authors.library.shelf import Shelf
from cairn.authors.model.price import Rates
from cairn.authors.simulated import SimulatedAuthor
from cairn.meters.counting import Meters
from cairn.nudge import Nudge
from cairn.prepare import prepare
from cairn.search.finding import Finder
from cairn.search.official import official
from cairn.settings import Settings
from cairn.store.crossing import Cross, pass_by
from cairn.store.engines import Engines
from cairn.store.migrate import check_checkpoints
from cairn.store.notices import Notices
from cairn.store.postgres import open_postgres
from cairn.store.sqlite import open_sqlite
from cairn.store.writer import Writer
from cairn.usecases.claims import Claims
from cairn.usecases.exports import Exports
from cairn.usecases.following import Following
from cairn.usecases.learning import Learning
from cairn.usecases.models import Models, kept_modes
from cairn.usecases.moves import Moves
from cairn.usecases.operations import Operations, tell_of_writer
from cairn.usecases.providers import Providers
from cairn.usecases.readiness import Part, Readiness
from cairn.usecases.reviews import Reviews
from cairn.usecases.roadmaps import Roadmaps
from cairn.usecases.store import Store
from cairn.usecases.tasks import Tasks
from cairn.usecases.versions import Versions

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from cairn.usecases.run import Runner

RARELY = (10_000, 20, 50)


def now() -> datetime:
    """The learner's own time, for what "today" means."""
    return datetime.now().astimezone()


@dataclass(frozen=True)
class Cairn:
    """The program, open. By itself it runs no task."""

    settings: Settings
    shelf: Shelf
    tasks: Tasks
    roadmaps: Roadmaps
    learning: Learning
    moves: Moves
    reviews: Reviews
    versions: Versions
    exports: Exports
    models: Models
    claims: Claims
    nudge: Nudge
    meters: Meters
    operations: Operations
    readiness: Readiness


@dataclass(frozen=True)
class Workshop(Cairn):
    """The program, able to run tasks."""

    runner: "Runner"


def settle() -> None:
    """What is imported by now lives as long as the process: leave it out of every later search for garbage.
    What a course makes are many small objects that die without one: search rarely. Together that was a tenth
    of a busy server's time. Call it once, when all is built."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARELY)


def build_author(settings: Settings, shelf: Shelf, store: Store) -> Author:
    """The forms of a model's answers are imported only where a model is the author."""
    if settings.model == "library":
        return LibraryAuthor(shelf, today=lambda: now().date())
    if settings.language_model:
        from cairn.authors.model.author import ModelAuthor

        rates = Rates(*settings.model_rates) if settings.model_rates else None
        return ModelAuthor(
            settings.model, settings.other_models, today=lambda: now().date(),
            find=Finder(settings.search, known=(official, FurtherReading(shelf))),
            kept_modes=lambda: kept_modes(store), rates=rates,
        )  # fmt: skip
    return SimulatedAuthor(
        concepts=settings.simulated_concepts,
        delay=settings.simulated_delay,
        log=settings.simulated_log,
        today=lambda: now().date(),
    )


def open_engines(settings: Settings) -> Engines:
    if settings.postgres:
        return open_postgres(settings.postgres, settings.lease_seconds)
    return open_sqlite(settings.database)


def open_notices(engines: Engines, writer: Writer) -> Notices | None:
    """A file has no way to tell other processes; who follows there looks by himself."""
    if engines.listener is None:
        return None
    notices = Notices(engines.reader, engines.listener)
    writer.hearers.append(lambda task_ids, moved: notices.tell(task_ids))
    return notices


def open_checkpoints(settings: Settings) -> "AbstractAsyncContextManager[BaseCheckpointSaver[Any]]":
    from cairn.store.checkpoints import checkpoints_in_file, checkpoints_in_postgres

    if settings.postgres:
        check_checkpoints(settings.postgres)
        return checkpoints_in_postgres(settings.postgres, settings.lease_seconds)
    return checkpoints_in_file(settings.checkpoints, settings.lease_seconds)


@asynccontextmanager
async def open_cairn(
    settings: Settings, author: Author | None = None, cross: Cross = pass_by, nudge: Nudge | None = None
) -> AsyncGenerator[Cairn]:
    """`author`: another one than the settings name. `cross` is told of every commit and call. `nudge`: who is
    told what has become due, where that is not this process itself."""
    prepare(settings)
    engines = open_engines(settings)
    writer = Writer(engines.writer, settings.lease_seconds, cross)
    writer.start()
    notices = open_notices(engines, writer)
    store, meters = Store(engines, writer), Meters()
    following = Following(store, notices)
    operations = Operations(store)
    tell_of_writer(meters, writer)
    try:
        shelf, nudge = Shelf(), nudge or Nudge()
        author = author or build_author(settings, shelf, store)
        tasks, roadmaps = Tasks(store, author, nudge, following, now), Roadmaps(store)
        yield Cairn(
            settings=settings,
            shelf=shelf,
            tasks=tasks,
            roadmaps=roadmaps,
            learning=Learning(store),
            moves=Moves(store, author, nudge, tasks),
            reviews=Reviews(store, author, nudge, tasks),
            versions=Versions(store, author, nudge, roadmaps),
            exports=Exports(store),
            models=Models(store, settings.named_models),
            claims=Claims(store, settings.lease_seconds),
            nudge=nudge,
            meters=meters,
            operations=operations,
            readiness=Readiness(Part("database", operations.database)),
        )
    finally:
        await following.close()
        await operations.close()
        await writer.close()
        if notices is not None:
            await notices.close()
        await engines.close()


def nudge_of(settings: Settings) -> Nudge:
    """For a process that serves and runs no task. Celery is imported where there is a broker."""
    if not settings.broker:
        return Nudge()
    from cairn.nudge.broker import BrokerNudge

    return BrokerNudge(settings.broker)


@asynccontextmanager
async def open_workshop(
    settings: Settings, author: Author | None = None, cross: Cross = pass_by
) -> AsyncGenerator[Workshop]:
    """As `open_cairn`, with what runs tasks. LangGraph is imported here, half of the time that a start takes:
    who only looks, or decides, does not wait for it."""
    from cairn.search.checking import Checker
    from cairn.usecases.links import Links
    from cairn.usecases.run import Runner
    from cairn.workflow.graph import build_graph

    async with (
        open_cairn(settings, author, cross) as cairn,
        open_checkpoints(settings) as saver,
        cairn.tasks.author.at_work(),
        Checker() as checker,
    ):
        store, author = cairn.tasks.store, cairn.tasks.author
        runner = Runner(
            store, build_graph(saver), author, Links(store, checker),
            Providers(author.provider_for, settings.model_concurrency), settings.model_timeout, cross,
            meters=cairn.meters,
        )  # fmt: skip
        yield Workshop(**vars(cairn), runner=runner)
