"""The overview: headline figures with their recovery, the survey of May 2020, and the regions of Italy."""

from dataclasses import dataclass, replace
from functools import partial

import pandas as pd
import streamlit as st

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.charts import choropleth
from ripresa.charts.sparkline import render_card_sparkline
from ripresa.database.query import query_records, run_query
from ripresa.filters import Filters, get_values_of_all_periods, resolve_view
from ripresa.i18n import format_value, t
from ripresa.narrative import phrases
from ripresa.observations.rows import Row, is_small_sample
from ripresa.profiles import area_profile, profile_html
from ripresa.views import shell
from ripresa.views.components import data_table
from ripresa.views.components.card import describe_recovery, render_card
from ripresa.views.components.figure_panel import PanelOptions, render_figure_panel
from ripresa.views.components.html import (
    render_html,
    render_notice,
    render_paragraph,
    render_section_heading,
)
from ripresa.views.components.page_header import render_page_header
from ripresa.views.components.widgets import seed_widget
from ripresa.views.pages.topic_figures import query_map_rows


@dataclass(frozen=True)
class Headline:
    """A topic's card: the figure it shows, and the indicator of its recovery where that is another one."""

    topic: str
    indicator: str
    level: str
    period: str = "latest"
    recovery_indicator: str = ""
    recovery_phrase: str = ""


HEADLINES = (
    Headline("closures", "death_rate", "italy"),
    Headline(
        "profits",
        "lower_sales_yoy",
        "europe",
        "2020-05",
        recovery_indicator="gva_real",
        recovery_phrase="recovery_of_sales",
    ),
    Headline("digital_sales", "ent_with_esales", "europe"),
    Headline("women", "innovative_startups_female_majority_share", "italy"),
)
SPRING_2020_INDICATORS = ("closure_rate", "lower_sales_yoy", "digital_sales_25plus", "reduced_employees")
REGIONAL_INDICATORS = (
    "death_rate",
    "birth_rate",
    "gva_change_vs_2019",
    "ent_with_esales",
    "innovative_startups_female_majority_share",
    "women_led_firms_share",
)
NATIONAL_INDICATORS = (
    "closure_rate",
    "lower_sales_yoy",
    "digital_sales_25plus",
    "dii_at_least_basic",
    "gva_real_change_vs_2019",
)
SUMMARY_INDICATORS = ("death_rate", "gva_change_vs_2019", "innovative_startups_female_majority_share")
FOOTNOTES = {"*": "profile_joined", "†": "weak_small"}  # by mark, the phrase that explains it


def render_page(filters: Filters) -> None:
    """The page, for the reader's filters."""
    lang = filters.lang
    render_page_header(t("site", lang), t("overview_question", lang), t("overview_intro", lang))
    with st.container(key="cards"):
        for headline in HEADLINES:
            render_headline(headline, filters)
    render_spring_2020(filters)
    render_region(filters)


# --- headlines ---


def render_headline(headline: Headline, filters: Filters) -> None:
    """The card of a topic, with a link to its page."""
    lang, indicator = filters.lang, catalogue.get_indicator(headline.indicator)
    figure, rows = _query_headline(headline.indicator, headline.level, headline.period, lang)
    scope = ", ".join([t("italy", lang), *rows["size_name"][rows["size"] != "all"].unique()])
    recovery_indicator, recovery_figure = indicator, figure
    if headline.recovery_indicator:
        recovery_indicator = catalogue.get_indicator(headline.recovery_indicator)
        recovery_figure, rows = _query_headline(headline.recovery_indicator, "italy", "latest", lang)
    recovery = describe_recovery(recovery_figure, rows, recovery_indicator, lang)
    if headline.recovery_phrase:
        recovery = t(headline.recovery_phrase, lang, recovery=recovery[:1].lower() + recovery[1:])
    sparkline = render_card_sparkline(rows, recovery_indicator, lang, shell.get_theme())
    title, sources = catalogue.load_topics()[headline.topic].title[lang], list(rows["source"])
    with st.container(key=f"card_{headline.topic}"):
        st.html(render_card(title, indicator, figure, scope, sparkline, recovery, sources, lang))
        st.page_link(
            f"pages/{headline.topic}.py",
            label=t("explore", lang, topic=t(f"nav_{headline.topic}", lang)),
            query_params=_get_link_parameters(filters),
        )


