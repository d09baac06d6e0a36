"""What a well-behaved model says to each thought, made of nothing but what it was asked."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.models.wire import Answer, Asked

STEPS = ("Purpose", "Materials", "First try", "Measuring", "Mistakes", "Variations")
RIGHT = "Doing it with care"


def data_in(asked: Asked, at: int = 0) -> str:
    """What stands in a fence of the prompt."""
    return re.findall(r"<data>\n(.*?)\n</data>", asked.prompt, re.DOTALL)[at]


def intent(asked: Asked) -> dict[str, Any]:
    goal = data_in(asked)
    subject = re.sub(r"^(learn|study)( to)? ", "", goal, flags=re.IGNORECASE)
    return {
        "subject": subject[:120], "key_technologies": [subject[:120]], "recommended_focus": ["practice"],
        "must_have_skills": [f"do {subject}"[:120]], "user_profile_summary": "Somebody at the start.",
        "skill_gap_analysis": ["Everything"], "personalized_suggestions": [],
    }  # fmt: skip


def curriculum_of(steps: Sequence[str]) -> Answer:
    """Each step needs the one before it."""

    def curriculum(asked: Asked) -> dict[str, Any]:
        subject = data_in(asked)
        names = [f"{step} of {subject}"[:100] for step in steps]
        return {
            "title": subject, "summary": f"All of {subject}.",
            "concepts": [
                {
                    "name": name, "description": f"What {name.lower()} comes to.",
                    "stage": "Begin" if at < 3 else "Go on", "module": f"Part {at // 3 + 1}",
                    "estimated_hours": 1.5, "difficulty": "beginner", "keywords": [subject[:60]],
                    "prerequisites": names[at - 1 : at],
                }
                for at, name in enumerate(names)
            ],
        }  # fmt: skip

    return curriculum


def tutorial(asked: Asked) -> dict[str, Any]:
    name = data_in(asked).partition("\n")[0]
    prose = f"{name} is best learnt by doing it once with care and then again with less. " * 12
    sections = {
        "Why it matters": prose, "How it is done": prose, "Worked example": "One who did it did it twice.",
        "Exercise": "Say it in your own words.", "Solution": "Whatever holds for you when you do it.",
    }  # fmt: skip
    markdown = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return {"title": name, "summary": f"You can explain {name}.", "minutes": 20, "markdown": markdown}


def resources(asked: Asked) -> dict[str, Any]:
    name = data_in(asked).partition("\n")[0]
    return {
        "items": [
            {"title": f"{name}, a guide", "phrase": f"{name} guide", "type": "article",
             "description": "Reads well after the lesson."}
        ]
    }  # fmt: skip


def quiz(asked: Asked) -> dict[str, Any]:
    name = data_in(asked).partition("\n")[0]
    return {
        "questions": [
            {
                "question": f"What helps most with {name}, way {way}?", "question_type": "single_choice",
                "options": [
                    {"text": RIGHT, "correct": True, "explanation": "That is how it sticks."},
                    {"text": "Reading it quickly", "correct": False, "explanation": "That fades soon."},
                    {"text": "Leaving it to luck", "correct": False, "explanation": "That teaches little."},
                ],
            }
            for way in range(1, 5)
        ]
    }  # fmt: skip


def solution(asked: Asked) -> dict[str, Any]:
    """By somebody who knows which options are right."""
    answers: list[dict[str, Any]] = []
    for line in data_in(asked).splitlines():
        if question := re.match(r"(\d+)\. ", line):
            answers.append({"question": int(question[1]), "options": []})
        elif (option := re.match(r" +(\d+)\) (.*)", line)) and option[2].startswith(RIGHT):
            answers[-1]["options"].append(int(option[1]))
    return {"answers": answers}


def stages(asked: Asked) -> dict[str, Any]:
    subject = data_in(asked)
    names = ("Begin", "Go on", "Master")
    holds = [{"title": name, "holds": f"What of {subject} comes at this point: {name}."} for name in names]
    return {"title": subject, "summary": f"All of {subject}.", "stages": holds}


def stage(asked: Asked) -> dict[str, Any]:
    subject, title = data_in(asked), data_in(asked, 1).partition("\n")[0]
    before = re.findall("^- (.*)", data_in(asked, 3), re.MULTILINE)
    names = [f"{word} of {subject}, {title}"[:100] for word in ("Purpose", "Practice")]
    return {
        "concepts": [
            {"name": name, "description": f"What {name} comes to.", "module": f"{title}: {at}",
             "estimated_hours": 1.0, "difficulty": "beginner", "prerequisites": before[-1:]}
            for at, name in enumerate(names)
        ]
    }  # fmt: skip


def choice(asked: Asked) -> dict[str, Any]:
    """All that was found."""
    lines = data_in(asked, 2).splitlines()
    numbers = [int(line.partition(".")[0]) for line in lines]
    return {"choices": [{"number": number, "description": "Reads well."} for number in numbers]}


ANSWERS: Mapping[str, Answer] = {
    "solve": solution,
    "rewrite": quiz,
    "intent": intent,
    "curriculum": curriculum_of(STEPS),
    "validation": lambda asked: {"notes": ["It is short."]},
    "stages": stages,
    "stage": stage,
    "edit": lambda asked: {"edits": []},
    "tutorial": tutorial,
    "resources": resources,
    "choose": choice,
    "quiz": quiz,
}


def of_concepts(number: int) -> dict[str, Answer]:
    """The same of a course of so many concepts."""
    return {**ANSWERS, "curriculum": curriculum_of(STEPS[:number])}
