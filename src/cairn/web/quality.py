"""How a course was checked, in sentences."""

from collections.abc import Iterator

from cairn.domain.link import LinksReport
from cairn.domain.quality import PiecesReport
from cairn.domain.report import TreeReport
from cairn.usecases.roadmaps import Quality


def quality_said(quality: Quality) -> list[str]:
    said = [*of_pieces(quality.pieces), *of_links(quality.links)]
    return [*of_tree(quality.tree), *said] if quality.tree else said


def of_tree(tree: TreeReport) -> Iterator[str]:
    rounds = f", after {many(tree.rounds, 'round')} of changes" if tree.rounds else ""
    mended = f"; {many(tree.mended, 'thing')} in it had to be mended" if tree.mended else ""
    concepts = many(tree.concepts, "concept")
    yield f"The outline has {concepts} in an order that respects what needs what{rounds}{mended}."
    if tree.skills:
        taught = tree.skills - tree.skills_uncovered
        are = "is" if taught == 1 else "are"
        yield f"{taught} of {many(tree.skills, 'skill')} the goal asks for {are} taught."
    if tree.budget_hours is not None:
        yield f"It takes {tree.hours:g} of the {tree.budget_hours:g} hours until the deadline."
    for fault in tree.faults:
        yield f"What stayed: {fault.message}."


def of_pieces(pieces: PiecesReport) -> Iterator[str]:
    if pieces.tutorials:
        better = pieces.tutorials_with_remarks
        remarks = f"; {better} could be better" if better else ""
        yield f"{many(pieces.tutorials, 'tutorial')} of {many(pieces.words, 'word')} in all{remarks}."
    if pieces.samples_checked:
        wrong = pieces.samples_unparsable
        yield f"{many(pieces.samples_checked, 'code sample')} read; {wrong or 'none'} cannot be parsed."
    if pieces.questions:
        changes = [
            f"{number} {done}"
            for number, done in (
                (pieces.questions_rewritten, "written anew"), (pieces.questions_dropped, "left out"),
                (pieces.flaws_left, "with a flaw that stayed"),
            )
            if number
        ]  # fmt: skip
        yield f"{many(pieces.questions, 'question')} in {many(pieces.quizzes, 'quiz', 'quizzes')}" + (
            f": {', '.join(changes)}." if changes else "."
        )


def of_links(links: LinksReport) -> Iterator[str]:
    if links.resources:
        pages = many(links.unconfirmed, "page")
        held = f"; {pages} found could not be confirmed" if links.unconfirmed else ""
        ways = f"{links.links or 'none'} as links, {links.resources - links.links:,} as words to search for"
        yield f"{many(links.resources, 'thing')} to read further: {ways}{held}."


def many(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"
