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
from ripresa.charts import dot, sparkline
from ripresa.charts import line as trend
from ripresa.database.query import get_data_version, run_query
from ripresa.filters import Filters, View
from ripresa.i18n import MISSING_TEXT, format_items, format_value, t
from ripresa.narrative import benchmark
from ripresa.narrative.benchmark import UNITS_WITHOUT_BENCHMARK
from ripresa.observations.rows import to_records, with_values
from ripresa.profiles import area_profile as areas
from ripresa.profiles import sheet
from ripresa.views import shell
from ripresa.views.components import data_table
from ripresa.views.components.figure_panel import render_figure_panel
from ripresa.views.pages.topic_page import render_page_header

MIN_AREAS, MAX_AREAS = 2, 6
DEFAULT_AREAS = ("ITC", "ITH", "ITI", "ITF+ITG", "ITA")  # without a choice: the macro-areas beside Italy
EXTRA_AREAS = ("EU27_2020",)  # areas without a profile that may be set beside others
ITALY_BENCHMARKS = ("ITA", "DEU", "FRA", "ESP", "EU27_2020")  # beside Italy alone


@dataclass(frozen=True)
class ComparisonRow:
    """An indicator of several areas: in `cells` the figures that share a moment, in `others` the newest of areas that have none then; known: all of that choice."""

    indicator: Indicator
    reference_row: dict
    aligned: dict[str, dict]
    unaligned: dict[str, dict]
    observations: tuple[dict, ...]


def render_page(filters: Filters) -> None:
    """The page, for the areas of the address."""
    st.html(sheet.STYLE_PATH)
    lang, names = filters.lang, get_area_names(filters.lang)
    asked = [code for code in filters.geo if code in names]
    geos = select_areas(asked, lang)[:MAX_AREAS]
    render_page_header(t("nav_compare", lang), t("compare_question", lang), t("compare_intro", lang))
    lines = compare_areas(geos, lang)
    chosen = next(
        (line for line in lines if line.indicator.id == filters.indicator), lines[0] if lines else None
    )
    render_chooser(geos, names, lines, chosen, lang)
    said = (
        [t("compare_too_many", lang, count=MAX_AREAS)]
        if len(asked) > MAX_AREAS
        else [t("compare_one_added", lang, name=names[asked[0]])]
        if len(asked) == 1
        else []
    )
    for sentence in said if lines else [*said, t("compare_nothing", lang)]:
        st.html(f'<div class="notice"><p>{escape(sentence)}</p></div>')
    if chosen:
        render_figure(chosen, geos, names, lang)
        render_all_indicators(lines, geos, names, lang)


def get_area_names(lang: str) -> dict[str, str]:
    """The areas that may be compared, in reading order."""
    all_names = {row.code: row.name for row in run_query("areas", level="any", lang=lang).itertuples()}
    return areas.get_profile_areas(lang) | {code: all_names[code] for code in EXTRA_AREAS}


def select_areas(asked: list[str], lang: str) -> tuple[str, ...]:
    """The areas to compare; one alone is set beside those it is read against."""
    if len(asked) >= MIN_AREAS:
        return tuple(asked)
    if not asked:
        return DEFAULT_AREAS
    if asked[0] in ("ITA", *EXTRA_AREAS):
        return tuple(dict.fromkeys((asked[0], *ITALY_BENCHMARKS)))
    one = areas.load_area_profile(asked[0], lang)
    europe = (
        () if one.level in ("area", "macro") else EXTRA_AREAS
    )  # with which an Italian area shares nothing
    return asked[0], *(
        code
        for code in areas.get_benchmark_areas(one.geo, one.level, one.parent)
        if code in areas.get_profile_areas(lang) or code in europe
    )


# --- what the areas share ---


def compare_areas(geos: tuple[str, ...], lang: str) -> list[ComparisonRow]:
    """One line for each indicator that two of the areas have at one moment, in catalogue order."""
    return [line for line in _build_comparison_rows(get_data_version(), geos, lang).values() if line]


