"""The choice among what was found: by number, so that no page can bring in an address by what it says."""

from collections.abc import Sequence

from cairn.authors.model.checks import Unfit, faults_of_resources, sound
from cairn.authors.model.drafts import ChoicesDraft
from cairn.domain.lesson import Resource, Resources


def shown_to_chooser(candidates: Sequence[Resource]) -> str:
    """Numbered, a line each; never the address."""
    return "\n".join(
        f"{number}. {item.title} ({item.type.value}): {item.description or 'nothing is said of it'}"
        for number, item in enumerate(candidates, 1)
    )


def resources_chosen(
    draft: ChoicesDraft, candidates: Sequence[Resource], phrases: Sequence[Resource]
) -> Resources:
    """What was chosen, in the words of the draft; then the phrases by which nothing of it was found. Raises
    `Unfit` for a number that is not there."""
    numbers = [choice.number for choice in draft.choices]
    if not all(1 <= number <= len(candidates) for number in numbers):
        raise Unfit(f"There are the numbers 1 to {len(candidates)}; choose among them.")
    about = {choice.number: choice.description for choice in reversed(draft.choices)}
    chosen = [
        candidates[number - 1].model_copy(update={"description": about[number]})
        for number in dict.fromkeys(numbers)
    ]
    found_by = {item.phrase for item in chosen}
    left = [item for item in phrases if item.phrase not in found_by]
    faults = faults_of_resources(about.values())
    return sound(Resources(items=(*chosen, *left)), faults)
