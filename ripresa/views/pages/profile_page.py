"""The profile of an area or of a sector: what is published for it, what may be said of it, and the sheet to print."""

from html import escape

import pandas as pd
import streamlit as st

from ripresa import catalogue
from ripresa.database.query import get_data_version, run_query
from ripresa.filters import Filters
from ripresa.i18n import t
from ripresa.profiles import area_profile as areas
from ripresa.profiles import sheet
from ripresa.profiles.area_profile import AreaProfile
from ripresa.settings import PROFILE_SHEETS as FOLDER
from ripresa.views import shell
from ripresa.views.components import data_table
from ripresa.views.components.page_header import render_page_header
from ripresa.views.pages import sector_profile as branches
from ripresa.views.pages.sector_profile import SectorProfile

PROFILE_KINDS = ("area", "sector")
DEFAULT_SECTOR = "G"  # trade: the sector most countries have
KIND_PARAMETER = "of"  # in the address: the sector's profile is wanted, though an area is chosen
CSV_COLUMNS = (
    "indicator",
    "geo",
    "geo_name",
    "sector",
    "gender",
    "size",
    "period",
    "value",
    "ci_low",
    "ci_high",
    "n",
    "sample_size_note",
    "status",
    "flags",
    "no_ci_reason",
    "population",
    "edition",
    "edition_name",
    "source",
    "source_name",
    "published_geo",
)


def render_page(filters: Filters) -> None:
    """The profile of the first area chosen that has one; that of the sector chosen without an area, or where the address asks for it; without either Italy's."""
    st.html(sheet.STYLE_PATH)
    lang, places, sectors = (
        filters.lang,
        areas.get_profile_areas(filters.lang),
        branches.get_sector_names(filters.lang),
    )
    geo = next((code for code in filters.geo if code in places), "")
    sector = filters.sector if filters.sector in sectors and filters.sector != "all" else ""
    if sector and (not geo or st.query_params.get(KIND_PARAMETER) == "sector"):
        return render_sector_profile(branches.get_sector_profile(sector, lang), geo, sectors, places)
    render_area_profile(areas.load_area_profile(geo or "ITA", lang), sector, places)


def render_area_profile(one: AreaProfile, sector: str, names: dict[str, str]) -> None:
    """An area: what is published for it, set beside the territories it belongs to; of the sector chosen, which figures there are."""
    lang = one.lang
    render_page_header(
        t("profile_kicker", lang), t("profile_question", lang, name=one.name), t("profile_intro", lang)
    )
    render_chooser("area", one.geo, names, lang)
    render_sector_availability(one, sector)
    st.html(sheet.render_summary(one))
    render_downloads(one)
    st.html(f'<p class="legend">{escape(t("profile_key", lang))}</p>')
    render_topics(one)
    st.html(
        f'<div class="profile">{sheet.render_amounts(one)}{sheet.render_missing_data(one)}{sheet.render_sources(one)}</div>'
    )


def render_sector_profile(
    one: SectorProfile, geo: str, names: dict[str, str], places: dict[str, str]
) -> None:
    """A sector beside the whole economy, in Italy and across countries and regions; of the area chosen, which figures there are."""
    lang = one.lang
    render_page_header(
        t("profile_kicker", lang), t("sector_question", lang, name=one.name), t("sector_intro", lang)
    )
    render_chooser("sector", one.code, {code: name for code, name in names.items() if code != "all"}, lang)
    if geo not in ("", "ITA"):
        render_availability("sector_area", geo, one.code, lang, name=places[geo])
        st.page_link(
            "pages/profile.py",
            label=t("compare_profile", lang, name=places[geo]),
            query_params=Filters(lang, geo=(geo,), sector=one.code).to_url_parameters(),
        )
    st.html(sheet.render_summary_paragraphs(branches.build_summary(one), lang))
    st.html(f'<p class="legend">{escape(t("profile_key", lang))}</p>')
    render_topics(one.italy)
    st.html(f'<div class="profile">{sheet.render_amounts(one.italy)}</div>')
    if one.comparisons:
        st.html(f'<h2 class="section">{escape(t("sector_across", lang))}</h2>')
    for there in one.comparisons:
        st.html(branches.render_comparison(there, lang))
    st.html(
        f'<div class="profile">{branches.render_missing_data(one)}{sheet.render_sources(one.italy)}</div>'
    )


def render_sector_availability(one: AreaProfile, sector: str) -> None:
    """What is published of a sector in an area, whose profile is of all sectors, and the way to the sector's own; nothing without a sector."""
    if not sector:
        return
    lang = one.lang
    render_availability(
        "profile_sector", one.geo, sector, lang, sector=branches.get_sector_names(lang)[sector]
    )
    st.page_link(
        "pages/profile.py",
        label=t("profile_sector_door", lang),
        query_params=Filters(lang, geo=(one.geo,), sector=sector).to_url_parameters()
        | {KIND_PARAMETER: "sector"},
    )