def get_unaligned_indicators(geos: tuple[str, ...], lang: str) -> list[Indicator]:
    """The indicators that two of the areas have, but never at one moment."""
    return [
        catalogue.get_indicator(id)
        for id, line in _build_comparison_rows(get_data_version(), geos, lang).items()
        if not line
    ]


@lru_cache(maxsize=256)
def _build_comparison_rows(version: str, geos: tuple[str, ...], lang: str) -> dict[str, ComparisonRow | None]:
    rows = with_values(
        to_records(
            run_query("profile", geos=geos, focus_geos=geos, sectors=areas.get_opening_sectors(), lang=lang),
            lang,
        )
    )
    by_indicator: dict[str, list[dict]] = {}
    for row in rows:
        by_indicator.setdefault(row["indicator"], []).append(row)
    several = [
        id
        for id in catalogue.load_indicators()
        if id not in areas.REDUNDANT_INDICATORS
        and len({row["geo"] for row in by_indicator.get(id, ())}) >= MIN_AREAS
    ]
    return {id: build_comparison_row(catalogue.get_indicator(id), by_indicator[id]) for id in several}


def build_comparison_row(indicator: Indicator, rows: list[dict]) -> ComparisonRow | None:
    """The choice, period and edition that most areas share; of equals the one the catalogue opens with (self-selected surveys) or the newest."""
    moments: dict[tuple, dict[str, dict]] = {}
    for row in rows:
        moments.setdefault((row["sector"], row["gender"], row["size"], row["period"], row["edition"]), {})[
            row["geo"]
        ] = row
    views = [indicator.get_default_view(level) for level in indicator.default]
    cuts = [
        (sector, view["gender"], view["size"])
        for view in views
        for sector in dict.fromkeys(("all", view["sector"]))
    ]
    opened = (
        {view["period"] for view in views}
        if catalogue.load_sources()[indicator.source].kind == "self_selected"
        and indicator.unit not in UNITS_WITHOUT_BENCHMARK
        else set()
    )

    def worth(moment: tuple) -> tuple:
        cut, there = moment[:3], moments[moment]
        return (
            len(there),
            moment[3] in opened,
            -cuts.index(cut) if cut in cuts else -99,
            areas.get_recency_key(next(iter(there.values()))),
        )

    best = max(moments, key=worth)
    if len(moments[best]) < MIN_AREAS:
        return None
    cells = moments[best]
    known = tuple(row for row in rows if (row["sector"], row["gender"], row["size"]) == best[:3])
    others = {row["geo"]: row for row in sorted(known, key=areas.get_recency_key) if row["geo"] not in cells}
    return ComparisonRow(indicator, next(iter(cells.values())), cells, others, known)


# --- the page ---


def render_chooser(
    geos: tuple[str, ...],
    names: dict[str, str],
    lines: list[ComparisonRow],
    chosen: ComparisonRow | None,
    lang: str,
) -> None:
    """The areas and the indicator, kept in the address."""
    with st.container(key="compare-chooser", horizontal=True, vertical_alignment="bottom", gap="medium"):
        key = seed_widget("areas", list(geos), lang)
        st.multiselect(
            t("compare_areas", lang),
            list(names),
            key=key,
            format_func=names.get,
            max_selections=MAX_AREAS,
            placeholder=t("compare_areas_none", lang),
            on_change=lambda: shell.set_filters(geo=tuple(st.session_state[key])),
        )
        if chosen:
            own = seed_widget("indicator", chosen.indicator.id, lang)
            known = {line.indicator.id: line.indicator.label[lang] for line in lines}
            st.selectbox(
                t("filter_indicator", lang),
                list(known),
                key=own,
                format_func=known.get,
                on_change=lambda: shell.set_filters(geo=geos, indicator=st.session_state[own]),
            )


