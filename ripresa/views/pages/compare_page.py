"""Two to six areas: one indicator over time with the differences, and a table of all indicators."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

import streamlit as st

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.charts import bar, dot, line, sparkline
from ripresa.database.query import get_data_version, run_query
from ripresa.filters import Filters
from ripresa.i18n import MISSING_TEXT, format_items, format_value, t
from ripresa.narrative import benchmark, phrases
from ripresa.narrative.benchmark import UNITS_WITHOUT_BENCHMARK
from ripresa.observations.rows import Row, to_records
from ripresa.profiles import area_profile, profile_html
from ripresa.templating import Markup
from ripresa.views import shell
from ripresa.views.components import data_table
from ripresa.views.components.figure_panel import render_figure_panel
from ripresa.views.components.html import (
    render_html,
    render_notice,
    render_paragraph,
    render_section_heading,
)
from ripresa.views.components.page_header import render_page_header
from ripresa.views.components.widgets import render_csv_button, seed_widget
from ripresa.views.pages.area_comparison import (
    EXTRA_AREAS,
    MAX_AREAS,
    ComparisonRow,
    build_export_frame,
    build_view,
    compare_areas,
    get_comparable_area_names,
    get_unaligned_indicators,
    select_areas,
)


@dataclass(frozen=True)
class Cell:
    """A cell of the table: the value, a bar as HTML, and a note; is_aligned: at the row's common moment."""

    text: str
    note: str = ""
    bar: str = ""
    is_aligned: bool = True


def render_page(filters: Filters) -> None:
    """The page, for the areas of the address."""
    st.html(profile_html.STYLE_PATH)
    lang, names = filters.lang, get_comparable_area_names(filters.lang)
    chosen = [code for code in filters.geo if code in names]
    geos = select_areas(chosen, lang)[:MAX_AREAS]
    render_page_header(t("nav_compare", lang), t("compare_question", lang), t("compare_intro", lang))
    comparisons = compare_areas(geos, lang)
    by_indicator = {comparison.indicator.id: comparison for comparison in comparisons}
    selected = by_indicator.get(filters.indicator, comparisons[0] if comparisons else None)
    render_chooser(geos, names, comparisons, selected, lang)
    if len(chosen) > MAX_AREAS:
        render_notice(t("compare_too_many", lang, count=MAX_AREAS))
    elif len(chosen) == 1:
        render_notice(t("compare_one_added", lang, name=names[chosen[0]]))
    if selected is None:
        render_notice(t("compare_nothing", lang))
        return
    render_figure(selected, geos, names, lang)
    render_all_indicators(comparisons, geos, names, lang)


def render_chooser(
    geos: tuple[str, ...],
    names: dict[str, str],
    comparisons: Sequence[ComparisonRow],
    selected: ComparisonRow | None,
    lang: str,
) -> None:
    """The lists of areas and of indicators; the choice is written to the address."""
    with st.container(key="compare-chooser", horizontal=True, vertical_alignment="bottom", gap="medium"):
        areas_key = seed_widget(f"compare_areas_{lang}", list(geos))
        st.multiselect(
            t("compare_areas", lang),
            list(names),
            key=areas_key,
            format_func=names.__getitem__,
            max_selections=MAX_AREAS,
            placeholder=t("compare_areas_none", lang),
            on_change=lambda: shell.set_filters(geo=tuple(st.session_state[areas_key])),
        )
        if selected:
            indicator_key = seed_widget(f"compare_indicator_{lang}", selected.indicator.id)
            labels = {comparison.indicator.id: comparison.indicator.label[lang] for comparison in comparisons}
            st.selectbox(
                t("filter_indicator", lang),
                list(labels),
                key=indicator_key,
                format_func=labels.__getitem__,
                on_change=lambda: shell.set_filters(geo=geos, indicator=st.session_state[indicator_key]),
            )


# --- one indicator ---


def render_figure(comparison: ComparisonRow, geos: tuple[str, ...], names: dict[str, str], lang: str) -> None:
    """The indicator over time where it has a history, else at the common moment; then the differences."""
    view = build_view(comparison, geos, lang)
    with_rows = tuple(geo for geo in geos if geo in comparison.aligned or geo in comparison.unaligned)
    rows = run_query("trend", **view.breakdown, geos=with_rows, lang=lang)
    if line.has_line(rows):
        build_figure = partial(line.build_line_chart, rows, view)
    else:
        rows = rows[(rows["period"] == view.period) & (rows["edition"] == view.edition)]
        build_chart = dot.build_dot_plot if comparison.indicator.chart == "dots" else bar.build_bar_chart
        build_figure = partial(build_chart, to_records(rows, lang), view)
    render_figure_panel("compared", build_figure(shell.get_theme()), rows, view, (build_figure,))
    st.html(render_differences(comparison, geos, names, lang))


def render_differences(
    comparison: ComparisonRow, geos: Sequence[str], names: dict[str, str], lang: str
) -> Markup:
    """The difference of each area from the first, at their common moment; none between amounts."""
    indicator = comparison.indicator
    first, *others = [comparison.aligned[geo] for geo in geos if geo in comparison.aligned]
    without = [names[geo] for geo in geos if geo not in comparison.aligned]
    has_differences = indicator.unit not in UNITS_WITHOUT_BENCHMARK
    return render_html(
        "pages/differences.html",
        lang,
        has_differences=has_differences,
        first_name=first["geo_name"],
        first_value=_format_row_value(first, indicator, lang),
        period=phrases.format_row_period(first, lang),
        differences=[_describe_difference(row, first, indicator, lang) for row in others]
        if has_differences
        else [],
        without=format_items(without, lang) if without else "",
    )


