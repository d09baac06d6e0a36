"""The cairn as a drawing: one stone for each concept, laid as the work is done.

Stones differ a little, seeded by the concept's id, so every course has a cairn of its own.
"""

from collections.abc import Sequence
from hashlib import blake2s

from markupsafe import Markup

STONE_WIDTH = 25.0
STONE_HEIGHT = 14.5
MOST_STONES = 60


def draw_cairn(stones: Sequence[tuple[str, bool]], words: str, small: bool = False) -> Markup:
    """An SVG of `stones`, (id, laid) each in learning order; `words` says the same to who cannot see it."""
    shown = thinned(stones)
    rows = layers(len(shown))
    width = STONE_WIDTH * (max(rows, default=1) + 0.4)
    height = STONE_HEIGHT * len(rows) + 8
    drawn: list[str] = []
    at = 0
    for level, row in enumerate(rows):
        left = (width - row * STONE_WIDTH) / 2
        for place in range(row):
            concept_id, laid = shown[at]
            center = left + (place + 0.5) * STONE_WIDTH
            drawn.append(stone(concept_id, center, height - 5 - (level + 0.5) * STONE_HEIGHT, laid))
            at += 1
    ground = f'<path class="ground" d="M0 {height - 3.5:.1f}H{width:.1f}"/>'
    size = "cairn small" if small else "cairn"
    pile = Markup(ground + "".join(drawn))  # noqa: S704 - made of numbers and names of ours
    return Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        size, round(width), round(height), words, pile
    )


def thinned(stones: Sequence[tuple[str, bool]]) -> Sequence[tuple[str, bool]]:
    """A pile that can still be seen: beyond sixty, a stone stands for several concepts."""
    if len(stones) <= MOST_STONES:
        return stones
    step = len(stones) / MOST_STONES
    parts = [stones[int(n * step) : int((n + 1) * step)] for n in range(MOST_STONES)]
    return [(part[0][0], all(laid for _, laid in part)) for part in parts]


def layers(count: int) -> list[int]:
    """Stones per row from the ground up; every second row is one stone shorter."""
    width = 1
    while width * (width + 1) < count:
        width += 1
    rows: list[int] = []
    left = count
    while left > 0:
        row = min(width - len(rows) // 2, left)
        rows.append(row)
        left -= row
    return rows


def stone(concept_id: str, x: float, y: float, laid: bool) -> str:
    a, b, c, d = blake2s(concept_id.encode(), digest_size=4).digest()
    rx = STONE_WIDTH / 2 - 0.6 - a / 255 * 1.8
    ry = STONE_HEIGHT / 2 - 0.3 - b / 255 * 1.2
    lean = (c / 255 - 0.5) * 9
    bulge = 0.62 + d / 255 * 0.2
    path = (
        f"M{-rx:.1f} {ry * 0.35:.1f}C{-rx:.1f} {-ry * bulge:.1f} {-rx * 0.55:.1f} {-ry:.1f} 0 {-ry:.1f}"
        f"S{rx:.1f} {-ry * 0.5:.1f} {rx:.1f} {ry * 0.2:.1f}S{rx * 0.6:.1f} {ry:.1f} 0 {ry:.1f}"
        f"S{-rx:.1f} {ry * 0.9:.1f} {-rx:.1f} {ry * 0.35:.1f}Z"
    )
    kind = f"stone tone{c % 3}" if laid else "stone open"
    return f'<path class="{kind}" transform="translate({x:.1f} {y:.1f}) rotate({lean:.1f})" d="{path}"/>'
