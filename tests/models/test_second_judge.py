"""LLMock watches Cairn make a course among faults, and has nothing to say against it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Database
from tests.models.judge import NAMES, REPLIES, Judge, judging, thoughts_apart
from tests.process import cairn

FAULTS = [
    {"type": "fail", "status": 500, "match": {"model": "intent"}},
    {"type": "tool_fault", "kind": "malformed_arguments", "match": {"model": "curriculum"}},
    {"type": "fail", "status": 429, "retry_after": 1, "times": 2, "match": {"model": "tutorial"}},
    {"type": "fail", "status": 503, "match": {"model": "resources"}},
    {"type": "tool_fault", "kind": "unknown_tool", "match": {"model": "quiz"}},
]
FAILED, AGAIN = 4, 2
"""Requests that fail on their way, and answers that are asked for again."""
ADDRESSES = {
    "openai-chat": ("OPENAI_BASE_URL", "/v1", "OPENAI_API_KEY"),
    "anthropic": ("ANTHROPIC_BASE_URL", "/anthropic", "ANTHROPIC_API_KEY"),
    "google": ("GOOGLE_GEMINI_BASE_URL", "/gemini", "GOOGLE_API_KEY"),
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with judging() as started:
        yield started


@pytest.mark.parametrize(
    "provider",
    [pytest.param(name, marks=[] if name == "anthropic" else pytest.mark.full) for name in ADDRESSES],
)
def test_a_whole_course_passes_its_report(judge: Judge, tmp_path: Path, provider: str) -> None:
    address, path, key = ADDRESSES[provider]
    judge.begin(*FAULTS, *REPLIES)
    settings = {address: f"{judge.url}{path}", key: "any", **thoughts_apart(provider)}
    done = cairn(tmp_path, "learn", "Learn to bake bread", **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    stored = Database(tmp_path)
    assert stored.rows("SELECT status FROM roadmap_tasks") == [("completed",)]
    calls = 3 + len(NAMES) * 4
    states = dict(stored.rows("SELECT state, count(*) FROM model_calls GROUP BY state"))
    assert states == {"answered": calls + AGAIN, "failed": FAILED}
    assert judge.count() == calls + AGAIN + FAILED
    report = judge.report()
    assert report.returncode == 0, report.stdout
    assert "PASS" in report.stdout
    assert judge.verdict()["faults_injected"] == FAILED


def test_its_report_fails_a_client_that_does_not_wait(judge: Judge) -> None:
    judge.begin({"type": "fail", "status": 429, "retry_after": 5, "times": 2})
    said = {"model": "x", "messages": [{"role": "user", "content": "Hello"}]}
    assert [judge.refused("/v1/chat/completions", said) for _ in range(2)] == [429, 429]
    report = judge.report()
    assert report.returncode == 1
    assert "retry_after_ignored" in report.stdout
