"""The overview: four headlines with their recovery, the figures of May 2020, and one region beside Italy."""

from dataclasses import dataclass, replace
from functools import partial
from html import escape

import streamlit as st

from ripresa import catalogue
from ripresa.charts import choropleth as regions
from ripresa.charts.sparkline import render_card_sparkline
from ripresa.database.query import run_query
from ripresa.filters import Filters, get_values_of_all_periods, resolve_view
from ripresa.i18n import format_value, t
from ripresa.narrative import phrases
from ripresa.observations.rows import is_small_sample, with_reference_rows
from ripresa.profiles import area_profile as areas
from ripresa.profiles import sheet
from ripresa.views import shell
from ripresa.views.components import data_table
from ripresa.views.components.card import describe_recovery, render_card
from ripresa.views.components.figure_panel import render_figure_panel
from ripresa.views.components.page_header import render_page_header


@dataclass(frozen=True)
class Headline:
    """The figure of a topic's card, in the view of a level, and the indicator that tells its recovery."""

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
FOOTNOTE_RULES = {"*": lambda row: row["published_geo"], "†": is_small_sample}
FOOTNOTE_PHRASES = {"*": "profile_joined", "†": "weak_small"}
SUMMARY_INDICATORS = ("death_rate", "gva_change_vs_2019", "innovative_startups_female_majority_share")
NATIONAL_INDICATORS = (
    "closure_rate",
    "lower_sales_yoy",
    "digital_sales_25plus",
    "dii_at_least_basic",
    "gva_real_change_vs_2019",
)


def render_page(filters: Filters) -> None:
    """The page, for the visitor's filters."""
    lang = filters.lang
    render_page_header(t("site", lang), t("overview_question", lang), t("overview_intro", lang))
    render_headlines(filters)
    render_spring_2020(filters)
    render_region(filters)


def render_headlines(filters: Filters) -> None:
    """Four cards, each with a door to its topic."""
    lang = filters.lang
    with st.container(key="cards"):
        for one in HEADLINES:
            topic, indicator = catalogue.load_topics()[one.topic], catalogue.get_indicator(one.indicator)
            figure, rows = _get_headline(one.indicator, "ITA", one.level, one.period, lang)
            whom = ", ".join([t("italy", lang), *rows["size_name"][rows["size"] != "all"].unique()])
            sentence = describe_recovery(figure, rows, indicator, lang)
            if one.recovery_indicator:
                teller = catalogue.get_indicator(one.recovery_indicator)
                told, rows = _get_headline(one.recovery_indicator, "ITA", "italy", "latest", lang)
                sentence = t(
                    one.recovery_phrase,
                    lang,
                    recovery=_lower_first_letter(describe_recovery(told, rows, teller, lang)),
                )
            with st.container(key=f"card_{one.topic}"):
                drawing = render_card_sparkline(
                    rows,
                    catalogue.get_indicator(one.recovery_indicator or one.indicator),
                    lang,
                    shell.get_theme(),
                )
                st.html(
                    render_card(
                        topic.title[lang],
                        indicator,
                        figure,
                        whom,
                        drawing,
                        sentence,
                        list(rows["source"]),
                        lang,
                    )
                )
                st.page_link(
                    f"pages/{one.topic}.py",
                    label=t("explore", lang, topic=t(f"nav_{one.topic}", lang)),
                    query_params=_get_link_parameters(filters),
                )


def render_spring_2020(filters: Filters) -> None:
    """The four figures of the survey of May 2020, and the door to what can be said of them."""
    lang, items = filters.lang, ""
    for id in SPRING_2020_INDICATORS:
        indicator = catalogue.get_indicator(id)
        figure, _ = _get_headline(id, "ITA", "europe", "2020-05", lang)
        value = format_value(figure["value"] if figure else None, indicator.unit, indicator.decimals, lang)
        items += f'<li><span class="big-number">{escape(value)}</span> <span>{escape(indicator.label[lang])}</span></li>'
    st.html(
        f'<section class="spring-2020"><h2>{escape(t("spring", lang))}</h2><ul>{items}</ul><p class="footnote">{escape(t("spring_about", lang))}</p></section>'
    )
    st.page_link(
        "pages/checks.py", label=t("spring_checks", lang), query_params=_get_link_parameters(filters)
    )
    st.page_link("pages/diagnosis.py", label=t("overview_diagnosis", lang), query_params={"lang": lang})


def render_region(filters: Filters) -> None:
    """A map to choose a region on, and what is published for it."""
    lang = filters.lang
    names = {row.code: row.name for row in run_query("areas", level="italy", lang=lang).itertuples()}
    chosen = next((code for code in filters.geo if code in names), "")
    view = resolve_view(
        replace(
            filters,
            level="italy",
            geo=(chosen,) if chosen else (),
            indicator="",
            sector="",
            invalid_parameters=(),
        ),
        "closures",
    )
    rows = with_reference_rows(
        run_query("map", **view.query_parameters), run_query("reference_areas", **view.query_parameters), view
    )
    st.html(f'<h2 class="section">{escape(t("region_title", lang))}</h2>')
    left, right = st.columns([6, 6], gap="large")
    with right:
        key = f"region_{lang}"
        if st.session_state.get(key) != chosen:
            st.session_state[key] = chosen
        st.selectbox(
            t("region_choose", lang),
            ["", *names],
            key=key,
            format_func=lambda code: names.get(code, t("region_none", lang)),
            on_change=lambda: shell.set_filters(
                geo=(st.session_state[key],) if st.session_state[key] else ()
            ),
        )
        render_region_indicators(chosen, names[chosen], lang) if chosen else render_regions_summary(
            names, lang
        )
    with left:
        draw = partial(regions.build_choropleth, rows, view, class_values=get_values_of_all_periods(view))
        render_figure_panel(
            "map", draw(shell.get_theme()), rows, view, (draw,), is_selectable=True, collapse_notes=True
        )


