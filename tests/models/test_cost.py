"""What a course costs: counted call by call, held under its ceiling before each of them, and told."""

import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from cairn.bootstrap import Workshop
from cairn.domain.task import Task, TaskStatus
from tests.databases import Database
from tests.models.faults import hang, once
from tests.models.server import Server, model_server
from tests.models.teaching import CALLS, again, learn, taught
from tests.models.wire import Reply
from tests.process import Served, cairn, serving
from tests.workflow.scripted import OWNER, to_the_end, until_told

GOAL = "Learn to bake bread"
PRICE = "1/10"
EACH = (100 * 1 + 50 * 10) / 1_000_000
"""What the server's usage comes to by that price."""
DEAR = (100 * 1 + 1500 * 10) / 1_000_000


async def ask(cairn: Workshop, **asked: object) -> Task:
    return await cairn.tasks.ask(OWNER, {"query": GOAL, **asked})


def dear(reply: Reply) -> Reply:
    """The same answer, of more tokens."""
    status, headers, body = reply
    body = body.replace(b'"completion_tokens": 50', b'"completion_tokens": 1500')
    return status, headers, body


def page_of(served: Served, path: str) -> str:
    with urllib.request.urlopen(served.url + path, timeout=30) as answer:
        return str(answer.read().decode())


async def until_it_waits(cairn: Workshop, **asked: object) -> Task:
    return await until_told(cairn, await ask(cairn, **asked), "task_waits")


def test_what_was_answered_is_metered_per_call_piece_and_run(server: Server, folder: Database) -> None:
    async def make(cairn: Workshop) -> None:
        task = await learn(cairn)
        costs = await cairn.tasks.costs(OWNER, task.task_id)
        assert costs.total.calls == len(server.asked) == CALLS
        assert costs.total.usd == pytest.approx(CALLS * EACH)
        assert costs.products["intent"].usd == pytest.approx(EACH)
        quizzes = [spent for name, spent in costs.products.items() if name.startswith("quiz:")]
        assert [spent.calls for spent in quizzes] == [2] * 6, "written and answered"
        assert (await again(cairn, task)).status is TaskStatus.completed
        assert await cairn.tasks.costs(OWNER, task.task_id) == costs, "a replay costs nothing"

    taught(folder, make, model_price=PRICE)


def test_without_a_price_the_cost_is_unknown_and_not_nothing(server: Server, folder: Database) -> None:
    async def make(cairn: Workshop) -> None:
        task = await learn(cairn)
        costs = await cairn.tasks.costs(OWNER, task.task_id)
        assert (costs.total.usd, costs.products["intent"].usd) == (None, None)
        assert costs.total.input_tokens == CALLS * 100

    taught(folder, make)


def test_a_ceiling_of_nothing_makes_no_call(server: Server, folder: Database) -> None:
    async def make(cairn: Workshop) -> None:
        task = await until_it_waits(cairn, max_cost_usd=0)
        assert server.asked == []
        assert (task.status, task.waiting and task.waiting.until) == (TaskStatus.queued, None)
        assert task.waiting is not None
        assert "no call is made" in task.waiting.reason
        done = await again(cairn, task, max_cost_usd=1)
        assert done.status is TaskStatus.completed
        assert len(server.asked) == CALLS

    taught(folder, make, model_price=PRICE)