def _query_headline(id: str, level: str, period: str, lang: str) -> tuple[Row | None, pd.DataFrame]:
    """Italy's headline figure of an indicator and its series in the same edition.

    The figure is a row of queries/headline.sql, or None; the series are rows of queries/trend.sql."""
    indicator = catalogue.get_indicator(id)
    opening = indicator.get_default_view(level)
    breakdown = {
        "indicator": id,
        "sector": opening["sector"],
        "gender": opening["gender"],
        "size": opening["size"],
    }
    series = run_query("trend", **breakdown, geos=("ITA",), lang=lang)
    for edition in opening["editions"]:
        figures = query_records(
            "headline",
            **breakdown,
            geo="ITA",
            edition=edition,
            period=period,
            desired_direction=indicator.desired_direction,
        )
        if figures:
            return figures[0], series[series["edition"] == edition]
    return None, series.head(0)


def render_spring_2020(filters: Filters) -> None:
    """The figures of the survey of May 2020, with links to the fact checks and the diagnosis."""
    lang = filters.lang
    figures = []
    for id in SPRING_2020_INDICATORS:
        indicator = catalogue.get_indicator(id)
        figure, _ = _query_headline(id, "europe", "2020-05", lang)
        value = _format_indicator_value(figure["value"] if figure else None, indicator, lang)
        figures.append((value, indicator.label[lang]))
    st.html(render_html("pages/spring_2020.html", lang, figures=figures))
    st.page_link(
        "pages/checks.py", label=t("spring_checks", lang), query_params=_get_link_parameters(filters)
    )
    st.page_link("pages/diagnosis.py", label=t("overview_diagnosis", lang), query_params={"lang": lang})


def _get_link_parameters(filters: Filters) -> dict[str, list[str]]:
    return Filters(lang=filters.lang, geo=filters.geo).to_url_parameters()


# --- regions ---


def render_region(filters: Filters) -> None:
    """A map to choose a region on, and the figures of the region or a summary of all."""
    lang = filters.lang
    names = {row["code"]: row["name"] for row in query_records("areas", level="italy", lang=lang)}
    chosen = next((code for code in filters.geo if code in names), "")
    geo = (chosen,) if chosen else ()
    regional = replace(filters, level="italy", geo=geo, indicator="", sector="", invalid_parameters=())
    view = resolve_view(regional, "closures")
    rows = query_map_rows(view)
    render_section_heading(t("region_title", lang))
    map_column, table_column = st.columns([6, 6], gap="large")
    with table_column:
        _render_region_choice(chosen, names, lang)
        if chosen:
            render_region_indicators(chosen, names[chosen], lang)
        else:
            render_regions_summary(names, lang)
    with map_column:
        build_map = partial(
            choropleth.build_choropleth, rows, view, class_values=get_values_of_all_periods(view)
        )
        figure = build_map(shell.get_theme())
        options = PanelOptions(is_selectable=True, collapse_notes=True)
        render_figure_panel("map", figure, rows, view, (build_map,), options)


def _render_region_choice(chosen: str, names: dict[str, str], lang: str) -> None:
    key = seed_widget(f"region_{lang}", chosen)
    labels = {"": t("region_none", lang)} | names
    st.selectbox(
        t("region_choose", lang),
        list(labels),
        key=key,
        format_func=labels.__getitem__,
        on_change=lambda: shell.set_filters(geo=(st.session_state[key],) if st.session_state[key] else ()),
    )


