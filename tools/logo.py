"""Draw the course's sign, two chains that meet, as the logo and the small picture in a browser's tab."""

from build_book import BOOK

FOLDER = BOOK / "_static"
FORWARD, BACKWARD, BOTH = "#2f86c4", "#d9772b", "#808080"
"""Between light and dark, so that they stand out on both."""


def chain(y: float, colour: str, places: list[float], radius: float) -> str:
    """Return circles on a line."""
    circles = "".join(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}"/>' for x in places)
    return f'<path d="M{places[0]} {y}H{places[-1]}" stroke="{colour}" stroke-width="{radius / 2}"/>{circles}'


def picture(size: int, places: list[float], radius: float) -> str:
    """Return two chains with what joins them."""
    low, high, wide = 0.68 * size, 0.32 * size, places[-1] + places[0]
    joints = "".join(f'<path d="M{x} {high}V{low}" stroke="{BOTH}" stroke-width="{radius / 3}"/>' for x in places)
    chains = chain(high, BACKWARD, places, radius) + chain(low, FORWARD, places, radius)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {size}">{joints}{chains}</svg>\n'


def main() -> None:
    (FOLDER / "logo.svg").write_text(picture(64, [16, 48, 80, 112, 144], 9), encoding="utf-8")
    (FOLDER / "favicon.svg").write_text(picture(64, [14, 50], 12), encoding="utf-8")


if __name__ == "__main__":
    main()
