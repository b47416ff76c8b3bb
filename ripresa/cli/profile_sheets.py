"""python -m ripresa profiles [areas] [--sample] [--out FOLDER]: one PDF an area and language, with the machine's own Chromium and no network.

Without areas: Italy, its macro-areas and regions, and the countries of Europe. The index is a page of its own, to be served beside the PDFs.
"""

import argparse
import sys
from pathlib import Path

from ripresa.database.query import get_data_version, run_query
from ripresa.profiles import area_profile, pdf, sheet, sheet_index
from ripresa.settings import LANGS
from ripresa.settings import PROFILE_SHEETS as FOLDER

SAMPLE_AREAS = (
    "ITA",
    "ITF+ITG",
    "ITF2",
    "ITH1",
    "DEU",
)  # the fullest, a macro-area, small numbers, a joined figure, a country


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa profiles", description="Make the printed profiles."
    )
    parser.add_argument(
        "areas",
        nargs="*",
        metavar="area",
        help="codes such as ITC4 or DEU (default: Italy, its areas, the countries of Europe)",
    )
    parser.add_argument("--sample", action="store_true", help=f"only {', '.join(SAMPLE_AREAS)}")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where the PDFs go (default: static/sheets)")
    options = parser.parse_args(arguments)
    known = area_profile.get_profile_areas("en")
    unknown = [code for code in options.areas if code not in known]
    if unknown:
        parser.error(f"{', '.join(unknown)}: no figures for this code; codes are like ITC4, ITF+ITG or DEU")
    codes = options.areas or (SAMPLE_AREAS if options.sample else list_european_areas())
    try:
        with pdf.open_pdf_renderer() as to_pdf:
            for lang in LANGS:
                (options.out / lang).mkdir(parents=True, exist_ok=True)
                for code in codes:
                    (options.out / lang / sheet.build_pdf_name(code)).write_bytes(
                        to_pdf(sheet.render_sheet(area_profile.load_area_profile(code, lang)))
                    )
                print(f"sheets: {len(codes)} in {options.out / lang}", file=sys.stderr, flush=True)
    except pdf.BrowserNotFoundError as fault:
        print(fault, file=sys.stderr)
        return 1
    for lang in LANGS:
        (options.out / lang / "index.html").write_text(
            sheet_index.render_sheet_index(options.out / lang, lang), encoding="utf-8"
        )
    (options.out / "version").write_text(get_data_version(), encoding="utf-8")
    return 0


def list_european_areas() -> tuple[str, ...]:
    """Italy, its areas, and the countries of Europe that have figures."""
    return tuple(
        row.code
        for row in run_query("profile_areas", lang="en").itertuples()
        if row.level != "country" or row.europe
    )
