"""A roadmap as one Markdown document to read and to print. The answers stand at its end, so that nobody sees
them while answering."""

from collections.abc import Iterator
from string import ascii_uppercase

from cairn.domain.lesson import Question, Quiz, Resource, Resources
from cairn.domain.roadmap import Concept, Roadmap
from cairn.exports.book import Book, NotReady
from cairn.exports.fitting import fitted, inline, link, plain

CONCEPT_LEVEL = 4
"""Below the title, its stage and its module."""
PART = "#" * (CONCEPT_LEVEL + 1)


def write(book: Book) -> bytes:
    return ("\n\n".join(block for block in blocks(book) if block) + "\n").encode()


def blocks(book: Book) -> Iterator[str]:
    """The paragraphs, headings and lists of the document, in order."""
    yield f"# {plain(book.title)}"
    roadmap = book.roadmap
    if roadmap is None:
        yield f"The outline is not ready yet (the task is {status(book)}). Export again once it is."
        return
    anchors = {concept.concept_id: f"concept-{n}" for n, concept in enumerate(roadmap.concepts(), 1)}
    yield plain(roadmap.summary)
    yield facts(book, roadmap)
    yield from summed_up(book, anchors)
    yield "## Contents"
    yield contents(roadmap, anchors)
    for number, stage in enumerate(roadmap.stages, 1):
        yield f"## {target(f'stage-{number}')}{plain(stage.title)}"
        yield plain(stage.summary)
        for module in stage.modules:
            yield f"### {plain(module.title)}"
            yield plain(module.summary)
            for concept in module.concepts:
                yield from chapter(book, concept, anchors)
    if roadmap.left_out:
        yield "## Left out"
        yield "\n".join(f"- {plain(item.name)}: {plain(item.reason)}" for item in roadmap.left_out)
    yield from answers(book, anchors)


def status(book: Book) -> str:
    return book.status.value.replace("_", " ")


def target(anchor: str) -> str:
    return f'<a id="{anchor}"></a>'


def facts(book: Book, roadmap: Roadmap) -> str:
    number = len(list(roadmap.concepts()))
    weeks = f", about {counted(roadmap.weeks, 'week')}" if roadmap.weeks else ""
    author = f" · made by {plain(book.author)}" if book.author else ""
    return f"{counted(number, 'concept')} · {roadmap.total_hours:g} h{weeks}{author}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summed_up(book: Book, anchors: dict[str, str]) -> Iterator[str]:
    """What is not ready, said before anybody looks for it."""
    gaps = book.not_ready
    if not gaps:
        return
    yield f"**Not all of it is ready: {counted(len(gaps), 'piece')} missing** (the task is {status(book)})."
    by_concept = [(concept, book.missing(concept)) for concept in book.concepts()]
    yield "\n".join(
        f"- [{plain(concept.name)}](#{anchors[concept.concept_id]}): {'; '.join(map(gap_said, missing))}"
        for concept, missing in by_concept
        if missing
    )


def gap_said(gap: NotReady) -> str:
    cause = f" ({plain(gap.cause)})" if gap.cause else ""
    return f"{gap.kind.value} {gap.why}{cause}"


def contents(roadmap: Roadmap, anchors: dict[str, str]) -> str:
    lines: list[str] = []
    for number, stage in enumerate(roadmap.stages, 1):
        lines.append(f"- [{plain(stage.title)}](#stage-{number})")
        for module in stage.modules:
            lines.append(f"  - {plain(module.title)}")
            lines += [f"    - [{plain(c.name)}](#{anchors[c.concept_id]})" for c in module.concepts]
    return "\n".join(lines)


def chapter(book: Book, concept: Concept, anchors: dict[str, str]) -> Iterator[str]:
    anchor, lesson = anchors[concept.concept_id], book.lesson(concept)
    yield f"{'#' * CONCEPT_LEVEL} {target(anchor)}{plain(concept.name)}"
    yield plain(concept.description)
    yield card(book, concept, anchors)
    if missing := book.missing(concept):
        yield f"*Not ready: {'; '.join(map(gap_said, missing))}.*"
    if lesson.tutorial:
        yield fitted(lesson.tutorial.markdown, CONCEPT_LEVEL + 1, anchor)
    if lesson.resources and lesson.resources.items:
        yield f"{PART} Resources"
        yield sources(lesson.resources)
    if lesson.quiz and lesson.quiz.questions:
        yield f"{PART} {target(f'{anchor}.questions')}Questions"
        yield from asked(lesson.quiz)
        yield f"[Answers](#{anchor}.answers)"


def card(book: Book, concept: Concept, anchors: dict[str, str]) -> str:
    """Level, hours and what the concept builds on; a link where that is in this roadmap."""
    names = {c.concept_id: c.name for c in book.concepts()}
    here = {names[p]: p for p in concept.prerequisites if p in names}
    needs = [
        f"[{plain(name)}](#{anchors[here[name]]})" if name in here else plain(name)
        for name in dict.fromkeys([*concept.prerequisite_names, *here])
    ]
    builds_on = f" · builds on {', '.join(needs)}" if needs else ""
    return f"{concept.difficulty.value.capitalize()} · {concept.estimated_hours:g} h{builds_on}"


def sources(resources: Resources) -> str:
    return "\n".join(f"- {source(item)}" for item in resources.items)


def source(item: Resource) -> str:
    where = f": search for “{plain(item.phrase)}”" if item.phrase and not item.url else ""
    about = f". {inline(item.description)}" if item.description else ""
    return f"{link(item.title, item.url)} ({item.type.value}, {plain(item.language)}){where}{about}"


def asked(quiz: Quiz) -> Iterator[str]:
    for number, question in enumerate(quiz.questions, 1):
        several = " *(several are right)*" if len(question.key) > 1 else ""
        yield f"**{number}.** {inline(question.question)}{several}"
        yield "\n".join(f"- **{letter}** {inline(text)}" for letter, text, *_ in lettered(question))


def lettered(question: Question) -> list[tuple[str, str, bool, str]]:
    """(letter, text, correct, explanation) of each option."""
    return [
        (ascii_uppercase[at % len(ascii_uppercase)], o.text, o.correct, o.explanation)
        for at, o in enumerate(question.options)
    ]


def answers(book: Book, anchors: dict[str, str]) -> Iterator[str]:
    quizzes = [(concept, quiz) for concept in book.concepts() if (quiz := book.lesson(concept).quiz)]
    quizzes = [(concept, quiz) for concept, quiz in quizzes if quiz.questions]
    if quizzes:
        yield "## Answers"
    for concept, quiz in quizzes:
        anchor = anchors[concept.concept_id]
        yield f"### {target(f'{anchor}.answers')}{plain(concept.name)}"
        yield f"[Questions](#{anchor}.questions)"
        for number, question in enumerate(quiz.questions, 1):
            options = lettered(question)
            yield f"**{number}.** {', '.join(letter for letter, _, correct, _ in options if correct)}"
            yield "\n".join(
                f"- **{letter}** {'right' if correct else 'wrong'}: {inline(why)}"
                for letter, _, correct, why in options
            )
