"""The overview: four headlines with their recovery, the figures of May 2020, and one region beside Italy."""

from dataclasses import dataclass, replace
from functools import partial
from html import escape

import streamlit as st

from ripresa import catalogue
from ripresa.charts import choropleth as regions
from ripresa.database.query import ask
from ripresa.filters import Filters, all_periods, resolve
from ripresa.i18n import t, value_text
from ripresa.narrative import benchmark
from ripresa.observations.rows import beside, is_small
from ripresa.profiles import area_profile as areas
from ripresa.profiles import sheet
from ripresa.views import shell
from ripresa.views.components import data_table
from ripresa.views.components.card import card, recovery, spark
from ripresa.views.components.figure_panel import panel
from ripresa.views.pages.topic_page import opening


@dataclass(frozen=True)
class Headline:
    """The figure of a topic's card, in the view of a level, and the indicator that tells its recovery."""

    topic: str
    indicator: str
    level: str
    period: str = "latest"
    told_by: str = ""
    told: str = ""


HEADLINES = (
    Headline("closures", "death_rate", "italy"),
    Headline("profits", "lower_sales_yoy", "europe", "2020-05", told_by="gva_real", told="recovery_of_sales"),
    Headline("digital_sales", "ent_with_esales", "europe"),
    Headline("women", "innovative_startups_female_majority_share", "italy"),
)
SPRING = ("closure_rate", "lower_sales_yoy", "digital_sales_25plus", "reduced_employees")
REGIONAL = (
    "death_rate",
    "birth_rate",
    "gva_change_vs_2019",
    "ent_with_esales",
    "innovative_startups_female_majority_share",
    "women_led_firms_share",
)
SIGNS = {"*": lambda row: row["published_geo"], "†": is_small}
TOLD = {"*": "profile_joined", "†": "weak_small"}
GLANCE = ("death_rate", "gva_change_vs_2019", "innovative_startups_female_majority_share")
NATIONAL = (
    "closure_rate",
    "lower_sales_yoy",
    "digital_sales_25plus",
    "dii_at_least_basic",
    "gva_real_change_vs_2019",
)


def show(filters: Filters) -> None:
    """The page, for the visitor's filters."""
    lang = filters.lang
    opening(t("site", lang), t("overview_question", lang), t("overview_intro", lang))
    headlines(filters)
    spring(filters)
    region(filters)


def headlines(filters: Filters) -> None:
    """Four cards, each with a door to its topic."""
    lang = filters.lang
    with st.container(key="cards"):
        for one in HEADLINES:
            topic, indicator = catalogue.topics()[one.topic], catalogue.indicator(one.indicator)
            figure, rows = _figure(one.indicator, "ITA", one.level, one.period, lang)
            whom = ", ".join([t("italy", lang), *rows["size_name"][rows["size"] != "all"].unique()])
            sentence = recovery(figure, rows, indicator, lang)
            if one.told_by:
                teller = catalogue.indicator(one.told_by)
                told, rows = _figure(one.told_by, "ITA", "italy", "latest", lang)
                sentence = t(one.told, lang, recovery=_inside(recovery(told, rows, teller, lang)))
            with st.container(key=f"card_{one.topic}"):
                drawing = spark(rows, catalogue.indicator(one.told_by or one.indicator), lang, shell.theme())
                st.html(
                    card(
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
                    query_params=_door(filters),
                )


def spring(filters: Filters) -> None:
    """The four figures of the survey of May 2020, and the door to what can be said of them."""
    lang, items = filters.lang, ""
    for id in SPRING:
        indicator = catalogue.indicator(id)
        figure, _ = _figure(id, "ITA", "europe", "2020-05", lang)
        value = value_text(figure["value"] if figure else None, indicator.unit, indicator.decimals, lang)
        items += (
            f'<li><span class="big">{escape(value)}</span> <span>{escape(indicator.label[lang])}</span></li>'
        )
    st.html(
        f'<section class="spring"><h2>{escape(t("spring", lang))}</h2><ul>{items}</ul><p class="credit">{escape(t("spring_about", lang))}</p></section>'
    )
    st.page_link("pages/checks.py", label=t("spring_checks", lang), query_params=_door(filters))
    st.page_link("pages/diagnosis.py", label=t("overview_diagnosis", lang), query_params={"lang": lang})


def region(filters: Filters) -> None:
    """A map to choose a region on, and what is published for it."""
    lang = filters.lang
    names = {row.code: row.name for row in ask("areas", level="italy", lang=lang).itertuples()}
    chosen = next((code for code in filters.geo if code in names), "")
    view = resolve(
        replace(filters, level="italy", geo=(chosen,) if chosen else (), indicator="", sector="", dropped=()),
        "closures",
    )
    rows = beside(ask("map", **view.moment), ask("references", **view.moment), view)
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
            on_change=lambda: shell.choose(geo=(st.session_state[key],) if st.session_state[key] else ()),
        )
        published(chosen, names[chosen], lang) if chosen else glance(names, lang)
    with left:
        draw = partial(regions.choropleth, rows, view, across=all_periods(view))
        panel("map", draw(shell.theme()), rows, view, (draw,), select=True, folded=True)


