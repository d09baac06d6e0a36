"""Checks what is stored of a task against what was promised of it. Changes nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from cairn.domain.errors import NotFound
from cairn.domain.thought import LONG_NAMES, PIECES
from cairn.store import history
from cairn.store.calls import ANSWERED
from cairn.store.events import RUN_BEGINS, SNAPSHOT
from cairn.store.history import History
from cairn.usecases.store import Store

MADE = ("created", "updated")


async def broken_promises(store: Store, task_id: str) -> list[str]:
    """A sentence for each; none is a sound history. Raises `NotFound` where there is no such task."""
    async with store.reading() as connection:
        found = await history.of_task(connection, task_id)
    if found is None:
        raise NotFound(f"There is no task {task_id}.", code="task_not_found")
    return broken_in(found)


def broken_in(told: History) -> list[str]:
    checks = (seqs, epochs, ends, steps, pieces, kept_versions, calls_paid_once)
    return [said for check in checks for said in check(told)]


def seqs(told: History) -> Iterator[str]:
    """Events are numbered from 1, or from the snapshot that stands for those before it, without hole or
    repeat, up to what the task row says."""
    found = [event["seq"] for event in told.events]
    first = found[0] if told.snapshot else 1
    if found != list(range(first, first + len(found))):
        yield f"events are numbered {found}, not {first} to {first + len(found) - 1}"
    if told.task["last_seq"] != first + len(found) - 1:
        yield f"the task counts {told.task['last_seq']} events, {first + len(found) - 1} were told"


def epochs(told: History) -> Iterator[str]:
    """What happened later carries no older epoch; nothing carries one the task has not reached."""
    highest = 0
    for event in told.events:
        epoch = event["epoch"]
        if epoch is None:  # from before events told their epoch
            continue
        if epoch < highest:
            yield f"event {event['seq']} ({event['kind']}) was written under epoch {epoch} after {highest}"
        highest = max(highest, epoch)
    for table, rows in told.products.items():
        for row in rows:
            if row["epoch"] > told.task["epoch"]:
                yield f"{table} has a row of epoch {row['epoch']}; the task is at {told.task['epoch']}"


def ends(told: History) -> Iterator[str]:
    """A run ends once, and nothing but a claim opens what was ended."""
    ended = told.snapshot is not None
    run = told.snapshot["run"] if told.snapshot else 0
    for event in told.events:
        if event["kind"] in RUN_BEGINS:
            run += 1
            ended = False
        elif event["kind"] == "task_ended":
            if ended:
                yield f"run {run} ended twice, the second time in event {event['seq']}"
            ended = True
        elif event["kind"] == SNAPSHOT and event is not told.events[0]:
            yield f"event {event['seq']} is a snapshot, and events stand before it"
        elif ended and event["kind"] in ("task_claimed", "step_finished", "piece_ready", "piece_failed"):
            yield f"event {event['seq']} ({event['kind']}) came after the end of run {run}"
    if run != told.task["run"]:
        yield f"the task is at run {told.task['run']}, its events began {run}"


def steps(told: History) -> Iterator[str]:
    """As many events tell of a step's product as its row was written."""
    finished = Counter(
        event["data"]["step"]
        for event in told.events
        if event["kind"] == "step_finished" and event["data"]["outcome"] in MADE
    )
    if told.snapshot:
        finished.update(told.snapshot["written"])
    named = {f"{name}_metadata": name for name in LONG_NAMES.values()} | {"roadmaps": "publish"}
    for table, rows in told.products.items():
        written = sum(row["rev"] for row in rows)
        said = finished[named[table]]
        if written != said:
            yield f"{table} was written {written} times, {said} events tell of it"


def pieces(told: History) -> Iterator[str]:
    """As many events tell of a piece as its row was written, the last under the epoch of the row. What was
    written before a snapshot has an epoch no later than its, and no event."""
    said: dict[tuple[str, str], list[int | None]] = defaultdict(list)
    for event in told.events:
        if event["kind"] in ("piece_ready", "piece_restored"):
            said[event["data"]["kind"], event["data"]["concept_id"]].append(event["epoch"])
    silent = told.events[0]["epoch"] if told.snapshot else -1
    older = Counter((row["kind"], row["concept_id"]) for row in told.versions if row["epoch"] <= silent)
    for thought in PIECES:
        for row in told.pieces[thought]:
            piece = (thought.value, row["concept_id"])
            epochs_told = said.pop(piece, [])
            name = f"the {thought.value} of {row['concept_id']}"
            written = row["rev"] - older[piece] - (row["epoch"] <= silent)
            if len(epochs_told) != written:
                yield f"{name} was written {written} times, {len(epochs_told)} events tell of it"
            elif epochs_told and epochs_told[-1] not in (None, row["epoch"]):
                yield f"{name} is of epoch {row['epoch']}, its event of {epochs_told[-1]}"
    for kind, concept_id in said:
        yield f"an event tells of the {kind} of {concept_id}, which is not stored"


def kept_versions(told: History) -> Iterator[str]:
    """Every revision but the current one is kept."""
    kept: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in told.versions:
        kept[row["kind"], row["concept_id"]].append(row["rev"])
    for thought in PIECES:
        for row in told.pieces[thought]:
            found = kept[thought.value, row["concept_id"]]
            if found != list(range(1, row["rev"])):
                yield (
                    f"of the {thought.value} of {row['concept_id']} revisions {found} are kept, "
                    f"not 1 to {row['rev'] - 1}"
                )


def calls_paid_once(told: History) -> Iterator[str]:
    """A call whose answer is stored was not made again; one that was let go may have been."""
    answered: dict[str, int] = {}
    for row in told.calls:
        if row["key"] in answered:
            yield f"the call {row['key']} was made again after its answer was stored"
        if row["state"] == ANSWERED and row["answer"] is not None:
            answered[row["key"]] = row["sent"]
