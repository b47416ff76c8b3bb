"""Profiles on paper: python -m sheets makes a tagged PDF for each area, in both languages, and an index of them."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "static" / "sheets"
