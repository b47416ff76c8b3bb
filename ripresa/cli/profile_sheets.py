"""python -m ripresa profiles [AREA ...] [--sample] [--out FOLDER]: prints a PDF per area and language.

Uses the local Chromium, without a network. Without areas it prints Italy, its macro-areas and regions, and
the countries of Europe. The index is a page to be served with the PDFs.
"""

import argparse
import sys
from pathlib import Path

from ripresa.database.query import get_data_version, run_query
from ripresa.profiles import area_profile, pdf, profile_html, sheet_index
from ripresa.settings import LANGS, PROFILE_SHEETS

# The fullest profile, a macro-area, one with small numbers, one joined from two areas, a country.
SAMPLE_AREAS = ("ITA", "ITF+ITG", "ITF2", "ITH1", "DEU")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa profiles",
        description="Print a PDF of each area in both languages.",
    )
    parser.add_argument(
        "areas",
        nargs="*",
        metavar="AREA",
        help="codes such as ITC4 or DEU (default: Italy, its areas, the countries of Europe)",
    )
    parser.add_argument("--sample", action="store_true", help=f"only {', '.join(SAMPLE_AREAS)}")
    parser.add_argument(
        "--out",
        type=Path,
        default=PROFILE_SHEETS,
        metavar="FOLDER",
        help="folder of the PDFs (default: static/sheets)",
    )
    options = parser.parse_args(arguments)
    available = area_profile.get_profile_areas("en")
    unknown = [code for code in options.areas if code not in available]
    if unknown:
        parser.error(f"{', '.join(unknown)}: no figures for this code; codes are like ITC4, ITF+ITG or DEU")
    codes = options.areas or (SAMPLE_AREAS if options.sample else list_european_areas())
    try:
        with pdf.open_pdf_renderer() as render_pdf:
            for lang in LANGS:
                folder = options.out / lang
                folder.mkdir(parents=True, exist_ok=True)
                for code in codes:
                    html = profile_html.render_sheet(area_profile.load_area_profile(code, lang))
                    (folder / profile_html.build_pdf_name(code)).write_bytes(render_pdf(html))
                print(f"sheets: {len(codes)} in {folder}", file=sys.stderr, flush=True)
    except pdf.BrowserNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    for lang in LANGS:
        index = sheet_index.render_sheet_index(options.out / lang, lang)
        (options.out / lang / "index.html").write_text(index, encoding="utf-8")
    (options.out / "version").write_text(get_data_version(), encoding="utf-8")
    return 0


def list_european_areas() -> tuple[str, ...]:
    """Italy, its areas, and the countries of Europe that have figures."""
    areas = run_query("profile_areas", lang="en")
    rows = zip(areas["code"], areas["level"], areas["europe"], strict=True)
    return tuple(code for code, level, is_european in rows if level != "country" or is_european)
