"""What must be there of one task: the promises said a second time, without a database.

It is told what was asked and what was committed, and refuses what must not be.
"""

from typing import Any

from tests.durability.outlines import as_wished, names_in_step
from tests.durability.standing import BAD, ENDED, Piece, Standing, identity


class Course(Standing):
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
        assert product in asks, f"{product} was made; to be made are {list(asks)}"
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

    def held(self) -> bool:
        return self.task["status"] == "running" and not self.free

    def lost_claims(self) -> int:
        """In a row, with the one that the next claim will find lost."""
        return self.task["attempts"] + (self.task["status"] == "running")

    def claim(self) -> None:
        self.task["attempts"] = self.lost_claims()
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
        if self.stands(piece) and self.pieces[piece]["content"] == self.versions[kind, concept_id, rev]:
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
