"""LLMock, a model server by others that judges its clients: the second opinion on ours.

It says what it was told to, or fills a form by its schema alone; so it is told what a course needs. A model
of its own for each thought lets it know them apart.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cairn.authors.model.drafts import QuizDraft
from cairn.authors.model.making import quiz_of
from cairn.authors.model.solving import in_neutral_order
from cairn.domain.thought import Thought
from tests.process import free_port

LLMOCK = (sys.executable, "-m", "llmock.cli")
NAMES = ("Why bread rises", "What flour is made of", "A first loaf")
OPTIONS = {
    "Doing it with care": "That is how it sticks.", "Reading it quickly": "That fades soon.",
    "Leaving it to luck": "That teaches little.",
}  # fmt: skip
RIGHT = next(iter(OPTIONS))
PROSE = "It is best learnt by doing it once with care and then again with less of it. " * 12
SECTIONS = (
    "## Why it matters", PROSE, "## How it is done", PROSE, "## Worked example", "Done once.", "## Exercise",
    "Do it.", "## Solution", "As you did it.",
)  # fmt: skip
QUIZ: dict[str, Any] = {
    "questions": [
        {
            "question": f"What helps most, in case {case}?", "question_type": "single_choice",
            "options": [
                {"text": text, "correct": text == RIGHT, "explanation": why} for text, why in OPTIONS.items()
            ],
        }
        for case in range(1, 5)
    ]
}  # fmt: skip


def solution() -> dict[str, Any]:
    """Of the quiz, by the order in which a solver is shown its options."""
    answers: list[dict[str, Any]] = []
    quiz = quiz_of(QuizDraft(**QUIZ), "en", len(QUIZ["questions"])).value
    for number, question in enumerate(quiz.questions, 1):
        right = [option.correct for option in in_neutral_order(question)].index(True)
        answers.append({"question": number, "options": [right + 1]})
    return {"answers": answers}


SAID: Mapping[str, Mapping[str, Any]] = {
    "intent": {"intent": {
        "subject": "Bread", "key_technologies": ["Bread"], "recommended_focus": ["Practice"],
        "must_have_skills": ["Bake bread"], "user_profile_summary": "Somebody at the start.",
        "skill_gap_analysis": ["Everything"],
    }},
    "curriculum": {"curriculum": {
        "title": "Bread", "summary": "All of bread.",
        "concepts": [
            {"name": name, "description": f"{name}.", "stage": "Begin", "module": "Bread",
             "estimated_hours": 1.5, "difficulty": "beginner"}
            for name in NAMES
        ],
    }},
    "validation": {"validation": {"notes": ["It is short."]}},
    "tutorial": {"tutorial": {
        "title": "Bread", "summary": "You can bake.", "markdown": "\n\n".join(SECTIONS), "minutes": 20,
    }},
    "resources": {"resources": {"items": [
        {"title": "A guide", "phrase": "bread guide", "type": "article", "description": "Reads well."}
    ]}},
    "quiz": {"quiz": QUIZ, "solve": solution()},
}  # fmt: skip
"""By thought, what is said in each form; who asks for one leaves the other aside."""
REPLIES = [
    {
        "type": "reply", "times": None, "match": {"model": thought},
        "tool_calls": [{"name": name, "arguments": said} for name, said in forms.items()],
    }
    for thought, forms in SAID.items()
]  # fmt: skip


class Judge:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(f"{self.url}{path}", data, headers, method=method), timeout=30) as answer:
            return json.load(answer)

    def refused(self, path: str, body: Any) -> int:
        """The status of a request that goes wrong."""
        try:
            self.ask("POST", path, body)
        except HTTPError as error:
            with error:
                return error.code
        return 200

    def begin(self, *behaviours: Mapping[str, Any]) -> None:
        """Anew: forgets what it was told and whom it saw."""
        self.ask("POST", "/_llmock/reset")
        self.ask("POST", "/_llmock/scenario", {"behaviors": list(behaviours)})

    def count(self) -> int:
        return self.ask("GET", "/_llmock/requests")["count"]

    def verdict(self) -> dict[str, Any]:
        return self.ask("GET", "/_llmock/verdict")

    def report(self) -> subprocess.CompletedProcess[str]:
        """Of the strict kind: what it only warns of is a fault too."""
        words = [*LLMOCK, "report", "--strict", "--url", self.url]
        return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def thoughts_apart(provider: str) -> dict[str, str]:
    """A model for each thought, named after it."""
    named = {f"CAIRN_MODEL_FOR_{thought.value.upper()}": f"{provider}:{thought.value}" for thought in Thought}
    return {"CAIRN_MODEL": f"{provider}:x", **named}


@contextmanager
def judging() -> Iterator[Judge]:
    port = free_port()
    process = subprocess.Popen(
        [*LLMOCK, "serve", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr
        assert any("Uvicorn running" in line for line in process.stderr)
        yield Judge(port)
    finally:
        process.terminate()
        process.communicate(timeout=30)
