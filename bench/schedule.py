"""The best order of calls that somebody finds who knows beforehand how long each of them takes."""

import heapq
import random
from collections.abc import Mapping, Sequence

Key = tuple[int, str, str]
"""A call, by its course, thought and concept."""
STEPS = ("intent", "curriculum", "validation")
NEEDS = {"curriculum": "intent", "validation": "curriculum", "tutorial": "validation",
         "resources": "tutorial", "quiz": "tutorial", "solve": "quiz"}  # fmt: skip
TRIES = 300


def needed(key: Key) -> Key | None:
    """The call that must be over before this one."""
    course, thought, concept = key
    before = NEEDS.get(thought)
    return None if before is None else (course, before, "" if before in STEPS else concept)


def best(latencies: Mapping[Key, float], slots: int) -> tuple[float, float]:
    """The shortest makespan found in many tries, and what no order can be shorter than."""
    followers: dict[Key | None, list[Key]] = {}
    for key in latencies:
        followers.setdefault(needed(key), []).append(key)

    def remaining(key: Key) -> float:
        return latencies[key] + max((remaining(after) for after in followers.get(key, ())), default=0.0)

    tails = {key: remaining(key) for key in latencies}
    bound = max(sum(latencies.values()) / slots, max(tails.values()))
    chance = random.Random(5)
    shortest = makespan(latencies, followers, tails, slots)
    for _ in range(TRIES):
        if shortest <= bound * 1.001:
            break
        spread = chance.choice((0.05, 0.2, 0.5))
        urgency = {key: tail * chance.uniform(1 - spread, 1 + spread) for key, tail in tails.items()}
        shortest = min(shortest, makespan(latencies, followers, urgency, slots))
    return shortest, bound


def makespan(
    latencies: Mapping[Key, float], followers: Mapping[Key | None, Sequence[Key]],
    urgency: Mapping[Key, float], slots: int,
) -> float:  # fmt: skip
    """Whenever a slot is free, the most urgent call that can go takes it."""
    now, going = 0.0, list[tuple[float, Key]]()
    ready = [(-urgency[key], key) for key in followers[None]]
    heapq.heapify(ready)
    while ready or going:
        while ready and len(going) < slots:
            _, key = heapq.heappop(ready)
            heapq.heappush(going, (now + latencies[key], key))
        now, over = heapq.heappop(going)
        for key in followers.get(over, ()):
            heapq.heappush(ready, (-urgency[key], key))
    return now