def glance(names: dict[str, str], lang: str) -> None:
    """All regions in a few figures with Italy's on top, while none is chosen; what weakens a figure is a sign beside it, told below."""
    heads, body, used = (
        {"area": t("column_geo_name", lang)},
        {code: {"area": name} for code, name in {"ITA": t("italy", lang), **names}.items()},
        set(),
    )
    for id in GLANCE:
        indicator = catalogue.indicator(id)
        moment = replace(
            resolve(Filters(lang=lang, level="italy", indicator=id), indicator.topic), period="latest"
        ).moment
        rows = [
            row
            for name in ("references", "map")
            for row in areas.clean(ask(name, **moment))
            if row["geo"] in body
        ]
        newest = max(rows, key=lambda row: row["period_start"])
        heads[id] = f"{indicator.short[lang]}, {benchmark.when(newest, lang)}"
        for row in rows:
            signs = [sign for sign, holds in SIGNS.items() if holds(row)]
            used.update(signs)
            body[row["geo"]][id] = "\N{NO-BREAK SPACE}".join(
                [value_text(row["value"], indicator.unit, indicator.decimals, lang), *signs]
            )
    st.html(data_table.html(list(body.values()), heads, t("region_hint", lang), numbers=GLANCE))
    told = [f"{sign} {t(TOLD[sign], lang)}." for sign in SIGNS if sign in used]
    st.html(
        f'<p class="credit">{escape(" ".join([*told, catalogue.indicator("gva_change_vs_2019").note[lang]]))}</p>'
    )


def published(geo: str, name: str, lang: str) -> None:
    """The figures of a region beside Italy's, those of its profile, and the list of what it lacks."""
    entries = {entry.indicator.id: entry for entry in areas.area(geo, lang).all}
    body = [_beside_italy(entries[id], lang) for id in REGIONAL if id in entries]
    lacking = [catalogue.indicator(id).label[lang] for id in REGIONAL if id not in entries]
    heads = {
        "indicator": t("column_indicator", lang),
        "value": name,
        "italy": t("column_italy", lang),
        "before": t("column_before", lang, name=name),
        "period": t("column_period", lang),
    }
    st.html(
        data_table.html(
            body, heads, t("region_has", lang, name=name), numbers=("value", "italy", "before"), stacked=True
        )
    )
    with st.container(key="region_ways", horizontal=True, gap="medium"):
        for page, label in (
            ("profile", t("compare_profile", lang, name=name)),
            ("compare", t("profile_compare", lang)),
        ):
            st.page_link(f"pages/{page}.py", label=label, query_params=Filters(lang, geo=(geo,)).to_address())
    items = "".join(
        f"<li>{escape(words)}</li>"
        for words in [*lacking, *(catalogue.indicator(id).label[lang] for id in NATIONAL)]
    )
    st.html(
        f'<div class="said"><p><strong>{escape(t("region_lacks", lang, name=name))}</strong></p><ul>{items}</ul><p>{escape(t("region_lacks_why", lang))}</p></div>'
    )


def _beside_italy(entry: areas.Entry, lang: str) -> dict:
    """A line of that table: Italy and 2019 in the edition of the region's figure, which is named where there are others, with all that weakens it."""
    indicator, row = entry.indicator, entry.row
    rows = {
        "value": row,
        "italy": next((one for one in entry.others if one["geo"] == "ITA"), {}),
        "before": next(
            (
                one
                for one in entry.line
                if one["edition"] == row["edition"] and one["period"].startswith("2019")
            ),
            {},
        ),
    }
    said = [
        sheet.when(entry, lang),
        entry.edition,
        f"{row['sample_size_note']}, {t('weak_small', lang)}" if is_small(row) else "",
    ]
    return {"indicator": indicator.label[lang], "period": "; ".join(filter(None, said))} | {
        name: value_text(one.get("value"), indicator.unit, indicator.decimals, lang)
        for name, one in rows.items()
    }


def _figure(id: str, geo: str, level: str, period: str, lang: str) -> tuple[dict | None, object]:
    """The headline of an indicator for one area, and its line over time in the same edition."""
    indicator = catalogue.indicator(id)
    opening = indicator.view(level)
    cut = {"indicator": id, "sector": opening["sector"], "gender": opening["gender"], "size": opening["size"]}
    line = ask("trend", **cut, geos=(geo,), lang=lang)
    for edition in opening["editions"]:
        found = ask(
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


def _inside(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _door(filters: Filters) -> dict:
    return Filters(lang=filters.lang, geo=filters.geo).to_address()
