"""A model on loopback that speaks the OpenAI protocol, answers what was asked in the form that was asked for,
and fails as a test says. Its own count of requests is the judge of ours.
"""

import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.loopback import listening

Reply = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""
Rude = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Does something else with the connection."""
Fault = Callable[["Asked"], Reply | Rude | None]
"""What is sent instead of an answer; None: the answer."""


@dataclass(frozen=True)
class Asked:
    """One request. `number` counts all of them, from 1."""

    number: int
    thought: str
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return "\n".join(text_of(message) for message in self.body["messages"])


@dataclass
class Server:
    """`fault` decides of each request what is wrong with its answer; `answers` what is said for a thought."""

    fault: Fault = lambda asked: None
    answers: dict[str, Callable[[Asked], Any]] = field(default_factory=dict[str, Callable[[Asked], Any]])
    asked: list[Asked] = field(default_factory=list[Asked])
    delay: float = 0.0
    came: threading.Condition = field(default_factory=threading.Condition)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """For processes that are to ask it."""
        return {
            "OPENAI_BASE_URL": self.url,
            "OPENAI_API_KEY": "k-of-the-tests",
            "CAIRN_MODEL": "openai-chat:x",
        }

    def until(self, requests: int) -> None:
        """Waits for so many."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.asked) >= requests, timeout=30)

    def thoughts(self) -> Counter[str]:
        return Counter(asked.thought for asked in self.asked)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (head := await read_head(reader)) is not None:
                headers = head
                body = json.loads(await reader.readexactly(int(headers["content-length"])))
                asked = Asked(len(self.asked) + 1, thought_of(body), body, headers)
                with self.came:
                    self.asked.append(asked)
                    self.came.notify_all()
                await asyncio.sleep(self.delay)
                reply = self.fault(asked) or self.answer(asked)
                if not isinstance(reply, tuple):
                    await reply(writer)
                    return
                status, more, content = reply
                lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(content)}"]
                lines += [f"{name}: {value}" for name, value in more.items()]
                writer.write("\r\n".join([*lines, "", ""]).encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the other side has gone, or the test is over
        finally:
            writer.close()

    def answer(self, asked: Asked) -> Reply:
        said = self.answers.get(asked.thought, ANSWERS[asked.thought])(asked)
        return completion(asked, said)


def completion(asked: Asked, said: Any) -> Reply:
    call = {"name": asked.thought, "arguments": said if isinstance(said, str) else json.dumps(said)}
    tool_calls = [{"id": f"call_{asked.number}", "type": "function", "function": call}]
    return of_message({"role": "assistant", "content": None, "tool_calls": tool_calls}, "tool_calls")


def of_message(message: dict[str, Any], finish: str = "stop") -> Reply:
    body = {
        "id": "chatcmpl", "object": "chat.completion", "created": 1_700_000_000, "model": "x",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150},
    }  # fmt: skip
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def error(status: int, message: str, code: str = "", **headers: str) -> Reply:
    body = {"error": {"message": message, "type": code or None, "code": code or None}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"Content-Type": "application/json", **named}, json.dumps(body).encode()


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def cut_off(writer: asyncio.StreamWriter) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
    writer.write(head + b'{"id": "chat')
    await writer.drain()


async def hang(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)  # not an event of its own: nobody would hold it, and so not this task


async def trickle(writer: asyncio.StreamWriter) -> None:
    """A byte now and then, without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def read_head(reader: asyncio.StreamReader) -> dict[str, str] | None:
    """The headers of the next request by lower name; None where the other side has gone."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    lines = [line.partition(":") for line in head.split("\r\n")[1:] if line]
    return {name.lower(): value.strip() for name, _, value in lines}


def thought_of(body: dict[str, Any]) -> str:
    tools = body.get("tools") or []
    return tools[0]["function"]["name"] if tools else "none"


def text_of(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content)
    return content or ""


@contextmanager
def model_server(server: Server | None = None) -> Iterator[Server]:
    """Serves in a thread of its own until the end, on a free port."""
    server = server or Server()
    with listening(server.serve) as server.port:
        yield server


# What a well-behaved model says


def data_in(asked: Asked, at: int = 0) -> str:
    """What stands in a fence of the prompt."""
    prompt = text_of(asked.body["messages"][1])
    return re.findall(r"<data>\n(.*?)\n</data>", prompt, re.DOTALL)[at]


def intent(asked: Asked) -> dict[str, Any]:
    goal = data_in(asked)
    subject = re.sub(r"^(learn|study)( to)? ", "", goal, flags=re.IGNORECASE)
    return {
        "subject": subject, "key_technologies": [subject], "recommended_focus": ["practice"],
        "must_have_skills": [f"do {subject}"], "user_profile_summary": "Somebody at the start.",
        "skill_gap_analysis": ["Everything"], "personalized_suggestions": [],
    }  # fmt: skip


STEPS = ("Purpose", "Materials", "First try", "Measuring", "Mistakes", "Variations")


def curriculum(asked: Asked) -> dict[str, Any]:
    subject = data_in(asked)
    names = [f"{step} of {subject}"[:100] for step in STEPS]
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


RIGHT = "Doing it with care"


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
        elif (option := re.match(r" +(\d+)\) (.*)", line)) and option[2] == RIGHT:
            answers[-1]["options"].append(int(option[1]))
    return {"answers": answers}


def choice(asked: Asked) -> dict[str, Any]:
    """All that was found."""
    lines = data_in(asked, 2).splitlines()
    numbers = [int(line.partition(".")[0]) for line in lines]
    return {"choices": [{"number": number, "description": "Reads well."} for number in numbers]}


ANSWERS: dict[str, Callable[[Asked], Any]] = {
    "solve": solution,
    "rewrite": lambda asked: quiz(asked),
    "intent": intent,
    "curriculum": curriculum,
    "validation": lambda asked: {"notes": ["It is short."]},
    "edit": lambda asked: {"edits": []},
    "tutorial": tutorial,
    "resources": resources,
    "choose": choice,
    "quiz": quiz,
}