def render_availability(words: str, geo: str, code: str, lang: str, **named: str) -> None:
    """Which figures of a sector an area has, or that it has none."""
    found = run_query("profile", geos=(geo,), focus_geos=(geo,), sectors=(code,), lang=lang)[
        "indicator"
    ].unique()
    said = t(
        f"{words}_{'some' if len(found) else 'none'}",
        lang,
        indicators="; ".join(catalogue.get_indicator(id).label[lang] for id in found),
        **named,
    )
    st.html(f'<div class="notice"><p>{escape(said)}</p></div>')


def render_topics(one: AreaProfile) -> None:
    """The figures topic by topic."""
    for topic in catalogue.load_topics():
        figures = sheet.render_topic_table(one, topic, shell.get_theme(), link_target=shell.get_link_target())
        if figures:
            st.html(f'<div class="profile">{figures}</div>')


def render_chooser(kind: str, code: str, names: dict[str, str], lang: str) -> None:
    """Whether an area or a sector, and which, from lists."""
    labels = {one: t(f"profile_kind_{one}", lang) for one in PROFILE_KINDS}
    with st.container(key="profile-chooser", horizontal=True, vertical_alignment="bottom", gap="medium"):
        key = seed_widget("kind", kind, lang)
        st.radio(
            t("profile_kind", lang),
            PROFILE_KINDS,
            key=key,
            format_func=labels.get,
            horizontal=True,
            on_change=lambda: set_profile_kind(st.session_state[key]),
        )
        chosen = seed_widget(kind, code, lang)
        st.selectbox(
            t("profile_choose" if kind == "area" else "sector_choose", lang),
            list(names),
            key=chosen,
            format_func=names.get,
            on_change=lambda: shell.set_filters(
                **{"geo": (st.session_state[chosen],)}
                if kind == "area"
                else {"sector": st.session_state[chosen]}
            ),
        )


def set_profile_kind(kind: str) -> None:
    """To a sector's profile or back to that of the area, which is kept in the address."""
    if kind == "sector":
        st.query_params[KIND_PARAMETER] = kind
    elif KIND_PARAMETER in st.query_params:
        del st.query_params[KIND_PARAMETER]
    shell.set_filters(sector=DEFAULT_SECTOR if kind == "sector" else "")


def seed_widget(name: str, value: str, lang: str) -> str:
    """The key of a widget of this page, one a language, holding what is shown."""
    key = f"profile_{name}_{lang}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def render_downloads(one: AreaProfile) -> None:
    """The sheet and the figures as files, and the way to a comparison."""
    lang = one.lang
    with st.container(key="profile-downloads", horizontal=True, vertical_alignment="center", gap="medium"):
        printed = FOLDER / lang / sheet.build_pdf_name(one.geo)
        current = (FOLDER / "version").exists() and (FOLDER / "version").read_text(
            encoding="utf-8"
        ).strip() == get_data_version()
        if current and printed.exists():
            st.download_button(
                t("profile_pdf", lang),
                data=printed.read_bytes,
                file_name=f"{lang}_{sheet.build_pdf_name(one.geo)}",
                mime="application/pdf",
                on_click="ignore",
                key=f"pdf_{lang}",
            )
        else:
            st.download_button(
                t("profile_page", lang),
                data=lambda: sheet.render_sheet(one).encode(),
                file_name=f"{one.geo}_{lang}.html",
                mime="text/html",
                on_click="ignore",
                key=f"printable_page_{lang}",
            )
        st.download_button(
            t("profile_csv", lang),
            data=lambda: data_table.build_observations_csv(get_observations(one), lang),
            file_name=f"{one.geo}_{get_data_version()}.csv",
            mime="text/csv",
            on_click="ignore",
            key=f"profile_csv_{lang}",
        )
        st.page_link(
            "pages/compare.py",
            label=t("profile_compare", lang),
            query_params=Filters(lang, geo=(one.geo,)).to_url_parameters(),
        )
        if current:
            st.html(f'<a href="sheets/{lang}/" target="_blank">{escape(t("profile_sheets", lang))}</a>')


def get_observations(one: AreaProfile) -> pd.DataFrame:
    """Every figure the profile may show, all periods, with the wholes it is compared with."""
    return run_query(
        "profile",
        geos=(one.geo, *areas.get_benchmark_areas(one.geo, one.level, one.parent)),
        focus_geos=(one.geo,),
        sectors=(),
        lang=one.lang,
    )[list(CSV_COLUMNS)]
