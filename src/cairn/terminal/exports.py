"""A roadmap as a file, or printed for the next program in a pipe."""

import sys
from pathlib import Path

from cairn.domain.errors import BadInput
from cairn.exports.book import Book
from cairn.terminal.opened import OWNER, opened, roadmap_id_of


async def export(given: str, format_name: str, output: Path | None) -> int:
    async with opened() as cairn:
        file = await cairn.exports.export(OWNER, await roadmap_id_of(cairn, given), format_name)
    if output is None:
        sys.stdout.buffer.write(file.content)
        sys.stdout.buffer.flush()
    else:
        write_file(output, file.content)
    if said := gaps_of(file.book):
        print(f"cairn: {said}", file=sys.stderr)
    return 0


def write_file(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.", hint="Name another file.") from error
    print(f"{path}: {len(content)} bytes")


def gaps_of(book: Book) -> str:
    """What is not in the file, in a sentence; nothing where all is."""
    if book.roadmap is None:
        return f"the outline is not ready yet (the task is {book.status.value})."
    missing = len(book.not_ready)
    pieces = "one piece is" if missing == 1 else f"{missing} pieces are"
    return f"not all of it is ready: {pieces} missing." if missing else ""