def render_regions_summary(names: dict[str, str], lang: str) -> None:
    """A few figures of Italy and all its regions; marks after a figure refer to the footnotes."""
    headers = {"area": t("column_geo_name", lang)}
    body: dict[str, Row] = {"ITA": {"area": t("italy", lang)}}
    body |= {code: {"area": name} for code, name in names.items()}
    used_marks: set[str] = set()
    for id in SUMMARY_INDICATORS:
        indicator = catalogue.get_indicator(id)
        rows = [row for row in _query_latest_regions(indicator, lang) if row["geo"] in body]
        newest = max(rows, key=lambda row: row["period_start"])
        headers[id] = f"{indicator.short[lang]}, {phrases.format_row_period(newest, lang)}"
        for row in rows:
            marks = _get_footnote_marks(row)
            used_marks.update(marks)
            value = _format_indicator_value(row["value"], indicator, lang)
            body[row["geo"]][id] = "\N{NO-BREAK SPACE}".join([value, *marks])
    caption = t("region_hint", lang)
    st.html(
        data_table.render_table(list(body.values()), headers, caption, numeric_columns=SUMMARY_INDICATORS)
    )
    footnotes = [f"{mark} {t(phrase, lang)}." for mark, phrase in FOOTNOTES.items() if mark in used_marks]
    footnotes.append(catalogue.get_indicator("gva_change_vs_2019").note[lang])
    render_paragraph(" ".join(footnotes), "footnote")


def _query_latest_regions(indicator: Indicator, lang: str) -> list[Row]:
    """The newest figures of an indicator for Italy and its regions."""
    view = resolve_view(Filters(lang=lang, level="italy", indicator=indicator.id), indicator.topic)
    parameters = replace(view, period="latest").query_parameters
    return [
        row
        for query in ("reference_areas", "map")
        for row in area_profile.frame_to_dicts(run_query(query, **parameters))
    ]


def _get_footnote_marks(row: Row) -> list[str]:
    """ "*" for a figure of a joined area, "†" for one of a small sample."""
    marks = ["*"] if row["published_geo"] else []
    return [*marks, "†"] if is_small_sample(row) else marks


def render_region_indicators(geo: str, name: str, lang: str) -> None:
    """The figures of a region and of Italy, links to its profile, and the list of what is not published."""
    entries = {entry.indicator.id: entry for entry in area_profile.load_area_profile(geo, lang).all_entries}
    headers = {
        "indicator": t("column_indicator", lang),
        "value": name,
        "italy": t("column_italy", lang),
        "before": t("column_before", lang, name=name),
        "period": t("column_period", lang),
    }
    st.html(
        data_table.render_table(
            [_build_region_row(entries[id], lang) for id in REGIONAL_INDICATORS if id in entries],
            headers,
            t("region_has", lang, name=name),
            numeric_columns=("value", "italy", "before"),
            stacked=True,
        )
    )
    links = {"profile": t("compare_profile", lang, name=name), "compare": t("profile_compare", lang)}
    with st.container(key="region-page-links", horizontal=True, gap="medium"):
        for page, label in links.items():
            parameters = Filters(lang, geo=(geo,)).to_url_parameters()
            st.page_link(f"pages/{page}.py", label=label, query_params=parameters)
    missing = [id for id in REGIONAL_INDICATORS if id not in entries]
    render_notice(
        t("region_lacks_why", lang),
        title=t("region_lacks", lang, name=name),
        items=[catalogue.get_indicator(id).label[lang] for id in (*missing, *NATIONAL_INDICATORS)],
    )


def _build_region_row(entry: area_profile.ProfileEntry, lang: str) -> Row:
    """A row of the table: the region's figure, and Italy's and that of 2019 in the same edition."""
    indicator, row = entry.indicator, entry.row
    italy = next((other for other in entry.benchmarks if other["geo"] == "ITA"), {})
    before = [
        past
        for past in entry.history
        if past["edition"] == row["edition"] and past["period"].startswith("2019")
    ]
    notes = [profile_html.format_entry_period(entry, lang), entry.edition_name]
    if is_small_sample(row):
        notes.append(f"{row['sample_size_note']}, {t('weak_small', lang)}")
    return {
        "indicator": indicator.label[lang],
        "period": "; ".join(filter(None, notes)),
        "value": _format_indicator_value(row["value"], indicator, lang),
        "italy": _format_indicator_value(italy.get("value"), indicator, lang),
        "before": _format_indicator_value(before[0]["value"] if before else None, indicator, lang),
    }


def _format_indicator_value(value: float | None, indicator: Indicator, lang: str) -> str:
    return format_value(value, indicator.unit, indicator.decimals, lang)
