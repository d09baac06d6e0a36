"""Ids of concepts that are added to a tree: the same name gets its id back, also one that had fallen out."""

from collections.abc import Callable

from cairn.domain.editing import mint_id
from cairn.domain.roadmap import Roadmap
from cairn.domain.text import normalised
from cairn.store.products import Published


def minting(roadmap_id: str, tree: Roadmap, published: Published | None) -> Callable[[str], str]:
    """For one round of edits on `tree`. Names of today count before those of the archive."""
    known: dict[str, str] = {}
    if published:
        known |= {normalised(card["name"]): concept_id for concept_id, card in published.archived.items()}
        known |= {normalised(concept.name): concept.concept_id for concept in published.roadmap.concepts()}
    known |= {normalised(concept.name): concept.concept_id for concept in tree.concepts()}
    taken = set(known.values())

    def mint(name: str) -> str:
        minted = mint_id(roadmap_id, name, taken, known)
        taken.add(minted)
        return minted

    return mint
