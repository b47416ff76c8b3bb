"""A topic's page: its question, the filters, and every figure the catalogue and the data allow for the choice."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from html import escape

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ripresa import catalogue
from ripresa.charts import bar as ranking
from ripresa.charts import choropleth as regions
from ripresa.charts import dot, dumbbell, heatmap, line
from ripresa.charts.line_styles import BESIDE, company
from ripresa.database.query import ask, kept
from ripresa.filters import Filters, View, all_periods, offers, resolve
from ripresa.i18n import list_text, noted, t
from ripresa.observations import boundaries
from ripresa.observations.rows import beside, records
from ripresa.views import shell
from ripresa.views.components import glossary
from ripresa.views.components.document_link import document, is_home
from ripresa.views.components.figure_panel import panel
from ripresa.views.components.filter_bar import bar
from ripresa.views.shell import theme

PARTS = ("total", "section")
FEW = 4  # sectors
RATES = ("percent", "percent_change", "points")


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure with what it was drawn from: its key on the page, its rows and its view; `draw` draws it again in another theme."""

    name: str
    figure: go.Figure
    rows: pd.DataFrame
    view: View
    draw: Callable[[str], go.Figure]
    where: str = ""


def drawing(
    name: str, draw: Callable[[str], go.Figure], theme: str, rows: pd.DataFrame, view: View, where: str = ""
) -> Drawing:
    """A figure drawn in a theme."""
    return Drawing(name, draw(theme), rows, view, draw, where)


def show(name: str, filters: Filters) -> None:
    """The page of topic `name` for the visitor's filters."""
    view, topic = resolve(filters, name), catalogue.topics()[name]
    opening(topic.title[view.lang], topic.question[view.lang], topic.intro[view.lang])
    said(view, bar(view))
    rows, place = FIRST[view.chart](view), st.container()
    side_by_side(*over_time(view, theme()))
    side_by_side(by_sector(view, theme()), *by_leader(view, theme()))
    with place:  # asked last, so that no figure waits for it
        about(view, rows)
    side_by_side(by_area_and_sector(view, theme()))


def opening(kicker: str, question: str, intro: str) -> None:
    """The top of a page: its subject, its question as heading, what to know before reading, and its words explained."""
    explained = glossary.here(st.session_state["page"], st.session_state["filters"].lang)
    st.html(
        f'<div class="opening"><p class="kicker">{escape(kicker)}</p><h1>{escape(question)}</h1><p class="lead">{escape(intro)}</p>{explained}</div>'
    )


def said(view: View, offered) -> None:
    """What was asked for and is not there, with the way back."""
    sentences = [t(key, view.lang, **dict(values)) for key, values in view.notes]
    without = [option.label for option in offered.areas if option.code in view.geo and not option.available]
    if without:
        abroad = view.level == "italy" and view.indicator.id in offers(
            catalogue.topics()[view.topic], "europe"
        )  # where Italy is to be found then
        sentences.append(
            t(
                "chosen_without_italy" if abroad else "chosen_without",
                view.lang,
                areas=list_text(without, view.lang),
            )
        )
    if sentences:
        st.html(
            '<div class="said">' + "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences) + "</div>"
        )
        st.button(t("reset", view.lang), on_click=shell.reset, type="tertiary", key=f"reset_{view.lang}")


# --- the first figure ---


def on_map(view: View) -> pd.DataFrame:
    """Areas on a map (or tiles) with the same figures in order beside it."""
    first, order = mapped(view, theme(), st.session_state.get(f"drawn_{view.level}_{view.lang}", ""))
    panel(
        "map",
        first.figure,
        first.rows,
        view,
        (first.draw, order.draw),
        select=True,
        beside=order.figure,
        above=ABOVE.get(view.level),
    )
    return first.rows


@kept
def mapped(view: View, theme: str, drawn: str) -> tuple[Drawing, Drawing]:
    """The map and the areas in order; drawn: "tiles", or the continent to be seen closer."""
    rows = beside(ask("map", **view.moment), ask("references", **view.moment), view)
    found = records(rows, view.lang)
    closer = view.level == "world" and drawn in set(rows["continent"])
    order = drawing(
        "map",
        partial(
            ranking.bars, [row for row in found if row.get("continent") == drawn] if closer else found, view
        ),
        theme,
        rows,
        view,
    )
    whole = partial(
        regions.tilegrid if drawn == "tiles" else regions.choropleth, found, view, across=all_periods(view)
    )

    def part(theme: str) -> go.Figure:
        figure = whole(theme)
        figure.layout.geo.update(window(rows, drawn))
        figure.layout.meta = order.figure.layout.meta
        return figure

    return drawing("map", part if closer else whole, theme, rows, view), order


