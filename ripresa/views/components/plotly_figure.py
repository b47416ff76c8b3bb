"""Figures in the page: drawn by a component of ours with Plotly's own script, and changed in place when their numbers change.

Streamlit's own chart takes a figure down and builds it anew at each change: its id hashes the whole figure. Here the id is the key, and the script
asks Plotly for the difference. Drawn by the plotly.js that comes with the plotly package, the one that also makes the images.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import plotly
import plotly.graph_objects as go
import plotly.io as pio
import streamlit as st
from plotly.offline import get_plotlyjs

from ripresa import settings
from ripresa.charts import theme as look
from ripresa.i18n import t
from ripresa.settings import LANGS

SCRIPT_FOLDER = settings.GENERATED_SCRIPTS
FIGURE_SCRIPT = Path(__file__).with_name("plotly_figure.js")
LOADER_SCRIPT = """const made = window.ripresaMade ??= new Promise((done, failed) => {
  if (window.ripresaDraw) return done();
  const tag = document.querySelector("script[data-drawing]") ?? document.head.appendChild(Object.assign(document.createElement("script"), { src: "%s" }));
  tag.addEventListener("load", done);
  tag.addEventListener("error", failed);
});
export default async component => { await made; return window.ripresaDraw(component); };"""


@cache
def publish_script() -> str:
    """The address of the script that draws: Plotly's and ours in one file, named after what is in it. Makes the file where there is none."""
    settings = json.dumps({lang: look.build_config(lang) for lang in LANGS}, ensure_ascii=False)
    own = f"window.ripresaSettings = {settings};\n{FIGURE_SCRIPT.read_text(encoding='utf-8')}"
    file = SCRIPT_FOLDER / f"drawing-{plotly.__version__}-{hashlib.sha256(own.encode()).hexdigest()[:12]}.js"
    if not file.exists():
        try:
            SCRIPT_FOLDER.mkdir(parents=True, exist_ok=True)
            draft = file.with_suffix(f".{os.getpid()}")
            draft.write_text(f"{get_plotlyjs()}\n{own}", encoding="utf-8")
            draft.replace(file)
        except OSError as fault:
            logging.getLogger("ripresa").error(
                "The script that draws the figures cannot be written to %s (%s): start once with a folder that can be written.",
                SCRIPT_FOLDER,
                fault,
            )
    return f"/app/static/generated/{file.name}"


@cache
def _get_figure_component() -> Callable:
    return st.components.v2.component(
        "ripresa_figure", js=LOADER_SCRIPT % publish_script(), isolate_styles=False
    )


def render_plotly_figure(
    figure: go.Figure,
    key: str,
    lang: str,
    image_name: str,
    alt_text: str,
    on_area_click: Callable[[str], None] | None = None,
) -> None:
    """A figure whose key on the page is `key`. file: name of an image saved from it. touched: told the code of an area that the reader touched."""
    call = (
        {"on_touched_change": lambda: on_area_click(st.session_state[key]["touched"])}
        if on_area_click
        else {}
    )
    _get_figure_component()(
        key=key,
        data=serialize_figure(figure, lang, image_name, alt_text, bool(on_area_click)),
        height=figure.layout.height,
        **call,
    )


def serialize_figure(
    figure: go.Figure, lang: str, image_name: str, alt_text: str, is_clickable: bool
) -> bytes:
    """What the script gets, JSON in UTF-8; made once, since figures are kept for the next visitor with the same choice."""
    made = figure.__dict__.setdefault("_sent", {})
    if (image_name, is_clickable) not in made:
        spec = figure.to_plotly_json() | {
            "lang": lang,
            "file": image_name,
            "alt": f"{alt_text.rstrip('.')}. {t('alt_table', lang)}",
            "words": t("whole_screen", lang),
            "touch": is_clickable,
        }
        spec["rise"] = (spec["layout"].pop("meta", None) or {}).get(
            "aspect_ratio", 0
        )  # its words stand in the page around it
        made[image_name, is_clickable] = pio.json.to_json_plotly(spec).encode()
    return made[image_name, is_clickable]
