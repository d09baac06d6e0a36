"""A person at a terminal. Imports nothing heavy until a command runs: `--help` answers at once."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from cairn import __version__
from cairn.cli.database import database
from cairn.domain.errors import BadInput, CairnError, NotAccepted, NotFound

As_json = Annotated[bool, typer.Option("--json", help="Print the roadmap as JSON.")]
Task_id = Annotated[str, typer.Argument(help="The id of a task.")]
Roadmap_id = Annotated[str, typer.Argument(help="The id of a roadmap or of its task.")]
Concept = Annotated[str, typer.Argument(help="Its number in the outline, its name or its id.")]
Ceiling = Annotated[
    str | None, typer.Option("--max-cost", metavar="USD", help="The most its making may cost, in US dollars.")
]
Kind = Annotated[str | None, typer.Option(help="tutorial, resources or quiz.")]

EXIT = {"done": 0, "failed": 1, "wrong_use": 2, "not_there": 3, "interrupted": 130}

program = typer.Typer(
    no_args_is_help=False, add_completion=False, help="Personal learning roadmaps that are never lost.",
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


@program.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Without a command: serve."""
    if show_version:
        version()
    elif context.invoked_subcommand is None:
        serve()


@program.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)] = 8000,
    worker: Annotated[bool, typer.Option(help="Run queued tasks in this process.")] = True,
) -> None:
    """Serve the API and run queued tasks."""
    from cairn.terminal.serve import serve as serve_now

    serve_now(host, port, work=worker)


@program.command()
def worker() -> None:
    """Run queued tasks and nothing else; on PostgreSQL as many of these as you like."""
    from cairn.terminal.worker import work

    raise typer.Exit(work())


@program.command()
def version() -> None:
    """Print the version."""
    print(f"cairn {__version__}")