@kept
def as_dots(view: View, theme: str) -> Drawing:
    """The few areas that published a figure, by name."""
    rows = beside(ask("map", **view.moment), ask("references", **view.moment), view)
    return drawing("dots", partial(dot.named, rows, view), theme, rows, view)


@kept
def as_series(view: View, theme: str) -> Drawing:
    """One or a few areas over time."""
    rows = ask("trend", **view.cut, geos=view.geo, lang=view.lang)
    return drawing("series", partial(line.lines, rows, view), theme, rows, view)


def alone(draw: Callable) -> Callable:
    """A first figure that has the page's width."""

    def show(view: View) -> pd.DataFrame:
        one = draw(view, theme())
        panel(one.name, one.figure, one.rows, view, (one.draw,))
        return one.rows

    return show


FIRST = {"map": on_map, "dots": alone(as_dots), "series": alone(as_series)}


def tiles_or_map(view: View) -> None:
    """Italy as it is, or as tiles of equal size."""
    _radio(view, {"": t("drawn_map", view.lang), "tiles": t("drawn_tiles", view.lang)})


def continents(view: View) -> None:
    """The whole world, or one continent closer."""
    there = sorted(set(ask("map", **view.moment)["continent"].dropna()) - {""})
    _radio(
        view, {"": t("level_world", view.lang)} | {code: t(f"continent_{code}", view.lang) for code in there}
    )


ABOVE = {"italy": tiles_or_map, "world": continents}


def _radio(view: View, names: dict[str, str]) -> None:
    st.radio(
        t("drawn", view.lang),
        list(names),
        format_func=names.get,
        horizontal=True,
        label_visibility="collapsed",
        key=f"drawn_{view.level}_{view.lang}",
    )


def window(rows: pd.DataFrame, continent: str) -> dict:
    """The part of the map that holds a continent's areas."""
    places = [
        boundaries.areas("world")[code]
        for code in rows[rows["continent"] == continent]["geo"]
        if code in boundaries.areas("world")
    ]
    x, y = sorted(place.x for place in places), sorted(place.y for place in places)
    return {
        "lonaxis": {"range": [x[0] - 12, x[-1] + 12]},
        "lataxis": {"range": [max(y[0] - 12, -60), min(y[-1] + 12, 82)]},
    }


# --- what it measures ---


def about(view: View, rows: pd.DataFrame) -> None:
    """The definition, the population and the documents behind the figures, folded."""
    indicator, lang = view.indicator, view.lang
    found = ask("citations", **view.cut, period=view.period, editions=view.editions, geos=view.geo)
    documents = "".join(
        f"<li>{document(row.publisher, row.title, row.published, row.url, lang)}</li>"
        for row in found.head(8).itertuples()
    )
    home = (
        f"<p>{escape(t('publisher_home', lang))}</p>"
        if any(is_home(row.url) for row in found.head(8).itertuples())
        else ""
    )
    more = f"<li>{escape(t('documents_more', lang, count=len(found) - 8))}</li>" if len(found) > 8 else ""
    sources = tuple(dict.fromkeys(rows["source"])) or (indicator.source,)
    named = "".join(f"<p>{_source(catalogue.sources()[id], lang)}</p>" for id in sources)
    st.html(f"""<details class="about"><summary>{escape(t("what_it_measures", lang))}</summary>
        <p><strong>{escape(indicator.label[lang])}.</strong> {escape(indicator.description[lang])}</p>
        <p><strong>{escape(t("universe", lang))}</strong> {escape(catalogue.universe(indicator, sources, lang))}.</p>
        {named}<p><strong>{escape(t("documents", lang))}</strong></p><ul>{documents}{more}</ul>{home}</details>""")


def _source(source, lang: str) -> str:
    return f"<strong>{escape(noted(source.publisher, lang))}, {escape(source.name[lang])}.</strong> {escape(source.note[lang])} <em>{escape(t(f'kind_{source.kind}', lang))}</em>"


# --- over time, by sector, by who leads ---


def timeless(draw: Callable) -> Callable:
    """Figures of all periods: drawn once for every period a visitor can be at, and handed on with theirs."""
    drawn = kept(draw)

    def shown(view: View, theme: str) -> tuple[Drawing, ...]:
        return tuple(
            replace(one, view=replace(one.view, period=view.period, notes=view.notes))
            for one in drawn(replace(view, period="", notes=()), theme)
        )

    return shown


