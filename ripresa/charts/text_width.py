"""Text widths in pixels, computed without a browser."""

import unicodedata

_ASCII_WIDTHS = (  # of the characters from space to tilde, in hundredths of the font size
    "28 28 35 56 56 89 67 19 33 33 39 58 28 33 28 28 56 56 56 56 56 56 56 56 56 56 28 28 58 58 58 56 "
    "102 67 67 72 72 67 61 78 72 28 50 67 56 83 72 78 67 78 72 67 61 72 67 94 67 67 61 28 28 28 47 56 "
    "33 56 56 50 56 56 28 56 56 22 22 50 22 83 56 56 56 56 33 50 28 56 50 72 50 50 50 33 26 33 58"
)
GLYPH_WIDTHS = {  # Arial and the fonts with the same metrics
    **dict(zip(map(chr, range(32, 127)), map(int, _ASCII_WIDTHS.split()), strict=True)),
    **{"—": 100, "…": 100, "·": 28, "’": 22, "º": 37, "“": 33, "”": 33},
}
DEFAULT_GLYPH_WIDTH = 60
BOLD_WIDTH_FACTOR = 1.08
MAX_AVERAGE_WIDTH = 0.66  # of the font size: the mean width of a letter in the widest system fonts


def measure_text(text: str, size: float, bold: bool = False) -> float:
    """The width of one line of text in Arial, the font of the image files."""
    letters = [letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)]
    width = sum(GLYPH_WIDTHS.get(letter, DEFAULT_GLYPH_WIDTH) for letter in letters) / 100 * size
    return width * BOLD_WIDTH_FACTOR if bold else width


def estimate_text_width(text: str, size: int) -> int:
    """An upper estimate of the width of a chart label with <br> and <b> in an unknown system font."""
    lines = text.replace("<b>", "").replace("</b>", "").split("<br>")
    return round(max(map(len, lines)) * size * MAX_AVERAGE_WIDTH)
