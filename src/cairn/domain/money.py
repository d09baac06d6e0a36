"""Money in words."""


def dollars(usd: float) -> str:
    """To the cent; below ten cents to two digits that count."""
    if usd == 0 or usd >= 0.1:
        return f"${usd:.2f}"
    return "$" + f"{float(f'{usd:.2g}'):.8f}".rstrip("0")