@program.command()
def courses(json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """List the built-in courses."""
    from cairn.terminal.courses import show_courses

    show_courses(as_json=json)


@program.command()
def doctor(
    task: Annotated[str | None, typer.Option(help="Check what is stored of this task instead.")] = None,
    model: Annotated[
        bool, typer.Option("--model", help="Try the model instead: how it is best asked. Makes calls.")
    ] = False,
) -> None:
    """Say whether everything Cairn needs is in order here, what the model can do, or whether a task's history
    is sound."""
    if model and task is not None:
        raise BadInput("--model and --task are two different checks.", hint="Give one of them.")
    if model:
        from cairn.terminal.models import try_models

        run(try_models())
    from cairn.terminal.doctor import check_task
    from cairn.terminal.doctor import doctor as look

    if task is not None:
        run(check_task(task))
    raise typer.Exit(look())


@program.command()
def learn(
    goal: Annotated[str, typer.Argument(help="What you want to learn, such as “Learn Redis”.")],
    level: Annotated[str | None, typer.Option(help="beginner, intermediate or advanced.")] = None,
    hours_per_week: Annotated[str | None, typer.Option(help="Hours you have in a week.")] = None,
    deadline: Annotated[str | None, typer.Option(help="YYYY-MM-DD.")] = None,
    known: Annotated[
        list[str] | None, typer.Option(help="Concepts you know, with commas; may be repeated.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="en or zh.")] = None,
    review: Annotated[bool, typer.Option("--review", help="See the outline before it is written.")] = False,
    max_cost: Ceiling = None,
    json: As_json = False,
) -> None:
    """Make a course and follow it to its end."""
    from cairn.terminal.follow import learn as make

    asked = {
        "query": goal, "level": level, "hours_per_week": hours_per_week, "deadline": deadline,
        "known": [part.strip() for item in known or [] for part in item.split(",")], "language": language,
        "review": review or None, "max_cost_usd": max_cost,
    }  # fmt: skip
    run(make({name: value for name, value in asked.items() if value is not None}, as_json=json))


@program.command()
def retry(
    task: Task_id,
    goal: Annotated[str | None, typer.Option(help="A changed goal.")] = None,
    max_cost: Ceiling = None,
    json: As_json = False,
) -> None:
    """Make what is missing, or what a changed goal needs."""
    from cairn.terminal.follow import retry as again

    changes = {"query": goal, "max_cost_usd": max_cost}
    changes = {name: value for name, value in changes.items() if value is not None}
    run(again(task, changes, as_json=json))


@program.command()
def review(
    task: Task_id,
    approve: Annotated[bool, typer.Option("--approve", help="Have it written as it stands.")] = False,
    changes: Annotated[str | None, typer.Option(help="What should be different, in words.")] = None,
    edits: Annotated[
        Path | None, typer.Option(help="A JSON file with a list of edits, as the API takes them.")
    ] = None,
    json: As_json = False,
) -> None:
    """Decide an outline that waits for you; without an option it is shown and asked about."""
    from cairn.terminal.follow import review as decide
    from cairn.terminal.review import read_answer

    run(decide(task, read_answer(approve, changes, edits), as_json=json))


@program.command()
def cancel(task: Task_id) -> None:
    """Stop a task; what is finished stays readable."""
    from cairn.terminal.shelf import cancel as stop

    run(stop(task))


@program.command("list")
def list_tasks() -> None:
    """List your courses and their states."""
    from cairn.terminal.shelf import list_tasks as show_all

    run(show_all())


@program.command()
def show(
    which: Annotated[str, typer.Argument(metavar="ID", help="The id of a task or a roadmap.")],
    json: As_json = False,
) -> None:
    """Show the outline of a roadmap."""
    from cairn.terminal.shelf import show as show_one

    run(show_one(which, as_json=json))


@program.command()
def regenerate(
    roadmap: Roadmap_id,
    concept: Concept,
    kind: Annotated[str, typer.Option(help="tutorial, resources or quiz.")],
    wish: Annotated[str | None, typer.Option(help="What should be different, in words.")] = None,
) -> None:
    """Make one piece of a concept anew; the old one is kept."""
    from cairn.terminal.versions import regenerate as make_anew

    run(make_anew(roadmap, concept, kind, wish))


@program.command()
def versions(roadmap: Roadmap_id, concept: Concept) -> None:
    """List all revisions of a concept's pieces."""
    from cairn.terminal.versions import list_versions

    run(list_versions(roadmap, concept))


@program.command()
def export(
    roadmap: Roadmap_id,
    format_name: Annotated[str, typer.Option("--format", help="Such as markdown; a wrong one lists all.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else it is printed.")] = None,
) -> None:
    """Take a roadmap away as one file, as it stands."""
    from cairn.terminal.exports import export as write

    run(write(roadmap, format_name, output))


@program.command()
def delete(roadmap: Roadmap_id) -> None:
    """Put a course away; `restore` takes it back."""
    from cairn.terminal.shelf import delete as put_away

    run(put_away(roadmap))


@program.command()
def restore(
    roadmap: Annotated[str, typer.Argument(help="The id of a roadmap.")],
    concept: Annotated[
        str | None, typer.Argument(help="Put a piece of this concept back to an older revision.")
    ] = None,
    kind: Kind = None,
    rev: Annotated[int | None, typer.Option(help="Which revision; `versions` lists them.")] = None,
) -> None:
    """Take a deleted course back, or put an older revision of a piece back."""
    if concept is None and (kind or rev is not None):
        raise BadInput("--kind and --rev are of a concept.", hint="Name the concept after the roadmap.")
    if concept is None:
        from cairn.terminal.shelf import take_back

        run(take_back(roadmap))
    elif rev is None:
        raise BadInput("--rev is missing.", hint=f"`cairn versions {roadmap} {concept}` lists what there is.")
    else:
        from cairn.terminal.versions import put_back

        run(put_back(roadmap, concept, kind, rev))


program.add_typer(database, name="db")


def run(work: Coroutine[Any, Any, int]) -> None:
    raise typer.Exit(asyncio.run(work))


def main() -> None:
    """Run the command; errors become a sentence, the way out, and an exit code."""
    try:
        outcome = program(prog_name="cairn", standalone_mode=False)
    except CairnError as error:
        print(f"cairn: {error.detail}", file=sys.stderr)
        if error.hint:
            print(f"       {error.hint}", file=sys.stderr)
        sys.exit(exit_code(error))
    except Exception as error:
        show_usage = getattr(error, "show", None)  # a fault in how the command was written
        if show_usage is None:
            raise
        show_usage()
        sys.exit(getattr(error, "exit_code", EXIT["wrong_use"]))
    code = outcome if isinstance(outcome, int) else EXIT["done"]
    if code == EXIT["interrupted"]:  # what typer makes of Ctrl-C
        print("\ncairn: interrupted; what is unfinished goes on next time.", file=sys.stderr)
    sys.exit(code)


def exit_code(error: CairnError) -> int:
    if isinstance(error, (NotAccepted, NotFound)):
        return EXIT["not_there"]
    return EXIT["wrong_use"] if isinstance(error, BadInput) else EXIT["failed"]