def _describe_difference(row: Row, first: Row, indicator: Indicator, lang: str) -> tuple[str, str]:
    """The symbol and the sentence of a row's difference from the first area's."""
    difference = benchmark.compare_rows(row, first, indicator, lang)
    if difference is None:
        symbol, text = benchmark.OUTCOME_SYMBOLS["same"], t("profile_joined", lang)
    else:
        method = t("plain_difference" if difference.is_untested else "by_interval", lang)
        symbol, text = difference.symbol, f"{difference.text}, {method}"
    value = _format_row_value(row, indicator, lang)
    return symbol, t("compare_item", lang, name=row["geo_name"], value=value, told=text)


# --- all indicators ---


def render_all_indicators(
    comparisons: Sequence[ComparisonRow], geos: tuple[str, ...], names: dict[str, str], lang: str
) -> None:
    """All indicators of the areas as a table with bars, and as a file."""
    render_section_heading(t("compare_all", lang), t("compare_all_about", lang))
    st.html(render_matrix(comparisons, geos, names, lang, shell.get_theme()))
    if unaligned := get_unaligned_indicators(geos, lang):
        labels = "; ".join(indicator.label[lang] for indicator in unaligned)
        render_paragraph(t("compare_apart", lang, indicators=labels), "footnote")
    with st.container(key="compare-downloads", horizontal=True, vertical_alignment="center", gap="medium"):
        render_csv_button(
            t("compare_csv", lang),
            lambda: data_table.build_observations_csv(build_export_frame(comparisons, geos), lang),
            f"{'_'.join(geos)}_{get_data_version()}.csv",
            f"compare_csv_{lang}",
        )
        for geo in geos:
            if geo not in EXTRA_AREAS:
                st.page_link(
                    "pages/profile.py",
                    label=t("compare_profile", lang, name=names[geo]),
                    query_params=Filters(lang, geo=(geo,)).to_url_parameters(),
                )


def render_matrix(
    comparisons: Sequence[ComparisonRow],
    geos: tuple[str, ...],
    names: dict[str, str],
    lang: str,
    theme: str,
) -> Markup:
    """The table: indicators as rows, grouped by topic, areas as columns; each row has its own scale."""
    short_names = dict(names)
    rows_by_topic: dict[str, list[dict[str, object]]] = {}
    for comparison in comparisons:
        for row in (*comparison.aligned.values(), *comparison.unaligned.values()):
            short_names[row["geo"]] = row["geo_name"]
        indicator = comparison.indicator
        title = catalogue.load_topics()[indicator.topic].title[lang]
        parameters = Filters(lang, geo=geos, indicator=indicator.id).to_url_parameters()
        rows_by_topic.setdefault(title, []).append(
            {
                "label": indicator.label[lang],
                "parameters": urlencode(parameters, doseq=True),
                "scope": _describe_scope(comparison, lang),
                "cells": [_build_cell(comparison, geo, lang, theme) for geo in geos],
            }
        )
    return render_html(
        "pages/comparison_matrix.html",
        lang,
        areas=[short_names[geo] for geo in geos],
        rows_by_topic=rows_by_topic,
        missing_text=MISSING_TEXT,
        link_target=shell.get_link_target(),
    )


def _describe_scope(comparison: ComparisonRow, lang: str) -> str:
    """Period, sector and size class where they are not the total, and the edition where there are several."""
    row = comparison.reference_row
    parts = [phrases.format_row_period(row, lang)]
    parts += [row[f"{name}_name"] for name in ("sector", "size") if row[name] != "all"]
    parts.append(area_profile.get_edition_name(row, comparison.observations))
    return ", ".join(filter(None, parts))


def _build_cell(comparison: ComparisonRow, geo: str, lang: str, theme: str) -> Cell | None:
    """The cell of an area; None where the area has no figure."""
    indicator = comparison.indicator
    if geo in comparison.aligned:
        row = comparison.aligned[geo]
        values = [other["value"] for other in comparison.aligned.values()]
        bar_svg = ""
        if indicator.unit not in UNITS_WITHOUT_BENCHMARK:
            bar_svg = sparkline.render_bar(row["value"], max(values), min(values), theme)
        notes = [
            benchmark.describe_precision(row, indicator, lang) if row["ci_low"] is not None else "",
            t("profile_joined", lang) if row["published_geo"] else "",
        ]
        return Cell(
            _format_row_value(row, indicator, lang),
            "; ".join(filter(None, notes)),
            profile_html.embed_svg_as_img(bar_svg),
        )
    if geo in comparison.unaligned:
        row = comparison.unaligned[geo]
        parts = [_format_row_value(row, indicator, lang), phrases.format_row_period(row, lang)]
        if row["edition"] != comparison.reference_row["edition"]:
            parts.append(row["edition_name"])
        return Cell(f"({', '.join(parts)})", is_aligned=False)
    return None


def _format_row_value(row: Row, indicator: Indicator, lang: str) -> str:
    return format_value(row["value"], indicator.unit, indicator.decimals, lang)
