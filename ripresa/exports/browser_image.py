"""The chart's own camera: PNG and SVG with their words and seal, made in the reader's browser with nothing installed and no network.

Plotly's camera draws the chart again from its layout. The script gives it, for that moment, the layout of the image (figure.prepared), and seals
what comes out before it is saved. Without the script the camera still saves the chart, bare.
"""

import json
from functools import cache
from html import escape
from pathlib import Path

import plotly.graph_objects as go

from ripresa.exports import formats
from ripresa.exports import image_layout as printed
from ripresa.exports import seal as fingerprint
from ripresa.exports.export_table import ExportedTable
from ripresa.i18n import t

IMAGE_FORMATS = ("png", "svg")
FONT_SAMPLE = "The quick brown fox 0123456789"  # measured in the browser: a wider font gets smaller letters


@cache
def load_script() -> str:
    """The script, once a page: for st.html(..., unsafe_allow_javascript=True)."""
    return f"<script>{Path(__file__).with_name('browser_image.js').read_text(encoding='utf-8')}</script>"


def render_save_buttons(
    name: str, figure: go.Figure, export: ExportedTable, theme: str = "light", include_data: bool = False
) -> str:
    """Buttons that save the chart whose Streamlit key is `name`: HTML for st.html, made when the reader asks for it. other: the chart on the page is in the other theme."""
    lang = export.view.lang
    rows = "".join(
        f"<li><span>{escape(t(f'size_{size}', lang))}</span>"
        + "".join(
            f'<button type="button" class="save-button" data-form="{form}" data-size="{size}" aria-label="{escape(t("save_as", lang, form=form.upper(), size=t(f"size_{size}", lang)))}">'
            f"{form.upper()}</button>"
            for form in IMAGE_FORMATS
        )
        + "</li>"
        for size in printed.IMAGE_SIZES
    )
    recipe = json.dumps(
        build_image_spec(figure, export, theme)
        | ({"data": json.loads(figure.to_json())["data"]} if include_data else {}),
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return (
        f'<div class="save-buttons" data-figure="{escape(name)}" data-recipe="{escape(recipe)}"><ul>{rows}</ul>'
        f'<p role="status" data-done="{escape(t("saved", lang))}" data-failed="{escape(t("not_saved", lang))}"></p></div>'
    )


def build_image_spec(figure: go.Figure, export: ExportedTable, theme: str = "light") -> dict:
    """What the script needs: file name, seal, and for each size the layout and the scale."""
    sizes = {}
    for size in printed.IMAGE_SIZES:
        ready = printed.build_image_figure(figure, export, size, theme)
        sizes[size] = {"layout": ready.layout.to_plotly_json(), "scale": printed.get_image_scale(ready, size)}
    return {
        "file": formats.build_file_stem(export.table, export.view, export.version),
        "seal": fingerprint.build_image_seal(export.seal, export.table),
        "sizes": sizes,
        "font": printed.FONT_FAMILY,
        "sample": FONT_SAMPLE,
        "width": round(printed.measure_text(FONT_SAMPLE, 100), 1),
    }
