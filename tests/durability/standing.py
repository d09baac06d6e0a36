"""What is there of one task, in plain dictionaries, and what must come next of it: no database, no graph."""

import json
from typing import Any

from tests.durability.outlines import Tree, apply

PIECES = ("tutorial", "resources", "quiz")
GOALS = {"Learn Rust": ("Rust", None), "Learn advanced Rust": ("Rust", "advanced"), "Learn Go": ("Go", None)}
"""Each with its subject and the level its words name."""
EVEN = {"visual": 0.25, "text": 0.25, "audio": 0.25, "hands_on": 0.25}
BY_HAND = {"visual": 0.0, "text": 0.0, "audio": 0.0, "hands_on": 1.0}
ENDED = ("completed", "completed_with_gaps", "failed", "cancelled")
LOST_AT_MOST = 5
BAD = "an answer that cannot be read"
NO_WORD = {"decision": None, "feedback": "", "edits": []}

Piece = tuple[str, str]


def identity(given: Any) -> str:
    return json.dumps(given, sort_keys=True)


class Standing:
    def __init__(self, task_id: str, roadmap_id: str, request: dict[str, Any]) -> None:
        self.task_id = task_id
        self.roadmap_id = roadmap_id
        self.request = request
        self.first_request = request
        self.task: dict[str, Any] = {
            "status": "queued", "run": 1, "epoch": 0, "attempts": 0, "aim": None, "review_round": 0,
            "deleted": False, "waiting": False, "error": None,
        }  # fmt: skip
        self.free = False
        """Running, and its lease has run out."""
        self.steps: dict[tuple[str, int, int], dict[str, Any]] = {}
        self.published: dict[str, Any] | None = None
        self.archived: dict[str, str] = {}
        self.pieces: dict[Piece, dict[str, Any]] = {}
        self.versions: dict[tuple[str, str, int], Any] = {}
        self.failures: dict[Piece, dict[str, Any]] = {}
        self.variants: dict[str, tuple[int, str]] = {}
        self.decisions: dict[tuple[int, int], dict[str, Any]] = {}
        self.journal: dict[tuple[str, str], Any] = {}
        """What was answered, under what was asked: never to be asked again."""
        self.calls: dict[str, list[str]] = {}
        self.progress: dict[str, str] = {}
        self.begin_claim()

    def begin_claim(self) -> None:
        self.stopped: tuple[Any, ...] | None = None
        self.skipped: set[Piece] = set()
        self.refused: str | None = None
        """A piece whose call was refused, until its failure is stored."""

    # What is wanted, and of what it is made

    def variant(self, product: str) -> int:
        return self.variants.get(product, (0, ""))[0]

    def intent_given(self, *, whole: bool) -> dict[str, Any]:
        """`whole`: as it is sent; else what the analysis depends on."""
        given = {**self.request, "variant": self.variant("intent")}
        return given if whole else {k: v for k, v in given.items() if k not in ("review", "max_cost_usd")}

    def curriculum_given(self) -> dict[str, Any]:
        subject, level = GOALS[self.request["query"]]
        return {"subject": subject, "level": level, "variant": self.variant("curriculum")}

    def weights(self) -> dict[str, float]:
        return self.request["content_formats"] or EVEN

    def piece_given(self, kind: str, card: dict[str, Any]) -> dict[str, Any]:
        assert self.published
        variant, wish = self.variants.get(f"{kind}:{card['id']}", (0, ""))
        return {
            "concept_id": card["id"], "name": card["name"], "description": card["description"],
            "level": card["level"], "keywords": card["keywords"], "prerequisite_names": card["needs_names"],
            "language": "en", "weights": self.published["weights"], "variant": variant, "wish": wish,
        }  # fmt: skip

    def wanted(self) -> dict[Piece, dict[str, Any]]:
        cards = self.published["tree"]["concepts"] if self.published else []
        return {(kind, card["id"]): self.piece_given(kind, card) for card in cards for kind in PIECES}

    def stands(self, piece: Piece) -> bool:
        return piece in self.pieces and self.pieces[piece]["of"] == self.wanted()[piece]

    def made(self, step: str, given: dict[str, Any]) -> bool:
        return self.steps.get((step, 0, 0), {}).get("of") == given

    def tree(self, number: int) -> Tree:
        return self.steps[("edit", self.task["run"], number) if number else ("curriculum", 0, 0)]["content"]

    def decision(self, number: int) -> dict[str, Any]:
        return self.decisions.get((self.task["run"], number), NO_WORD)

    def tree_shown(self) -> int:
        return max(at for step, run, at in self.steps if (step, run) == ("validation", self.task["run"]))

    # What comes next

    def fits(self) -> bool:
        """The published tree came of the curriculum that is wanted, its pieces were given these values."""
        stands, curriculum = self.published, self.curriculum_given()
        return stands is not None and (stands["of"], stands["weights"]) == (curriculum, self.weights())

    def next(self) -> tuple[Any, ...]:
        """(`make`, what may be made and what is asked for it), or the one thing that comes next."""
        if self.task["attempts"] >= LOST_AT_MOST:
            return "fail", "attempts", None
        if self.stopped:
            return self.stopped
        step = self.next_step()
        if step and step[0] == "make" and self.journal.get(next(iter(step[1].items()))) == BAD:
            return "fail", "unreadable", next(iter(step[1]))
        return step or self.next_piece()

    def next_step(self) -> tuple[Any, ...] | None:
        if self.task["aim"]:
            return None
        if not self.made("intent", self.intent_given(whole=False)):
            return "make", {"intent": identity(self.intent_given(whole=True))}
        if self.fits():
            return None
        given = self.curriculum_given()
        if not self.made("curriculum", given):
            return "make", {"curriculum": identity(given)}
        run, number, approved = self.task["run"], 0, False
        while True:
            if ("validation", run, number) not in self.steps:
                asked = {"tree": self.tree(number), "variant": self.variant("validation")}
                return "make", {"validation": identity(asked)}
            said = self.decision(number)
            if said["decision"] is None and self.request["review"] and not approved:
                return "gate", number
            if said["decision"] is None or not (said["edits"] or said["feedback"]):
                return "publish", number
            approved = said["decision"] == "approve"
            number += 1
            if ("edit", run, number) not in self.steps:
                if not said["feedback"]:
                    return "apply", number
                return "make", {"edit": identity(self.edit_given(number))}

    def edit_given(self, number: int) -> dict[str, Any]:
        said = self.decision(number - 1)
        return {
            "tree": self.by_hand(number), "feedback": said["feedback"],
            "by_hand": [edit["op"] for edit in said["edits"]], "variant": self.variant("edit"),
        }  # fmt: skip

    def by_hand(self, number: int) -> Tree:
        return apply(self.tree(number - 1), self.decision(number - 1)["edits"], self.known(), self.roadmap_id)

    def known(self) -> list[tuple[str, str]]:
        """Names and ids of before: those that are read, then those put away."""
        live = [(c["name"], c["id"]) for c in self.published["tree"]["concepts"]] if self.published else []
        return [*live, *((name, concept_id) for concept_id, name in reversed(self.archived.items()))]

    def next_piece(self) -> tuple[Any, ...]:
        wanted = self.wanted()
        concepts = dict.fromkeys(concept_id for _, concept_id in wanted)
        found: dict[str, str] = {}
        for concept_id in concepts:
            for kinds in (PIECES[:1], PIECES[1:]):
                left = [
                    f"{kind}:{concept_id}"
                    for kind in kinds
                    if not self.stands((kind, concept_id)) and (kind, concept_id) not in self.skipped
                    and self.task["aim"] in (None, f"{kind}:{concept_id}")
                ]  # fmt: skip
                if left:
                    found |= {p: identity(wanted[p.split(":")[0], concept_id]) for p in left}
                    break
        if found:
            return "make", found
        tutorials = [piece for piece in wanted if piece[0] == "tutorial"]
        if not self.task["aim"] and not any(piece in self.pieces for piece in tutorials):
            return "fail", "no_tutorial", None
        return "end", "completed" if all(map(self.stands, wanted)) else "completed_with_gaps"

    def asks(self) -> dict[str, str]:
        """What may be made now, and what is asked for it."""
        what, *more = self.next()
        return more[0] if what == "make" else {}

    def settled(self) -> bool:
        """Whether nothing is left to be done before the next call: no answer waits to be stored."""
        return self.refused is None and not any(asked in self.journal for asked in self.asks().items())