@timeless
def over_time(view: View, theme: str) -> tuple[Drawing, ...]:
    """The same indicator over time, and beside it the indicators the catalogue sets beside it, on the same scale."""
    if view.chart == "series":
        return ()
    geos = company(view)
    shown = [view, *(replace(view, indicator=catalogue.indicator(id)) for id in view.indicator.related)]
    found = [(one, ask("trend", **one.cut, geos=geos, lang=view.lang)) for one in shown]
    found = [(one, rows) for one, rows in found if line.has_line(rows)][:2]
    if not found or found[0][0] is not view:
        return ()
    reaches = [line.reach(rows, one) for one, rows in found if one.indicator.unit == view.indicator.unit]
    span = (
        (min(low for low, _ in reaches), max(high for _, high in reaches))
        if len(reaches) == len(found)
        else ()
    )
    return tuple(
        drawing(name, partial(line.lines, rows, one, span=span, asked=geos), theme, rows, one)
        for name, (one, rows) in zip(("time", "beside"), found, strict=False)
    )


def side_by_side(*drawings: Drawing | None) -> None:
    """The drawings there are, in as many columns."""
    there = [one for one in drawings if one is not None]
    for one, column in zip(there, st.columns(len(there), gap="large") if there else [], strict=True):
        with column:
            panel(one.name, one.figure, one.rows, one.view, (one.draw,), folded=True, where=one.where)


@kept
def by_sector(view: View, theme: str) -> Drawing | None:
    """The sectors of the first area chosen that has them, else of the whole; where they are few, those of Italy in an indicator of the topic that has many."""
    here, rows = None, None
    for geo in dict.fromkeys((*view.geo, *BESIDE[view.level], "ITA")):
        found = one_list(ask("by_sector", **view.moment, geo=geo))
        if found["sector"].nunique() > 2:
            here, rows = replace(view, geo=(geo,)), found
            break
    if here is None or rows["sector"].nunique() <= FEW:
        for id in catalogue.topics()[view.topic].extra_indicators if view.level == "italy" else ():
            other = resolve(
                Filters(lang=view.lang, level="italy", indicator=id, period=view.period), view.topic
            )
            found = one_list(ask("by_sector", **other.moment, geo="ITA"))
            if other.indicator.unit in RATES and found["sector"].nunique() > FEW:
                here, rows = replace(other, geo=("ITA",)), found
                break
    return (
        drawing("sectors", partial(heatmap.bars, rows, here), theme, rows, here, _whose(rows, view))
        if here
        else None
    )


def _whose(rows: pd.DataFrame, view: View) -> str:
    """The area whose sectors are shown, and which of those chosen before it have none."""
    shown, geo = rows["geo_name"].iloc[0], rows["geo"].iloc[0]
    without = view.geo[: view.geo.index(geo)] if geo in view.geo else view.geo
    if not without:
        return shown
    return t(
        "sectors_of_another",
        view.lang,
        shown=shown,
        wanted=list_text([boundaries.names()[code][view.lang] for code in without], view.lang),
    )


@timeless
def by_leader(view: View, theme: str) -> tuple[Drawing, ...]:
    """Firms led by women beside firms led by men: for this indicator, else for the first of the topic that has both."""
    for id in dict.fromkeys((view.indicator.id, *offers(catalogue.topics()[view.topic]))):
        rows = ask("by_gender", indicator=id, sector="all", size="all", lang=view.lang)
        if len(rows):
            here = replace(
                view,
                indicator=catalogue.indicator(id),
                level="world",
                geo=(),
                sector="all",
                size="all",
                gender="all",
            )
            return (drawing("leaders", partial(dumbbell.gaps, rows, here), theme, rows, here),)
    return ()


@kept
def by_area_and_sector(view: View, theme: str) -> Drawing | None:
    """All areas by all sectors, where that is published."""
    if view.period == "latest" or view.chart != "map":
        return None
    rows = one_list(ask("area_sector", **view.moment))
    return (
        drawing("heat", partial(heatmap.heat, rows, view), theme, rows, view)
        if (rows.groupby("sector")["geo"].nunique() > 3).sum() > 1
        else None
    )


def one_list(rows: pd.DataFrame) -> pd.DataFrame:
    """Total and sections only, where there are enough: aggregates and divisions beside them would count firms twice."""
    few = rows[rows["sector_kind"].isin(PARTS)]
    return few if few["sector"].nunique() > 3 else rows
