"""Two to six areas side by side: one indicator over time with its differences in words, and all indicators in a table."""

from dataclasses import dataclass
from functools import lru_cache, partial
from html import escape
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.charts import bar as ranking
from ripresa.charts import dot
from ripresa.charts import line as trend
from ripresa.database.query import ask, version
from ripresa.filters import Filters, View
from ripresa.i18n import MISSING, list_text, t, value_text
from ripresa.narrative import benchmark
from ripresa.narrative.benchmark import ALONE
from ripresa.observations.rows import records, valued
from ripresa.profiles import area_profile as areas
from ripresa.profiles import sheet
from ripresa.views import shell
from ripresa.views.components import data_table
from ripresa.views.components.figure_panel import panel
from ripresa.views.pages.topic_page import opening

FEWEST, MOST = 2, 6
OPENING = ("ITC", "ITH", "ITI", "ITF+ITG", "ITA")  # without a choice: the macro-areas beside Italy
ALSO = ("EU27_2020",)  # areas without a profile that may be set beside others
COMPANY = ("ITA", "DEU", "FRA", "ESP", "EU27_2020")  # beside Italy alone


@dataclass(frozen=True)
class Line:
    """An indicator of several areas: in `cells` the figures that share a moment, in `others` the newest of areas that have none then; known: all of that choice."""

    indicator: Indicator
    row: dict
    cells: dict[str, dict]
    others: dict[str, dict]
    known: tuple[dict, ...]


def show(filters: Filters) -> None:
    """The page, for the areas of the address."""
    st.html(sheet.STYLE)
    lang, names = filters.lang, labels(filters.lang)
    asked = [code for code in filters.geo if code in names]
    geos = company(asked, lang)[:MOST]
    opening(t("nav_compare", lang), t("compare_question", lang), t("compare_intro", lang))
    lines = compared(geos, lang)
    chosen = next(
        (line for line in lines if line.indicator.id == filters.indicator), lines[0] if lines else None
    )
    choice(geos, names, lines, chosen, lang)
    said = (
        [t("compare_too_many", lang, count=MOST)]
        if len(asked) > MOST
        else [t("compare_one_added", lang, name=names[asked[0]])]
        if len(asked) == 1
        else []
    )
    for sentence in said if lines else [*said, t("compare_nothing", lang)]:
        st.html(f'<div class="said"><p>{escape(sentence)}</p></div>')
    if chosen:
        figure(chosen, geos, names, lang)
        everything(lines, geos, names, lang)


def labels(lang: str) -> dict[str, str]:
    """The areas that may be compared, in reading order."""
    all_names = {row.code: row.name for row in ask("areas", level="any", lang=lang).itertuples()}
    return areas.names(lang) | {code: all_names[code] for code in ALSO}


def company(asked: list[str], lang: str) -> tuple[str, ...]:
    """The areas to compare; one alone is set beside those it is read against."""
    if len(asked) >= FEWEST:
        return tuple(asked)
    if not asked:
        return OPENING
    if asked[0] in ("ITA", *ALSO):
        return tuple(dict.fromkeys((asked[0], *COMPANY)))
    one = areas.area(asked[0], lang)
    europe = () if one.level in ("area", "macro") else ALSO  # with which an Italian area shares nothing
    return asked[0], *(
        code
        for code in areas.benchmarks(one.geo, one.level, one.parent)
        if code in areas.names(lang) or code in europe
    )


# --- what the areas share ---


def compared(geos: tuple[str, ...], lang: str) -> list[Line]:
    """One line for each indicator that two of the areas have at one moment, in catalogue order."""
    return [line for line in _shared(version(), geos, lang).values() if line]


def apart(geos: tuple[str, ...], lang: str) -> list[Indicator]:
    """The indicators that two of the areas have, but never at one moment."""
    return [catalogue.indicator(id) for id, line in _shared(version(), geos, lang).items() if not line]


@lru_cache(maxsize=256)
def _shared(version: str, geos: tuple[str, ...], lang: str) -> dict[str, Line | None]:
    rows = valued(
        records(ask("profile", geos=geos, focus_geos=geos, sectors=areas.sectors(), lang=lang), lang)
    )
    by_indicator: dict[str, list[dict]] = {}
    for row in rows:
        by_indicator.setdefault(row["indicator"], []).append(row)
    several = [
        id
        for id in catalogue.indicators()
        if id not in areas.TOLD and len({row["geo"] for row in by_indicator.get(id, ())}) >= FEWEST
    ]
    return {id: line_of(catalogue.indicator(id), by_indicator[id]) for id in several}


