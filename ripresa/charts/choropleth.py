"""Maps: areas shaded by class, and the same as tiles of equal size."""

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.scales import Classes, classes, text_on
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.narrative.figure_text import frame, hover
from ripresa.narrative.phrases import bare
from ripresa.observations import boundaries as areas
from ripresa.observations.rows import (
    APART,
    SMALL_BASE,
    is_apart,
    is_old,
    is_small,
    peers,
    records,
    set_apart,
    valued,
)

HEIGHTS = {"italy": 580, "europe": 535, "world": 410}
RISE = {
    "italy": 1.29,
    "europe": 0.69,
    "world": 0.46,
}  # how high a map is for its width: on a phone it takes no more
TILE_HEIGHT = 620
OUTLINE = {"italy": 2.4, "europe": 1.9, "world": 1.4}
HALF = 0.47  # of a tile, leaving a thin gap
TOP, FOOT = 4, 72  # pixels above the map, and under the map for the classes and the legend
VIEWS = {
    "italy": {
        "projection": {"type": "mercator"},
        "lonaxis": {"range": [6.3, 18.8]},
        "lataxis": {"range": [35.3, 47.3]},
    },
    "europe": {
        "projection": {"type": "equal earth", "rotation": {"lon": 14}},
        "lonaxis": {"range": [-17.5, 44]},
        "lataxis": {"range": [34, 71.5]},
        "center": {"lon": 14, "lat": 50},
    },
    "world": {
        "projection": {"type": "natural earth"},
        "lonaxis": {"range": [-169, 191]},
        "lataxis": {"range": [-56, 80]},
    },
}


def choropleth(rows, view: View, theme: str = "light", boundaries: str = "address", across=()) -> go.Figure:
    """Areas shaded by class. rows: geo, geo_name, value and the other columns of a rows frame.

    boundaries: "address" sends the browser an address of this site, "inline" embeds the shapes, for drawing on a server.
    across: values of all periods, so that classes stay the same when the period changes.
    """
    found, level = set_apart(records(rows, view.lang)), view.level
    known = {row["geo"]: row for row in valued(found) if row["geo"] in areas.areas(level)}
    meta = frame(found, view, "map")
    if not known:
        return look.empty(view, theme, meta)
    colours = look.palette(theme)
    scale = classes(
        [*across] or [row["value"] for row in known.values()],
        view.indicator.unit,
        view.indicator.decimals,
        colours,
    )
    absent = [code for code in areas.drawn(level) if code not in known]
    context = [code for code, area in areas.areas(level).items() if area.context and code not in known]
    shapes = _shapes(level, boundaries)
    traces = [
        *_labels(
            known, view, scale, colours
        ),  # a scattergeo before any choropleth: the library would ask another site for its own map first
        *_hatches(known, view, scale, colours),
        _flat(shapes, context, colours.panel, colours.border, 0.3, view),
        _flat(shapes, absent, colours.no_data, colours.border, 0.6, view, hovers=True),
        _shaded(shapes, known, view, scale, colours, theme),
        *_outlines(shapes, [code for code in view.geo if code in known or code in absent], level, colours),
        *([_key(t("no_data", view.lang), colours.no_data, "square", colours.border)] if absent else []),
    ]
    return look.figure(
        [trace for trace in traces if trace],
        look.layout(
            theme,
            view.lang,
            HEIGHTS[level],
            meta=meta | {"rise": RISE[level]},
            showlegend=True,
            legend=look.legend(theme, x=0.5, xanchor="center", y=0, yref="container", yanchor="bottom"),
            margin={"l": 0, "r": 0, "t": TOP, "b": FOOT, "pad": 0},
            geo={
                "visible": False,
                "bgcolor": look.CLEAR,
                "showframe": False,
                "domain": {"x": [0, 1], "y": [0, 1]},
                **VIEWS[level],
            },
        ),
    )


