"""Plotly figures as a component of their own, which updates a figure in place.

`st.plotly_chart` removes a figure and draws it again at each change, since the id of its element is a hash of
the whole figure. Here the id is the key, and plotly_figure.js calls `Plotly.react`. plotly.js is that of the
plotly package, which also renders the images on the server.
"""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import plotly
import plotly.graph_objects as go
import plotly.io as pio
import streamlit as st
from plotly.offline import get_plotlyjs

from ripresa import files, logs, settings
from ripresa.charts import theme
from ripresa.i18n import t

FIGURE_SCRIPT = Path(__file__).with_name("plotly_figure.js")
LOADER_SCRIPT = """const loaded = window.ripresaScriptLoaded ??= new Promise((resolve, reject) => {
  if (window.ripresaRenderFigure) return resolve();
  const inIndexHtml = document.querySelector("script[data-drawing]");
  const created = Object.assign(document.createElement("script"), { src: "%s" });
  const script = inIndexHtml ?? document.head.appendChild(created);
  script.addEventListener("load", resolve);
  script.addEventListener("error", reject);
});
export default async component => { await loaded; return window.ripresaRenderFigure(component); };"""


@cache
def publish_script() -> str:
    """The URL of plotly.js and plotly_figure.js in one file, named by its hash; writes the file if needed."""
    config = json.dumps({lang: theme.build_config(lang) for lang in settings.LANGS}, ensure_ascii=False)
    script = f"window.ripresaSettings = {config};\n{FIGURE_SCRIPT.read_text(encoding='utf-8')}"
    digest = hashlib.sha256(script.encode()).hexdigest()[:12]
    path = settings.GENERATED_SCRIPTS / f"figures-{plotly.__version__}-{digest}.js"
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write_atomically(path, f"{get_plotlyjs()}\n{script}".encode())
        except OSError as error:
            logs.LOGGER.error(
                "The script that draws the figures cannot be written to %s (%s): "
                "start once with a folder that can be written.",
                path.parent,
                error,
            )
    return f"/app/static/generated/{path.name}"


@cache
def _get_figure_component() -> Callable[..., object]:
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
    """Shows a figure under a key.

    image_name: of a file saved from it; on_area_click: called with the code of an area that is clicked."""
    callbacks: dict[str, Callable[[], None]] = {}
    if on_area_click:
        callbacks["on_area_change"] = lambda: on_area_click(st.session_state[key]["area"])
    _get_figure_component()(
        key=key,
        data=serialize_figure(figure, lang, image_name, alt_text, bool(on_area_click)),
        height=figure.layout.height,
        **callbacks,
    )


def serialize_figure(
    figure: go.Figure, lang: str, image_name: str, alt_text: str, is_clickable: bool
) -> bytes:
    """A figure for the script, as JSON in UTF-8.

    The result is stored with the figure, which is cached for all visitors who make the same choice."""
    serialized: dict[tuple[str, bool], bytes] = figure.__dict__.setdefault("_serialized", {})
    if (image_name, is_clickable) not in serialized:
        spec = figure.to_plotly_json()
        meta = spec["layout"].pop("meta", None) or {}  # its texts are in the page around the figure
        spec |= {
            "lang": lang,
            "imageName": image_name,
            "alt": f"{alt_text.rstrip('.')}. {t('alt_table', lang)}",
            "fullscreenLabel": t("whole_screen", lang),
            "isClickable": is_clickable,
            "aspectRatio": meta.get("aspect_ratio", 0),
        }
        serialized[image_name, is_clickable] = pio.json.to_json_plotly(spec).encode()
    return serialized[image_name, is_clickable]