def render_regions_summary(names: dict[str, str], lang: str) -> None:
    """All regions in a few figures with Italy's on top, while none is chosen; what weakens a figure is a sign beside it, told below."""
    heads, body, used = (
        {"area": t("column_geo_name", lang)},
        {code: {"area": name} for code, name in {"ITA": t("italy", lang), **names}.items()},
        set(),
    )
    for id in SUMMARY_INDICATORS:
        indicator = catalogue.get_indicator(id)
        moment = replace(
            resolve_view(Filters(lang=lang, level="italy", indicator=id), indicator.topic), period="latest"
        ).query_parameters
        rows = [
            row
            for name in ("reference_areas", "map")
            for row in areas.frame_to_dicts(run_query(name, **moment))
            if row["geo"] in body
        ]
        newest = max(rows, key=lambda row: row["period_start"])
        heads[id] = f"{indicator.short[lang]}, {phrases.format_row_period(newest, lang)}"
        for row in rows:
            signs = [sign for sign, holds in FOOTNOTE_RULES.items() if holds(row)]
            used.update(signs)
            body[row["geo"]][id] = "\N{NO-BREAK SPACE}".join(
                [format_value(row["value"], indicator.unit, indicator.decimals, lang), *signs]
            )
    st.html(
        data_table.render_table(
            list(body.values()), heads, t("region_hint", lang), numeric_columns=SUMMARY_INDICATORS
        )
    )
    told = [f"{sign} {t(FOOTNOTE_PHRASES[sign], lang)}." for sign in FOOTNOTE_RULES if sign in used]
    st.html(
        f'<p class="footnote">{escape(" ".join([*told, catalogue.get_indicator("gva_change_vs_2019").note[lang]]))}</p>'
    )


def render_region_indicators(geo: str, name: str, lang: str) -> None:
    """The figures of a region beside Italy's, those of its profile, and the list of what it lacks."""
    entries = {entry.indicator.id: entry for entry in areas.load_area_profile(geo, lang).all_entries}
    body = [_build_region_row(entries[id], lang) for id in REGIONAL_INDICATORS if id in entries]
    lacking = [catalogue.get_indicator(id).label[lang] for id in REGIONAL_INDICATORS if id not in entries]
    heads = {
        "indicator": t("column_indicator", lang),
        "value": name,
        "italy": t("column_italy", lang),
        "before": t("column_before", lang, name=name),
        "period": t("column_period", lang),
    }
    st.html(
        data_table.render_table(
            body,
            heads,
            t("region_has", lang, name=name),
            numeric_columns=("value", "italy", "before"),
            stacked=True,
        )
    )
    with st.container(key="region-page-links", horizontal=True, gap="medium"):
        for page, label in (
            ("profile", t("compare_profile", lang, name=name)),
            ("compare", t("profile_compare", lang)),
        ):
            st.page_link(
                f"pages/{page}.py", label=label, query_params=Filters(lang, geo=(geo,)).to_url_parameters()
            )
    items = "".join(
        f"<li>{escape(words)}</li>"
        for words in [*lacking, *(catalogue.get_indicator(id).label[lang] for id in NATIONAL_INDICATORS)]
    )
    st.html(
        f'<div class="notice"><p><strong>{escape(t("region_lacks", lang, name=name))}</strong></p><ul>{items}</ul><p>{escape(t("region_lacks_why", lang))}</p></div>'
    )


def _build_region_row(entry: areas.ProfileEntry, lang: str) -> dict:
    """A line of that table: Italy and 2019 in the edition of the region's figure, which is named where there are others, with all that weakens it."""
    indicator, row = entry.indicator, entry.row
    rows = {
        "value": row,
        "italy": next((one for one in entry.benchmarks if one["geo"] == "ITA"), {}),
        "before": next(
            (
                one
                for one in entry.history
                if one["edition"] == row["edition"] and one["period"].startswith("2019")
            ),
            {},
        ),
    }
    said = [
        sheet.format_entry_period(entry, lang),
        entry.edition_name,
        f"{row['sample_size_note']}, {t('weak_small', lang)}" if is_small_sample(row) else "",
    ]
    return {"indicator": indicator.label[lang], "period": "; ".join(filter(None, said))} | {
        name: format_value(one.get("value"), indicator.unit, indicator.decimals, lang)
        for name, one in rows.items()
    }


def _get_headline(id: str, geo: str, level: str, period: str, lang: str) -> tuple[dict | None, object]:
    """The headline of an indicator for one area, and its line over time in the same edition."""
    indicator = catalogue.get_indicator(id)
    opening = indicator.get_default_view(level)
    cut = {"indicator": id, "sector": opening["sector"], "gender": opening["gender"], "size": opening["size"]}
    line = run_query("trend", **cut, geos=(geo,), lang=lang)
    for edition in opening["editions"]:
        found = run_query(
            "headline",
            **cut,
            geo=geo,
            edition=edition,
            period=period,
            desired_direction=indicator.desired_direction,
        )
        if len(found):
            return found.iloc[0].to_dict(), line[line["edition"] == edition]
    return None, line.head(0)


def _lower_first_letter(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _get_link_parameters(filters: Filters) -> dict:
    return Filters(lang=filters.lang, geo=filters.geo).to_url_parameters()