def tilegrid(rows, view: View, theme: str = "light", across=()) -> go.Figure:
    """Italy as tiles of equal size with name and value, so that small areas weigh as much as large ones."""
    found = set_apart(records(rows, view.lang))
    known = {row["geo"]: row for row in valued(found)}
    meta = frame(found, view, "tiles")
    if not known:
        return look.empty(view, theme, meta)
    colours = look.palette(theme)
    own = [row["value"] for row in valued(peers(found, view))]
    scale = classes([*across] or own, view.indicator.unit, view.indicator.decimals, colours)
    grid, text, shapes, points = areas.tiles(), [], [], {"x": [], "y": [], "text": [], "customdata": []}
    for code, tile in sorted(
        grid["tiles"].items(), key=lambda item: item[0] in view.geo
    ):  # the chosen last, over their neighbours
        row, x, y, chosen = known.get(code), tile["col"], tile["row"], code in view.geo
        fill = scale.colour(row["value"]) if row else colours.no_data
        shapes.append(
            {
                "type": "rect",
                "x0": x - HALF,
                "x1": x + HALF,
                "y0": y - HALF,
                "y1": y + HALF,
                "fillcolor": fill,
                "layer": "below",
                "line": {"color": colours.ink if chosen else colours.border, "width": 3 if chosen else 0.6},
            }
        )
        if chosen:  # a pale line inside the bold one, seen on light and on dark tiles
            inner = HALF - 0.05
            shapes.append(
                {
                    "type": "rect",
                    "x0": x - inner,
                    "x1": x + inner,
                    "y0": y - inner,
                    "y1": y + inner,
                    "layer": "below",
                    "line": {"color": colours.page, "width": 2},
                }
            )
        mark = APART * is_apart(row) + "*" * is_small(row) if row else ""
        text.append(
            look.note(
                theme,
                f"<b>{tile['label']}</b><br>{bare(row['value'], view) + mark if row else '–'}",
                x=x,
                y=y,
                font={"size": look.TICK, "color": text_on(fill)},
            )
        )
        points["x"].append(x)
        points["y"].append(y)
        points["text"].append(
            hover(row, view) if row else f"<b>{_name(code, view)}</b><br>{t('no_data', view.lang)}"
        )
        points["customdata"].append([code])
    hidden = {"visible": False, "fixedrange": True}
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            **points,
            "hovertemplate": "%{text}<extra></extra>",
            "showlegend": False,
            "marker": {
                "size": 40,
                "opacity": 0,
                "symbol": "square",
                "cmin": -0.5,
                "cmax": len(scale.colours) - 0.5,
                "color": [0] * len(text),
                **_colorbar_marker(scale, view, theme, colours),
            },
            "selected": {"marker": {"opacity": 0}},
            "unselected": {"marker": {"opacity": 0}},
        }
    ]
    frame_ = look.layout(
        theme,
        view.lang,
        TILE_HEIGHT,
        meta=meta,
        shapes=shapes,
        annotations=text + _tile_keys(known, view, theme, colours),
        margin={"l": 4, "r": 4, "t": 4, "b": FOOT, "pad": 0},
        hoverdistance=40,
        xaxis={**hidden, "range": [-0.55, grid["cols"] - 0.45], "constrain": "domain"},
        yaxis={**hidden, "range": [grid["rows"] - 0.45, -0.55], "scaleanchor": "x", "constrain": "domain"},
    )
    return look.figure(traces, frame_)


def _shapes(level: str, boundaries: str):
    return areas.boundaries(level) if boundaries == "inline" else areas.ADDRESS.format(name=areas.MAPS[level])


def _name(code: str, view: View) -> str:
    return areas.areas(view.level)[code].name[view.lang] if code in areas.areas(view.level) else code


def _labels(known: dict, view: View, scale: Classes, colours) -> list[dict]:
    """Values written on the map where areas are few enough to hold them, one trace an ink; elsewhere one silent point."""
    base = {"type": "scattergeo", "hoverinfo": "skip", "showlegend": False}
    if view.level != "italy":
        return [{**base, "mode": "markers", "lon": [0], "lat": [0], "marker": {"size": 1, "opacity": 0}}]
    inks: dict[str, list] = {}
    for code, row in known.items():
        ink = colours.ink if code in areas.AT_SEA else text_on(scale.colour(row["value"]))
        inks.setdefault(ink, []).append((*areas.label("italy", code), bare(row["value"], view)))
    return [
        {
            **base,
            "mode": "text",
            "lon": [x for x, _, _ in labels],
            "lat": [y for _, y, _ in labels],
            "text": [text for *_, text in labels],
            "textfont": {"size": look.SMALL, "color": ink},
            "selected": {"textfont": {"color": ink}},
            "unselected": {"textfont": {"color": ink}},
        }
        for ink, labels in inks.items()
    ]


def _hatches(known: dict, view: View, scale: Classes, colours) -> list[dict]:
    """Strokes over the areas that want caution, dark on pale areas and pale on dark ones, with an entry in the legend for each kind."""
    lang = view.lang
    small = [code for code, row in known.items() if is_small(row)]
    old = [code for code, row in known.items() if is_old(row) and code not in small]
    apart = [code for code, row in known.items() if is_apart(row)]
    kinds = (
        (apart, 0, "line-ew-open", f"{APART} {t('other_edition', lang)}"),
        (small, 45, "line-ne-open", t("small_base", lang, count=SMALL_BASE)),
        (old, 135, "line-nw-open", t("old_survey", lang)),
    )
    traces = []
    for codes, angle, symbol, label in kinds:
        inks: dict[str, list[str]] = {}
        for code in codes:
            inks.setdefault(text_on(scale.colour(known[code]["value"])), []).append(code)
        traces += [_strokes(there, view.level, angle, ink) for ink, there in inks.items()] + [
            _key(label, colours.ink, symbol, colours.ink)
        ] * bool(codes)
    return traces