def seed_widget(name: str, value, lang: str) -> str:
    """The key of a widget of this page, one a language, holding what is shown."""
    key = f"compare_{name}_{lang}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def render_figure(line: ComparisonRow, geos: tuple[str, ...], names: dict[str, str], lang: str) -> None:
    """The indicator over time where it has a history, else at the moment the areas share; then the differences in words."""
    view = build_view(line, geos, lang)
    rows = run_query(
        "trend",
        **view.breakdown,
        geos=tuple(geo for geo in geos if geo in line.aligned or geo in line.unaligned),
        lang=lang,
    )
    if trend.has_line(rows):
        draw = partial(trend.build_line_chart, rows, view)
    else:
        rows = rows[(rows["period"] == view.period) & (rows["edition"] == view.edition)]
        draw = partial(
            dot.build_dot_plot if line.indicator.chart == "dots" else ranking.build_bar_chart,
            to_records(rows, lang),
            view,
        )
    render_figure_panel("compared", draw(shell.get_theme()), rows, view, (draw,))
    st.html(render_differences(line, geos, names, lang))


def build_view(line: ComparisonRow, geos: tuple[str, ...], lang: str) -> View:
    """What the figure shows, as the figures ask for it."""
    levels = {code: areas.get_map_level(code) for code in geos}
    level = next(
        level
        for level in ("italy", "europe", "world")
        if all(levels[code] in LEVELS_WITHIN[level] for code in geos)
    )
    row = line.reference_row
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


LEVELS_WITHIN = {"italy": ("italy",), "europe": ("italy", "europe"), "world": ("italy", "europe", "world")}


def render_differences(line: ComparisonRow, geos: tuple[str, ...], names: dict[str, str], lang: str) -> str:
    """Each area against the first, at the moment they share; amounts are not set against one another."""
    there = [geo for geo in geos if geo in line.aligned]
    without = [names[geo] for geo in geos if geo not in line.aligned]
    first, rest = line.aligned[there[0]], there[1:]
    absent = (
        f'<p class="footnote">{escape(t("compare_without", lang, names=format_items(without, lang)))}</p>'
        if without
        else ""
    )
    if line.indicator.unit in UNITS_WITHOUT_BENCHMARK:
        return f'<section class="differences"><p class="footnote">{escape(t("compare_amounts", lang))}</p>{absent}</section>'
    items = ""
    for geo in rest:
        told = benchmark.compare_rows(line.aligned[geo], first, line.indicator, lang)
        kind = (
            t("profile_joined", lang)
            if told is None
            else f"{told.text}, {t('plain_difference' if told.is_untested else 'by_interval', lang)}"
        )
        text = t(
            "compare_item",
            lang,
            name=line.aligned[geo]["geo_name"],
            value=_format_value(line.aligned[geo], line.indicator, lang),
            told=kind,
        )
        items += f'<li><span aria-hidden="true">{told.symbol if told else benchmark.OUTCOME_SYMBOLS["same"]}</span> {escape(text)}</li>'
    head = t(
        "compare_differences",
        lang,
        name=first["geo_name"],
        value=_format_value(first, line.indicator, lang),
        period=benchmark.format_row_period(first, lang),
    )
    return f'<section class="differences"><h3>{escape(head)}</h3><ul>{items}</ul>{absent}</section>'


def render_all_indicators(
    lines: list[ComparisonRow], geos: tuple[str, ...], names: dict[str, str], lang: str
) -> None:
    """All indicators of the areas in a table with bars, and as a file."""
    st.html(
        f'<h2 class="section">{escape(t("compare_all", lang))}</h2><p class="lead">{escape(t("compare_all_about", lang))}</p>'
    )
    st.html(render_matrix(lines, geos, names, lang, shell.get_theme()))
    if without := get_unaligned_indicators(geos, lang):
        st.html(
            f'<p class="footnote">{escape(t("compare_apart", lang, indicators="; ".join(indicator.label[lang] for indicator in without)))}</p>'
        )
    with st.container(key="compare-downloads", horizontal=True, vertical_alignment="center", gap="medium"):
        st.download_button(
            t("compare_csv", lang),
            data=lambda: data_table.build_observations_csv(build_export_frame(lines, geos), lang),
            file_name=f"{'_'.join(geos)}_{get_data_version()}.csv",
            mime="text/csv",
            on_click="ignore",
            key=f"compare_csv_{lang}",
        )
        for geo in geos:
            if geo not in EXTRA_AREAS:
                st.page_link(
                    "pages/profile.py",
                    label=t("compare_profile", lang, name=names[geo]),
                    query_params=Filters(lang, geo=(geo,)).to_url_parameters(),
                )


