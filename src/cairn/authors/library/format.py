"""Reads the course format: `course.toml` and one Markdown file per concept, its front matter in YAML.

Every value is typed strictly: YAML's `yes` where text is meant is refused with the place it stands at.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import ConfigDict, Field, ValidationError

from cairn.domain.course import Course, CourseConcept, CourseModule, CourseStage, Level
from cairn.domain.errors import Unusable
from cairn.domain.lesson import (
    QuestionType,
    Quiz,
    Resource,
    Resources,
    Tutorial,
    Value,
    build_question,
)
from cairn.domain.text import word_count

WORDS_PER_MINUTE = 160
"""Reading of technical prose with its samples tried out, rather than skimmed."""
EXERCISE_MINUTES = 15

Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
T = TypeVar("T")


class Row(Value):
    """A record of a file: lists come as lists there."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class OptionRow(Row):
    text: str
    correct: bool = False
    why: str


class QuestionRow(Row):
    question: str
    type: QuestionType = Field(strict=False)
    options: list[OptionRow]


class FrontMatter(Row):
    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    name: str = Field(min_length=1)
    description: str = Field(min_length=1)
    level: Level = Field(strict=False)
    hours: float = Field(gt=0, le=8, strict=False)
    prerequisites: list[str]
    keywords: list[str]
    core: bool = True
    resources: list[Resource]
    quiz: list[QuestionRow]


class ModuleRow(Row):
    title: str
    summary: str = ""
    concepts: list[str]


class StageRow(Row):
    title: str
    summary: str = ""
    modules: list[ModuleRow]


class CourseFile(Row):
    id: str
    title: str
    aliases: list[str] = []
    topics: list[str] = []
    excludes: list[str] = []
    """Phrases that hold the title but mean something else, such as a comedy troupe or a snake."""
    draft: bool = False
    """A course still being written: its files are checked, but it is not on the shelf."""
    language: str
    summary: str
    stages: list[StageRow]


def read_course(folder: Path) -> Course:
    """The course in `folder`, every file of it. Raises `Unusable` naming the file and the fault."""
    head = read_head(folder)
    found = {path.stem: read_concept(path) for path in sorted((folder / "concepts").glob("*.md"))}
    outline = [c for stage in head.stages for module in stage.modules for c in module.concepts]
    if missing := sorted(set(outline) - set(found)):
        raise Unusable(f"{folder.name}/course.toml names concepts without a file: {', '.join(missing)}")
    if unlisted := sorted(set(found) - set(outline)):
        raise Unusable(f"{folder.name}/concepts has files course.toml does not name: {', '.join(unlisted)}")
    return Course(
        course_id=head.id,
        title=head.title,
        aliases=tuple(head.aliases),
        topics=tuple(head.topics),
        language=head.language,
        summary=head.summary.strip(),
        stages=tuple(build_stage(stage) for stage in head.stages),
        concepts=found,
    )


def read_head(folder: Path) -> CourseFile:
    path = folder / "course.toml"
    return read(path, lambda text: CourseFile.model_validate(tomllib.loads(text)))


def read_concept(path: Path) -> CourseConcept:
    """One concept file: front matter between two `---` lines, then the tutorial in Markdown."""
    concept = read(path, parse_concept)
    if concept.concept_id != path.stem:
        raise Unusable(f"{path.name}: its id is {concept.concept_id!r}; file name and id must be the same")
    return concept


def parse_concept(text: str) -> CourseConcept:
    if not text.startswith("---\n") or "\n---\n" not in text:
        raise ValueError("the file must start with front matter between two lines of ---")
    header, markdown = text[4:].split("\n---\n", 1)
    front = FrontMatter.model_validate(yaml.load(header, Loader=Loader))  # noqa: S506 - a safe loader
    if both := [item.title for item in front.resources if item.url and item.phrase]:
        raise ValueError(f"resources: {both[0]!r} has an address and a phrase; one of them is shown")
    markdown = markdown.strip() + "\n"
    return CourseConcept(
        concept_id=front.id,
        name=front.name,
        description=front.description,
        level=front.level,
        hours=front.hours,
        prerequisites=tuple(front.prerequisites),
        keywords=tuple(front.keywords),
        core=front.core,
        tutorial=Tutorial(
            title=front.name,
            summary=front.description,
            markdown=markdown,
            minutes=round(word_count(markdown) / WORDS_PER_MINUTE) + EXERCISE_MINUTES,
        ),
        resources=Resources(items=tuple(front.resources)),
        quiz=Quiz(
            questions=tuple(
                build_question(row.question, row.type, [(o.text, o.correct, o.why) for o in row.options])
                for row in front.quiz
            )
        ),
    )


def build_stage(row: StageRow) -> CourseStage:
    modules = (
        CourseModule(title=module.title, summary=module.summary, concepts=tuple(module.concepts))
        for module in row.modules
    )
    return CourseStage(title=row.title, summary=row.summary, modules=tuple(modules))


def read(path: Path, parse: Callable[[str], T]) -> T:
    """`parse` over the text of `path`; whatever is wrong with it is told with the file's name."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in cast("tuple[object, ...]", first["loc"]))
        raise Unusable(f"{path.name}: {place}: {first['msg']}") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise Unusable(f"{path.name}: {error}") from error