def _strokes(codes: list[str], level: str, angle: int, ink: str) -> dict:
    lon, lat = [], []
    for code in codes:
        x, y = areas.hatch(level, code, angle)
        lon += x
        lat += y
    return {
        "type": "scattergeo",
        "mode": "lines",
        "lon": lon,
        "lat": lat,
        "line": {"color": ink, "width": 1.1},
        "opacity": 0.85,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _flat(
    shapes, codes: list[str], fill: str, border: str, width: float, view: View, hovers: bool = False
) -> dict | None:
    if not codes:
        return None
    trace = {
        "type": "choropleth",
        "geojson": shapes,
        "locations": codes,
        "z": [0] * len(codes),
        "colorscale": [[0, fill], [1, fill]],
        "showscale": False,
        "showlegend": False,
        "marker": {"line": {"color": border, "width": width}},
        **look.NO_DIMMING,
    }
    if not hovers:
        return {**trace, "hoverinfo": "skip"}
    missing = t("no_data", view.lang)
    return {
        **trace,
        "text": [f"<b>{_name(code, view)}</b><br>{missing}" for code in codes],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _shaded(shapes, known: dict, view: View, scale: Classes, colours, theme: str) -> dict:
    return {
        "type": "choropleth",
        "geojson": shapes,
        "locations": list(known),
        "z": [scale.index(row["value"]) for row in known.values()],
        "zmin": -0.5,
        "zmax": len(scale.colours) - 0.5,
        "text": [hover(row, view) for row in known.values()],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"line": {"color": colours.border, "width": 0.6}},
        "showlegend": False,
        **look.NO_DIMMING,
        **_colorbar_marker(scale, view, theme, colours),
    }


def _outlines(shapes, codes: list[str], level: str, colours) -> list[dict]:
    """The chosen areas again, hollow, with a bold border on top; the pale line under it keeps it visible on dark areas."""
    if not codes:
        return []
    hollow = {
        "type": "choropleth",
        "geojson": shapes,
        "locations": codes,
        "z": [0] * len(codes),
        "colorscale": [[0, look.CLEAR], [1, look.CLEAR]],
        "showscale": False,
        "showlegend": False,
        "hoverinfo": "skip",
        **look.NO_DIMMING,
    }
    return [
        {**hollow, "marker": {"line": {"color": colour, "width": width}}}
        for colour, width in ((colours.page, 2.1 * OUTLINE[level]), (colours.ink, OUTLINE[level]))
    ]


def _key(label: str, colour: str, symbol: str, border: str) -> dict:
    """A legend entry with nothing on the map."""
    return {
        "type": "scattergeo",
        "mode": "markers",
        "lon": [None],
        "lat": [None],
        "name": label,
        "showlegend": True,
        "hoverinfo": "skip",
        "marker": {"symbol": symbol, "size": 11, "color": colour, "line": {"color": border, "width": 1}},
    }


def _colorbar_marker(scale: Classes, view: View, theme: str, colours) -> dict:
    return {"colorscale": scale.colorscale(), "showscale": True, "colorbar": colorbar(scale, view, theme)}


def colorbar(scale: Classes, view: View, theme: str, **more) -> dict:
    """Classes as equal blocks with the limits written between them."""
    ticks = look.tick_labels(list(scale.limits), view.indicator.unit, view.indicator.decimals, view.lang)
    return {
        "orientation": "h",
        "x": 0.5,
        "xanchor": "center",
        "y": 0,
        "yanchor": "top",
        "lenmode": "pixels",
        "len": 330,
        "thickness": 12,
        "xpad": 0,
        "ypad": 6,
        "outlinewidth": 0.6,
        "outlinecolor": look.palette(theme).border,
        "tickmode": "array",
        "tickvals": [i + 0.5 for i in range(len(scale.limits))],
        "ticktext": ticks,
        "tickfont": {"size": look.TICK, "color": look.palette(theme).soft},
        "ticks": "outside",
        "ticklen": 3,
        "tickcolor": look.palette(theme).border,
        **more,
    }


def _tile_keys(known: dict, view: View, theme: str, colours) -> list[dict]:
    missing = any(code not in known for code in areas.tiles()["tiles"])
    words = [f"– {t('no_data', view.lang)}"] if missing else []
    words += (
        [f"* {t('small_base', view.lang, count=SMALL_BASE)}"]
        if any(is_small(row) for row in known.values())
        else []
    )
    words += [f"{APART} {t('other_edition', view.lang)}"] if any(map(is_apart, known.values())) else []
    return (
        [
            look.note(
                theme,
                "   ".join(words),
                x=0.5,
                y=0,
                xref="paper",
                yref="paper",
                xanchor="center",
                yanchor="top",
                yshift=-46,
            )
        ]
        if words
        else []
    )