def line_of(indicator: Indicator, rows: list[dict]) -> Line | None:
    """The choice, period and edition that most areas share; of equals the one the catalogue opens with (self-selected surveys) or the newest."""
    moments: dict[tuple, dict[str, dict]] = {}
    for row in rows:
        moments.setdefault((row["sector"], row["gender"], row["size"], row["period"], row["edition"]), {})[
            row["geo"]
        ] = row
    views = [indicator.view(level) for level in indicator.default]
    cuts = [
        (sector, view["gender"], view["size"])
        for view in views
        for sector in dict.fromkeys(("all", view["sector"]))
    ]
    opened = (
        {view["period"] for view in views}
        if catalogue.sources()[indicator.source].kind == "self_selected" and indicator.unit not in ALONE
        else set()
    )

    def worth(moment: tuple) -> tuple:
        cut, there = moment[:3], moments[moment]
        return (
            len(there),
            moment[3] in opened,
            -cuts.index(cut) if cut in cuts else -99,
            areas.recent(next(iter(there.values()))),
        )

    best = max(moments, key=worth)
    if len(moments[best]) < FEWEST:
        return None
    cells = moments[best]
    known = tuple(row for row in rows if (row["sector"], row["gender"], row["size"]) == best[:3])
    others = {row["geo"]: row for row in sorted(known, key=areas.recent) if row["geo"] not in cells}
    return Line(indicator, next(iter(cells.values())), cells, others, known)


# --- the page ---


def choice(
    geos: tuple[str, ...], names: dict[str, str], lines: list[Line], chosen: Line | None, lang: str
) -> None:
    """The areas and the indicator, kept in the address."""
    with st.container(key="comparing", horizontal=True, vertical_alignment="bottom", gap="medium"):
        key = seeded("areas", list(geos), lang)
        st.multiselect(
            t("compare_areas", lang),
            list(names),
            key=key,
            format_func=names.get,
            max_selections=MOST,
            placeholder=t("compare_areas_none", lang),
            on_change=lambda: shell.choose(geo=tuple(st.session_state[key])),
        )
        if chosen:
            own = seeded("indicator", chosen.indicator.id, lang)
            known = {line.indicator.id: line.indicator.label[lang] for line in lines}
            st.selectbox(
                t("filter_indicator", lang),
                list(known),
                key=own,
                format_func=known.get,
                on_change=lambda: shell.choose(geo=geos, indicator=st.session_state[own]),
            )


def seeded(name: str, value, lang: str) -> str:
    """The key of a widget of this page, one a language, holding what is shown."""
    key = f"compare_{name}_{lang}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def figure(line: Line, geos: tuple[str, ...], names: dict[str, str], lang: str) -> None:
    """The indicator over time where it has a history, else at the moment the areas share; then the differences in words."""
    view = view_of(line, geos, lang)
    rows = ask(
        "trend",
        **view.cut,
        geos=tuple(geo for geo in geos if geo in line.cells or geo in line.others),
        lang=lang,
    )
    if trend.has_line(rows):
        draw = partial(trend.lines, rows, view)
    else:
        rows = rows[(rows["period"] == view.period) & (rows["edition"] == view.edition)]
        draw = partial(
            dot.named if line.indicator.chart == "dots" else ranking.bars, records(rows, lang), view
        )
    panel("compared", draw(shell.theme()), rows, view, (draw,))
    st.html(differences(line, geos, names, lang))


def view_of(line: Line, geos: tuple[str, ...], lang: str) -> View:
    """What the figure shows, as the figures ask for it."""
    levels = {code: areas.place(code) for code in geos}
    level = next(
        level for level in ("italy", "europe", "world") if all(levels[code] in PLACES[level] for code in geos)
    )
    row = line.row
    return View(
        lang,
        line.indicator.topic,
        level,
        line.indicator,
        geos,
        row["sector"],
        row["gender"],
        row["size"],
        row["period"],
        (row["edition"],),
        "series",
        page="compare",
    )


PLACES = {"italy": ("italy",), "europe": ("italy", "europe"), "world": ("italy", "europe", "world")}


def differences(line: Line, geos: tuple[str, ...], names: dict[str, str], lang: str) -> str:
    """Each area against the first, at the moment they share; amounts are not set against one another."""
    there = [geo for geo in geos if geo in line.cells]
    without = [names[geo] for geo in geos if geo not in line.cells]
    first, rest = line.cells[there[0]], there[1:]
    absent = (
        f'<p class="credit">{escape(t("compare_without", lang, names=list_text(without, lang)))}</p>'
        if without
        else ""
    )
    if line.indicator.unit in ALONE:
        return f'<section class="differences"><p class="credit">{escape(t("compare_amounts", lang))}</p>{absent}</section>'
    items = ""
    for geo in rest:
        told = benchmark.compared(line.cells[geo], first, line.indicator, lang)
        kind = (
            t("profile_joined", lang)
            if told is None
            else f"{told.text}, {t('plain_difference' if told.plain else 'by_interval', lang)}"
        )
        text = t(
            "compare_item",
            lang,
            name=line.cells[geo]["geo_name"],
            value=_value(line.cells[geo], line.indicator, lang),
            told=kind,
        )
        items += f'<li><span aria-hidden="true">{told.mark if told else benchmark.MARKS["same"]}</span> {escape(text)}</li>'
    head = t(
        "compare_differences",
        lang,
        name=first["geo_name"],
        value=_value(first, line.indicator, lang),
        period=benchmark.when(first, lang),
    )
    return f'<section class="differences"><h3>{escape(head)}</h3><ul>{items}</ul>{absent}</section>'


