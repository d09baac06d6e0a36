"""Each flaw of item writing, with items that have it and near misses that do not, in English and Chinese."""

from collections import defaultdict

import pytest

from cairn.domain.lesson import Question
from cairn.domain.quality import RULES
from cairn.domain.text import has_cjk
from tests.domain.items import Item, codes, flawed_items, sound_items

ITEMS = flawed_items()
ENGLISH_ALONE = {"article"}


def test_every_rule_has_its_items_of_both_kinds_in_both_languages() -> None:
    assert {item.code for item in ITEMS} == {rule.code for rule in RULES}
    assert len({rule.code for rule in RULES}) == len(RULES)
    kinds: defaultdict[tuple[str, bool], list[bool]] = defaultdict(list)
    for item in ITEMS:
        kinds[item.code, item.has].append(has_cjk(item.question.question))
    for rule in RULES:
        for has in (True, False):
            chinese = kinds[rule.code, has]
            assert len(chinese) >= 2, rule.code
            assert False in chinese, rule.code
            assert True in chinese or rule.code in ENGLISH_ALONE, rule.code


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.code}: {item.question.question[:50]}")
def test_a_flaw_is_found_and_a_near_miss_is_left_alone(item: Item) -> None:
    assert (item.code in codes(item.question)) is item.has


@pytest.mark.parametrize("question", sound_items(), ids=lambda question: question.question[:50])
def test_a_well_made_question_has_no_flaw(question: Question) -> None:
    """No rule may cry wolf."""
    assert codes(question) == []
