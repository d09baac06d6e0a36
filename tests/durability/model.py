"""What must be there of one task, in plain dictionaries: the promises said a second time, without a database.

It is told what was asked and what was committed, says what may come next, and refuses what may not.
"""

import json
from typing import Any

from tests.durability.outlines import Tree, apply, as_wished, names_in_step

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


class Course:
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
        """The published tree was accepted from the curriculum that is wanted, its pieces given these values."""
        stands = self.published
        return stands is not None and (stands["of"], stands["weights"]) == (
            self.curriculum_given(),
            self.weights(),
        )

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
        return "end", "completed" if all(map(self.stands, wanted)) else "completed_with_gaps"

    def asks(self) -> dict[str, str]:
        """What may be made now, and what is asked for it."""
        what, *more = self.next()
        return more[0] if what == "make" else {}

    def settled(self) -> bool:
        """Whether nothing is left to be done before the next call: no answer waits to be stored."""
        return self.refused is None and not any(asked in self.journal for asked in self.asks().items())

    # What was committed

    def called(self, product: str, given: dict[str, Any]) -> None:
        asks = self.asks()
        assert product in asks, f"{product} was asked for; to be made are {list(asks)}"
        assert identity(given) == asks[product], f"{product} was given other values"
        assert (product, asks[product]) not in self.journal, f"{product} was asked for again"

    def commit(self, name: str, outcome: str, content: Any) -> None:
        """Of a claim that holds. `outcome`, `content`: of the call it has made last."""
        word, _, more = name.partition(" ")
        if more in ("started", "reused"):
            return
        if word == "call":
            product, what = more.split()
            self.commit_call(product, what, outcome, content)
        elif name in ("task_ended", "task_waits", "review_wanted", "task_handed_back"):
            self.end(name)
        elif name == "publish":
            self.publish()
        elif ":" in word:
            self.commit_piece(word, failed=more == "failed")
        else:
            self.commit_step(word)

    def commit_call(self, product: str, what: str, outcome: str, content: Any) -> None:
        states = self.calls.setdefault(product, [])
        if what == "begun":
            states.append("started")
            return
        states[-1] = what
        if what == "answered":
            self.journal[product, self.asks()[product]] = content
            self.task["attempts"] = 0
        elif outcome == "wait":
            self.stopped = ("wait", None)
        elif ":" in product:
            self.refused = product
        else:
            self.stopped = ("fail", "refused", product)

    def commit_step(self, name: str) -> None:
        step, _, at = name.partition("/")
        what, *more = self.next()
        key = (step, self.task["run"], int(at)) if at else (step, 0, 0)
        before = self.steps.get(key, {"rev": 0})
        of = None
        if what == "apply":
            assert name == f"edit/{more[0]}"
            content: Any = self.by_hand(more[0])
        else:
            content = self.journal[step, self.asks()[step]]
            assert content != BAD, f"{name} was made of an answer that cannot be read"
        if step == "intent":
            of = self.intent_given(whole=False)
        if step == "curriculum":
            of = self.curriculum_given()
        if step == "edit" and what == "make":
            said = self.decision(int(at) - 1)
            content = as_wished(self.by_hand(int(at)), said["feedback"], self.known(), self.roadmap_id)
        self.steps[key] = {"of": of, "content": content, "rev": before["rev"] + 1}
        self.task["attempts"] = 0

    def publish(self) -> None:
        what, *more = self.next()
        assert what == "publish", f"published, where {what} comes next"
        tree = names_in_step(self.tree(more[0]))
        rev = 1
        if self.published:
            rev += self.published["rev"]
            self.archived |= {card["id"]: card["name"] for card in self.published["tree"]["concepts"]}
        live = [card["id"] for card in tree["concepts"]]
        self.archived = {i: name for i, name in self.archived.items() if i not in live}
        self.published = {
            "tree": tree, "of": self.curriculum_given(), "weights": self.weights(), "rev": rev,
        }  # fmt: skip
        self.task["attempts"] = 0

    def commit_piece(self, product: str, *, failed: bool) -> None:
        kind, concept_id = product.split(":")
        piece, asks = (kind, concept_id), self.asks()
        content = self.journal.get((product, asks[product]))
        if failed:
            assert product == self.refused or content == BAD, f"{product} failed without a reason"
            code = "unreadable" if content == BAD else "refused"
            self.failures[piece] = {"of": self.wanted()[piece], "code": code}
            self.skipped.add(piece)
            self.refused = None
        else:
            assert content not in (None, BAD), f"{product} was made without an answer"
            self.put(piece, content)
        self.task["attempts"] = 0

    def put(self, piece: Piece, content: Any) -> None:
        rev = 1
        if old := self.pieces.get(piece):
            self.versions[*piece, old["rev"]] = old["content"]
            rev += old["rev"]
        self.pieces[piece] = {"of": self.wanted()[piece], "content": content, "rev": rev}
        self.failures.pop(piece, None)

    # Claims and moves

    def claimable(self) -> bool:
        if self.task["deleted"]:
            return False
        if self.task["status"] == "running":
            return self.free
        return self.task["status"] == "queued" and self.task["waiting"] != "for a person"

    def claim(self) -> None:
        self.task["attempts"] += self.task["status"] == "running"
        self.task |= {"status": "running", "epoch": self.task["epoch"] + 1, "waiting": False}
        self.free = False
        self.begin_claim()

    def at_the_gate(self) -> bool:
        return self.task["status"] == "awaiting_review" and not self.task["deleted"]

    def restorable(self) -> list[Piece]:
        """Pieces of the tree that is read."""
        return [] if self.task["deleted"] else [piece for piece in self.wanted() if piece in self.pieces]

    def move(self, **values: Any) -> None:
        self.task |= {"epoch": self.task["epoch"] + 1, "attempts": 0, "waiting": False, **values}
        self.free = False

    def end(self, name: str) -> None:
        what, *more = self.next()
        if name == "task_handed_back":
            self.move(status="queued")
        elif name == "task_waits":
            assert what == "wait", f"it waits, where {what} comes next"
            self.move(status="queued", waiting="for a person")
        elif name == "review_wanted":
            assert what == "gate", f"it stands at the gate, where {what} comes next"
            self.move(status="awaiting_review", review_round=self.task["review_round"] + 1)
        else:
            assert what in ("end", "fail"), f"it ended, where {what} comes next: {more}"
            self.move(status=more[0] if what == "end" else "failed", error=more if what == "fail" else None)

    def refusal(self, *, changed: bool = False) -> str | None:
        """Why a retry is refused; None: it is not."""
        if self.task["deleted"]:
            return "task_not_found"
        if self.task["status"] in ENDED:
            return None
        if changed and (self.task["status"] == "awaiting_review" or self.task["waiting"]):
            return None
        return "awaiting_review" if self.task["status"] == "awaiting_review" else "task_active"

    def retry(self, changes: dict[str, Any]) -> None:
        for product in sorted(self.asked_anew()):
            self.raise_variant(product)
        self.request = {**self.request, **changes}
        self.move(run=self.task["run"] + 1, status="queued", aim=None, error=None)

    def asked_anew(self) -> set[str]:
        wanted = self.wanted()
        anew = {f"{k}:{c}" for (k, c), f in self.failures.items() if wanted.get((k, c)) == f["of"]}
        code, product = self.task["error"] or (None, None)
        if product:
            anew.add(product)
        if code == "attempts":
            anew |= {f"{kind}:{c}" for kind, c in wanted if not self.stands((kind, c))}
            anew |= self.steps_not_made()
        return anew

    def steps_not_made(self) -> set[str]:
        made = {step for step, run, _ in self.steps if run == self.task["run"]}
        if self.made("intent", self.intent_given(whole=False)):
            made.add("intent")
            if self.made("curriculum", self.curriculum_given()):
                made.add("curriculum")
        return {"intent", "curriculum", "validation", "edit"} - made

    def raise_variant(self, product: str, wish: str | None = None) -> None:
        number, before = self.variants.get(product, (0, ""))
        self.variants[product] = (number + 1, before if wish is None else wish)

    def regenerate(self, kind: str, concept_id: str, wish: str) -> None:
        product = f"{kind}:{concept_id}"
        self.raise_variant(product, wish)
        self.move(run=self.task["run"] + 1, status="queued", aim=product, error=None)

    def restore_piece(self, kind: str, concept_id: str, rev: int) -> None:
        piece = (kind, concept_id)
        if rev == self.pieces[piece]["rev"]:
            return
        self.put(piece, self.versions[kind, concept_id, rev])
        status = self.task["status"]
        if status in ("completed", "completed_with_gaps"):
            whole = all(map(self.stands, self.wanted()))
            status = "completed" if whole else "completed_with_gaps"
        self.move(status=status)

    def decide(self, decision: str, feedback: str, edits: list[dict[str, Any]]) -> None:
        at = (self.task["run"], self.tree_shown())
        self.decisions[at] = {"decision": decision, "feedback": feedback, "edits": edits}
        self.move(status="queued")

    def cancel(self) -> None:
        if self.task["status"] not in ENDED:
            self.move(status="cancelled")

    def delete(self) -> None:
        if not self.task["deleted"]:
            status = self.task["status"]
            self.move(deleted=True, status=status if status in ENDED else "cancelled")

    def undelete(self) -> None:
        if self.task["deleted"]:
            self.move(deleted=False)