def render_matrix(
    lines: list[ComparisonRow], geos: tuple[str, ...], names: dict[str, str], lang: str, theme: str
) -> str:
    """Indicators down, areas across; each line with its own scale."""
    short = {
        geo: next(
            (
                row["geo_name"]
                for line in lines
                for row in (*line.aligned.values(), *line.unaligned.values())
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
            body += f'<tr class="topic"><th scope="rowgroup" colspan="{len(geos) + 1}">{escape(catalogue.load_topics()[topic].title[lang])}</th></tr>'
        address = urlencode(
            Filters(lang, geo=geos, indicator=line.indicator.id).to_url_parameters(), doseq=True
        )
        edition = areas.get_edition_name(line.reference_row, line.observations)
        scope = ", ".join(
            [
                benchmark.format_row_period(line.reference_row, lang),
                *(
                    line.reference_row[f"{name}_name"]
                    for name in ("sector", "size")
                    if line.reference_row[name] != "all"
                ),
                *([edition] if edition else []),
            ]
        )
        cells = "".join(f"<td>{_render_cell(line, geo, lang, theme)}</td>" for geo in geos)
        body += f'<tr><th scope="row"><a href="compare?{escape(address)}" target="{shell.get_link_target()}">{escape(line.indicator.label[lang])}</a><small>{escape(scope)}</small></th>{cells}</tr>'
    caption = t("compare_all", lang)
    return (
        f'<div class="table matrix"><div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table aria-label="{escape(caption)}">'
        f'<thead><tr><th scope="col">{escape(t("column_indicator", lang))}</th>{heads}</tr></thead><tbody>{body}</tbody></table></div></div>'
    )


def _render_cell(line: ComparisonRow, geo: str, lang: str, theme: str) -> str:
    indicator = line.indicator
    if geo not in line.aligned:
        row = line.unaligned.get(geo)
        if row is None:
            return MISSING_TEXT
        edition = f", {row['edition_name']}" if row["edition"] != line.reference_row["edition"] else ""
        return f'<span class="unaligned">({escape(_format_value(row, indicator, lang))}, {escape(benchmark.format_row_period(row, lang) + edition)})</span>'
    row = line.aligned[geo]
    values = [one["value"] for one in line.aligned.values()]
    drawing = (
        ""
        if indicator.unit in UNITS_WITHOUT_BENCHMARK
        else sparkline.render_bar(row["value"], max(values), min(values), theme)
    )
    said = [
        benchmark.describe_precision(row, indicator, lang) if row["ci_low"] is not None else "",
        t("profile_joined", lang) if row["published_geo"] else "",
    ]
    small = f"<small>{escape('; '.join(filter(None, said)))}</small>" if any(said) else ""
    return f"<strong>{escape(_format_value(row, indicator, lang))}</strong>{sheet.embed_svg_as_img(drawing)}{small}"


def build_export_frame(lines: list[ComparisonRow], geos: tuple[str, ...]) -> pd.DataFrame:
    """The figures of the table as rows: those that share a moment and those that do not, which `compared` tells apart."""
    found = [
        row | {"compared": geo in line.aligned}
        for line in lines
        for geo in geos
        for row in [line.aligned.get(geo) or line.unaligned.get(geo)]
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


def _format_value(row: dict, indicator: Indicator, lang: str) -> str:
    return format_value(row["value"], indicator.unit, indicator.decimals, lang)
