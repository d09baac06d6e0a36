"""Every built-in course holds what the format promises, and every sample prints what the text says."""

import re
from pathlib import Path

import pytest

from cairn.authors.library.format import read_concept, read_course, read_head
from cairn.domain.quality import quiz_faults
from cairn.domain.text import word_count
from tests.courses.samples import read_samples, run_samples

COURSES = Path(__file__).parents[2] / "src" / "cairn" / "authors" / "library" / "courses"
FILES = sorted(COURSES.glob("*/concepts/*.md"))
SECTIONS = ["Why it matters", "Worked example", "Common mistakes", "Exercise"]

each_file = pytest.mark.parametrize("path", FILES, ids=[f"{p.parts[-3]}/{p.stem}" for p in FILES])


@each_file
def test_lesson_is_complete(path: Path) -> None:
    concept = read_concept(path)
    markdown = concept.tutorial.markdown
    headings = re.findall(r"^## (.+)$", markdown, re.M)
    assert [s for s in SECTIONS if s not in headings] == [], "sections missing"
    assert word_count(markdown) >= 400, f"only {word_count(markdown)} words outside code"
    assert not re.search(r"^# ", re.sub(r"^```.*?^```", "", markdown, flags=re.M | re.S), re.M), (
        "no level-1 heading: the page shows the name"
    )
    assert "<details>" in markdown, "the exercise needs its folded solution"
    assert "</details>" in markdown, "the exercise needs its folded solution"
    assert [s for s in read_samples(markdown) if s.language == "redis" or s.expected], "no compared sample"
    addresses = [item.url for item in concept.resources.items]
    assert len(addresses) >= 3, "three resources at least"
    assert len(set(addresses)) == len(addresses), "an address twice"
    assert all(url and url.startswith("https://") for url in addresses), "each resource has an https address"
    assert concept.resources.items[0].type == "documentation", "official documentation comes first"
    assert 4 <= len(concept.quiz.questions) <= 6, f"{len(concept.quiz.questions)} questions"
    assert quiz_faults(concept.quiz) == []


@each_file
def test_samples_print_what_the_text_says(path: Path, tmp_path: Path, empty_redis: int) -> None:
    for outcome in run_samples(read_concept(path).tutorial.markdown, tmp_path, empty_redis):
        assert outcome.right, (
            f"{path.name}: sample at tutorial line {outcome.sample.line}\n"
            f"--- the text says\n{outcome.expected}\n--- it printed\n{outcome.printed}"
        )


@pytest.mark.parametrize("course_id", sorted(p.parent.name for p in COURSES.glob("*/course.toml")))
def test_course_holds_together(course_id: str) -> None:
    if read_head(COURSES / course_id).draft:
        pytest.skip(f"{course_id} is a draft: not all of its concepts are written, it is not on the shelf")
    course = read_course(COURSES / course_id)
    seen: set[str] = set()
    names = [c.name for c in course.concepts.values()]
    assert len(set(names)) == len(names), "concept names must be unique"
    for concept in course.in_order():
        assert concept.concept_id not in seen, f"{concept.concept_id} stands in the outline twice"
        late = [p for p in concept.prerequisites if p not in seen]
        assert late == [], f"{concept.concept_id} needs {late}, placed later or unknown"
        above = [p for p in concept.prerequisites if course.concepts[p].level.rank > concept.level.rank]
        assert above == [], f"{concept.concept_id} needs {above} of a higher level"
        seen.add(concept.concept_id)
