"""Buttons that save a chart as PNG or SVG in the browser, with its texts and seal, without the server.

Plotly's own image export draws the chart again from its layout. The script (browser_image.js) replaces the
layout for that moment with the one of image_layout and seals the result before it is saved. Without the
script Plotly still saves the chart, but without texts and seal.
"""

import json
from functools import cache
from pathlib import Path

import plotly.graph_objects as go

from ripresa.charts.text_width import measure_text
from ripresa.exports import formats, image_layout
from ripresa.exports.export_table import ExportedTable
from ripresa.exports.seal import build_image_seal
from ripresa.i18n import t
from ripresa.templating import Markup, render_template

IMAGE_FORMATS = ("png", "svg")
FONT_SAMPLE = "The quick brown fox 0123456789"  # measured in the browser: a wider font gets smaller letters


@cache
def load_script() -> str:
    """The script, once a page: for st.html(..., unsafe_allow_javascript=True)."""
    return f"<script>{Path(__file__).with_name('browser_image.js').read_text(encoding='utf-8')}</script>"


def render_save_buttons(
    name: str, figure: go.Figure, export: ExportedTable, theme: str = "light", include_data: bool = False
) -> Markup:
    """Buttons for st.html that save the chart whose Streamlit key is `name`.

    include_data: render `figure` itself, because the chart on the page has the other theme.
    """
    spec = build_image_spec(figure, export, theme)
    if include_data:
        spec["data"] = json.loads(figure.to_json())["data"]
    return render_template(
        "exports/save_buttons.html",
        figure_name=name,
        spec=json.dumps(spec, ensure_ascii=False, separators=(",", ":")),
        sizes=list(image_layout.IMAGE_SIZES),
        formats=IMAGE_FORMATS,
        lang=export.view.lang,
        t=t,
    )


def build_image_spec(figure: go.Figure, export: ExportedTable, theme: str = "light") -> dict[str, object]:
    """The input of the script: file name, seal, and for each size the layout and the scale."""
    sizes = {}
    for size in image_layout.IMAGE_SIZES:
        ready = image_layout.build_image_figure(figure, export, size, theme)
        scale = image_layout.get_image_scale(ready, size)
        sizes[size] = {"layout": ready.layout.to_plotly_json(), "scale": scale}
    return {
        "file": formats.build_file_stem(export.table, export.view, export.version),
        "seal": build_image_seal(export.seal, export.table),
        "sizes": sizes,
        "font": image_layout.FONT_FAMILY,
        "sample": FONT_SAMPLE,
        "width": round(measure_text(FONT_SAMPLE, 100), 1),
    }