def test_even_what_costs_nothing_is_not_called_under_a_ceiling_of_nothing(tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    settings = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_LOG": str(log)}
    done = cairn(tmp_path / "data", "learn", GOAL, "--max-cost", "0", **settings)
    assert done.returncode == 1
    assert "no call is made" in done.stderr
    assert not log.exists()


def test_a_ceiling_that_cannot_be_kept_lets_no_call_pass(server: Server, folder: Database) -> None:
    async def make(cairn: Workshop) -> Task:
        return await until_it_waits(cairn, max_cost_usd=5)

    task = taught(folder, make)
    assert server.asked == []
    assert task.waiting
    assert "CAIRN_MODEL_PRICE" in task.waiting.reason


def test_at_its_ceiling_the_run_waits_and_under_a_higher_one_goes_on(
    server: Server, folder: Database
) -> None:
    """What was answered before is kept, and is not asked again."""
    ceiling = 0.2
    server.fault = lambda asked: dear(server.answer(asked))

    async def make(cairn: Workshop) -> None:
        task = await until_it_waits(cairn, max_cost_usd=ceiling)
        before = await cairn.tasks.view(OWNER, task.task_id)
        assert 3 < len(server.asked) < CALLS
        assert before.spent.usd == pytest.approx(len(server.asked) * DEAR)
        assert before.spent.usd - ceiling < 8 * DEAR, "no more than calls under way took beyond it"
        assert task.waiting
        assert "The ceiling of $0.20 leaves no room" in task.waiting.reason
        still = await until_told(cairn, await cairn.moves.retry(OWNER, task.task_id, {"max_cost_usd": 0.001}),
                                 "task_waits")  # fmt: skip
        assert still.waiting, "what it spent before counts"
        done = await again(cairn, still, max_cost_usd=5)
        assert done.status is TaskStatus.completed
        costs = await cairn.tasks.costs(OWNER, task.task_id)
        assert costs.total.calls == len(server.asked) == CALLS, "nothing was paid twice"
        assert sorted(costs.runs) == [1, 3], "the second run made no call"

    taught(folder, make, model_price=PRICE)


def test_a_new_run_has_the_whole_ceiling_again(server: Server, folder: Database) -> None:
    ceiling = 0.2

    async def make(cairn: Workshop) -> None:
        task = await learn(cairn, max_cost_usd=ceiling)
        spent = (await cairn.tasks.view(OWNER, task.task_id)).spent.usd
        assert spent
        [concept, *_] = (await cairn.roadmaps.get(OWNER, task.roadmap_id)).roadmap.concepts()
        for wish in ("shorter", "longer", "funnier"):
            asked = await cairn.versions.regenerate(OWNER, task.roadmap_id, concept.concept_id, "quiz", wish)
            assert (await to_the_end(cairn, asked)).status is TaskStatus.completed
        assert len((await cairn.tasks.costs(OWNER, task.task_id)).runs) == 4

    taught(folder, make, model_price=PRICE, model_concurrency=1)


def test_what_got_no_answer_counts_with_what_was_expected(server: Server, folder: Database) -> None:
    """A call that was waited for in vain may have been billed all the same; one that was refused was not."""
    server.fault = once(hang, "intent")

    async def make(cairn: Workshop) -> None:
        task = await learn(cairn)
        [(tokens, usd)] = folder.rows("SELECT output_tokens, usd FROM model_calls WHERE state = 'lost'")
        assert tokens > 50
        assert usd > EACH
        costs = await cairn.tasks.costs(OWNER, task.task_id)
        assert costs.total.usd == pytest.approx(usd + CALLS * EACH)
        assert costs.total.calls == len(server.asked) == CALLS + 1

    taught(folder, make, model_price=PRICE, model_timeout=3)


def test_a_learner_at_a_terminal_is_told_and_can_go_on(tmp_path: Path) -> None:
    with model_server() as server:
        settings = {**server.environment, "CAIRN_MODEL_PRICE": PRICE}
        stopped = cairn(tmp_path, "learn", GOAL, "--max-cost", "0.04", **settings)
        assert stopped.returncode == 1
        assert "The ceiling of $0.04 leaves no room" in stopped.stderr
        [(task_id,)] = Database(tmp_path).rows("SELECT task_id FROM roadmap_tasks")
        assert f"cairn retry {task_id} --max-cost USD" in stopped.stderr
        done = cairn(tmp_path, "retry", task_id, "--max-cost", "2", **settings)
        assert done.returncode == 0, done.stderr
        assert f"Made with {CALLS} calls, 4,050 tokens, $0.016." in done.stdout
        assert len(server.asked) == CALLS


@pytest.mark.full
def test_the_estimate_stands_before_an_approval_and_the_meter_after_it(tmp_path: Path) -> None:
    with model_server() as server, serving(tmp_path, **server.environment, CAIRN_MODEL_PRICE=PRICE) as served:
        asked = {"query": GOAL, "review": True, "max_cost_usd": 3}
        _, task = served.call("POST", "/api/v1/generation/roadmap", asked)
        path = f"/api/v1/tasks/{task['task_id']}"
        next(kind for _, kind, _ in served.events(task["task_id"]) if kind == "review_wanted")
        _, review = served.call("GET", f"{path}/review")
        expected = review["expected_cost"]
        assert expected["calls"] == 6 * 5
        assert 0.1 < expected["usd"] < 1
        assert "about $0." in page_of(served, f"/tasks/{task['task_id']}/review")
        served.call("POST", f"{path}/review", {"round": review["round"], "decision": "approve"})
        list(served.events(task["task_id"]))
        _, view = served.call("GET", path)
        assert view["cost"]["usd"] == pytest.approx(CALLS * EACH)
        assert view["cost"]["expected"] == expected
        assert view["cost"]["max_usd"] == 3
        _, costs = served.call("GET", f"{path}/cost")
        assert [run["run"] for run in costs["runs"]] == [1]
        assert len(costs["products"]) == 3 + 6 * 3
        page = page_of(served, f"/tasks/{task['task_id']}")
        assert f"{CALLS} calls · 4,050 tokens · $0.016" in page
        assert "6 quizzes" in page


@pytest.mark.parametrize("wrong", ["-1", "lots", "nan", "inf"])
def test_a_ceiling_that_is_no_amount_is_refused(tmp_path: Path, wrong: str) -> None:
    done = cairn(tmp_path, "learn", "Learn Redis", f"--max-cost={wrong}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "max_cost_usd must be" in done.stderr or "max_cost_usd input should be a finite" in done.stderr


def test_the_ceiling_is_raised_on_the_page(tmp_path: Path) -> None:
    with model_server() as server, serving(tmp_path, **server.environment, CAIRN_MODEL_PRICE=PRICE) as served:
        _, task = served.call("POST", "/api/v1/generation/roadmap", {"query": GOAL, "max_cost_usd": 0})
        address = f"/tasks/{task['task_id']}"
        next(1 for _, kind, _ in served.events(task["task_id"]) if kind == "task_waits")
        assert "The ceiling on the cost is $0" in page_of(served, address)
        for typed, code in (("much", 422), ("-2", 422), ("0", 409)):
            status, page = posted(served, f"{address}/retry", query=GOAL, max_cost_usd=typed)
            assert (status, f'value="{typed}"' in page) == (code, True)
        assert server.asked == []
        posted(served, f"{address}/retry", query=GOAL, max_cost_usd="2")
        list(served.events(task["task_id"]))
        _, view = served.call("GET", f"/api/v1{address}")
        assert (view["status"], view["cost"]["max_usd"]) == ("completed", 2)


def posted(served: Served, path: str, **form: str) -> tuple[int, str]:
    """The page that comes of it, wherever it leads."""
    request = urllib.request.Request(served.url + path, urllib.parse.urlencode(form).encode())
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