def everything(lines: list[Line], geos: tuple[str, ...], names: dict[str, str], lang: str) -> None:
    """All indicators of the areas in a table with bars, and as a file."""
    st.html(
        f'<h2 class="section">{escape(t("compare_all", lang))}</h2><p class="lead">{escape(t("compare_all_about", lang))}</p>'
    )
    st.html(matrix(lines, geos, names, lang, shell.theme()))
    if without := apart(geos, lang):
        st.html(
            f'<p class="credit">{escape(t("compare_apart", lang, indicators="; ".join(indicator.label[lang] for indicator in without)))}</p>'
        )
    with st.container(key="compare_take", horizontal=True, vertical_alignment="center", gap="medium"):
        st.download_button(
            t("compare_csv", lang),
            data=lambda: data_table.file(rows_of(lines, geos), lang),
            file_name=f"{'_'.join(geos)}_{version()}.csv",
            mime="text/csv",
            on_click="ignore",
            key=f"compare_csv_{lang}",
        )
        for geo in geos:
            if geo not in ALSO:
                st.page_link(
                    "pages/profile.py",
                    label=t("compare_profile", lang, name=names[geo]),
                    query_params=Filters(lang, geo=(geo,)).to_address(),
                )


def matrix(lines: list[Line], geos: tuple[str, ...], names: dict[str, str], lang: str, theme: str) -> str:
    """Indicators down, areas across; each line with its own scale."""
    short = {
        geo: next(
            (
                row["geo_name"]
                for line in lines
                for row in (*line.cells.values(), *line.others.values())
                if row["geo"] == geo
            ),
            names[geo],
        )
        for geo in geos
    }
    heads = "".join(f'<th scope="col">{escape(short[geo])}</th>' for geo in geos)
    body, topic = "", ""
    for line in lines:
        if line.indicator.topic != topic:
            topic = line.indicator.topic
            body += f'<tr class="topic"><th scope="rowgroup" colspan="{len(geos) + 1}">{escape(catalogue.topics()[topic].title[lang])}</th></tr>'
        address = urlencode(Filters(lang, geo=geos, indicator=line.indicator.id).to_address(), doseq=True)
        edition = areas.edition(line.row, line.known)
        scope = ", ".join(
            [
                benchmark.when(line.row, lang),
                *(line.row[f"{name}_name"] for name in ("sector", "size") if line.row[name] != "all"),
                *([edition] if edition else []),
            ]
        )
        cells = "".join(f"<td>{_cell(line, geo, lang, theme)}</td>" for geo in geos)
        body += f'<tr><th scope="row"><a href="compare?{escape(address)}" target="{shell.tab()}">{escape(line.indicator.label[lang])}</a><small>{escape(scope)}</small></th>{cells}</tr>'
    caption = t("compare_all", lang)
    return (
        f'<div class="table matrix"><div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table aria-label="{escape(caption)}">'
        f'<thead><tr><th scope="col">{escape(t("column_indicator", lang))}</th>{heads}</tr></thead><tbody>{body}</tbody></table></div></div>'
    )


def _cell(line: Line, geo: str, lang: str, theme: str) -> str:
    indicator = line.indicator
    if geo not in line.cells:
        row = line.others.get(geo)
        if row is None:
            return MISSING
        edition = f", {row['edition_name']}" if row["edition"] != line.row["edition"] else ""
        return f'<span class="off">({escape(_value(row, indicator, lang))}, {escape(benchmark.when(row, lang) + edition)})</span>'
    row = line.cells[geo]
    values = [one["value"] for one in line.cells.values()]
    drawing = "" if indicator.unit in ALONE else benchmark.bar(row["value"], max(values), min(values), theme)
    said = [
        benchmark.sure(row, indicator, lang) if row["ci_low"] is not None else "",
        t("profile_joined", lang) if row["published_geo"] else "",
    ]
    small = f"<small>{escape('; '.join(filter(None, said)))}</small>" if any(said) else ""
    return f"<strong>{escape(_value(row, indicator, lang))}</strong>{sheet.image(drawing)}{small}"


def rows_of(lines: list[Line], geos: tuple[str, ...]) -> pd.DataFrame:
    """The figures of the table as rows: those that share a moment and those that do not, which `compared` tells apart."""
    found = [
        row | {"compared": geo in line.cells}
        for line in lines
        for geo in geos
        for row in [line.cells.get(geo) or line.others.get(geo)]
        if row
    ]
    columns = (
        "indicator",
        "geo",
        "geo_name",
        "sector",
        "gender",
        "size",
        "period",
        "edition",
        "value",
        "ci_low",
        "ci_high",
        "n",
        "sample_size_note",
        "status",
        "flags",
        "no_ci_reason",
        "population",
        "source",
        "source_name",
        "published_geo",
        "compared",
    )
    return pd.DataFrame([{name: row[name] for name in columns} for row in found], columns=list(columns))


def _value(row: dict, indicator: Indicator, lang: str) -> str:
    return value_text(row["value"], indicator.unit, indicator.decimals, lang)
