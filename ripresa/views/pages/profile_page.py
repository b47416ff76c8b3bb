"""The profile of an area or of a sector: its published figures, a summary, and the sheet to print."""

import pandas as pd
import streamlit as st

from ripresa import catalogue
from ripresa.database.query import get_data_version, run_query
from ripresa.filters import Filters
from ripresa.i18n import t
from ripresa.profiles import area_profile, profile_html
from ripresa.profiles.area_profile import AreaProfile
from ripresa.settings import PROFILE_SHEETS
from ripresa.views import shell
from ripresa.views.components import data_table
from ripresa.views.components.html import (
    render_html,
    render_notice,
    render_paragraph,
    render_section_heading,
)
from ripresa.views.components.page_header import render_page_header
from ripresa.views.components.widgets import render_csv_button, seed_widget
from ripresa.views.pages import sector_profile
from ripresa.views.pages.sector_profile import SectorProfile

PROFILE_KINDS = ("area", "sector")
DEFAULT_SECTOR = "G"  # trade: the sector most countries have
KIND_PARAMETER = "of"  # of the address: "sector" for a sector's profile although an area is chosen
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
    """The profile of the first chosen area that has one, or of the chosen sector; without either Italy's.

    With an area and a sector it is the area's, unless the address has KIND_PARAMETER."""
    st.html(profile_html.STYLE_PATH)
    lang = filters.lang
    places, sectors = area_profile.get_profile_areas(lang), sector_profile.get_sector_names(lang)
    geo = next((code for code in filters.geo if code in places), "")
    sector = filters.sector if filters.sector in sectors and filters.sector != "all" else ""
    if sector and (not geo or st.query_params.get(KIND_PARAMETER) == "sector"):
        render_sector_profile(sector_profile.get_sector_profile(sector, lang), geo, sectors, places)
    else:
        render_area_profile(area_profile.load_area_profile(geo or "ITA", lang), sector, places)


def render_area_profile(area: AreaProfile, sector: str, names: dict[str, str]) -> None:
    """The figures of an area with its benchmarks, and which of them exist for the chosen sector."""
    lang = area.lang
    render_page_header(
        t("profile_kicker", lang), t("profile_question", lang, name=area.name), t("profile_intro", lang)
    )
    render_chooser("area", area.geo, names, lang)
    if sector:
        render_sector_availability(area, sector)
    st.html(profile_html.render_summary(area))
    render_downloads(area)
    render_paragraph(t("profile_key", lang), "legend")
    render_topics(area)
    _render_profile_block(
        profile_html.render_amounts(area),
        profile_html.render_missing_data(area),
        profile_html.render_sources(area),
    )


def render_sector_profile(
    sector: SectorProfile, geo: str, names: dict[str, str], places: dict[str, str]
) -> None:
    """The figures of a sector and of the whole economy, in Italy and across countries and regions."""
    lang = sector.lang
    render_page_header(
        t("profile_kicker", lang), t("sector_question", lang, name=sector.name), t("sector_intro", lang)
    )
    labels = {code: name for code, name in names.items() if code != "all"}
    render_chooser("sector", sector.code, labels, lang)
    if geo not in ("", "ITA"):
        render_availability("sector_area", geo, sector.code, lang, name=places[geo])
        st.page_link(
            "pages/profile.py",
            label=t("compare_profile", lang, name=places[geo]),
            query_params=Filters(lang, geo=(geo,), sector=sector.code).to_url_parameters(),
        )
    st.html(profile_html.render_summary_paragraphs(sector_profile.build_summary(sector), lang))
    render_paragraph(t("profile_key", lang), "legend")
    render_topics(sector.italy)
    _render_profile_block(profile_html.render_amounts(sector.italy))
    if sector.comparisons:
        render_section_heading(t("sector_across", lang))
    for comparison in sector.comparisons:
        st.html(sector_profile.render_comparison(comparison, lang))
    _render_profile_block(
        sector_profile.render_missing_data(sector), profile_html.render_sources(sector.italy)
    )


def render_sector_availability(area: AreaProfile, sector: str) -> None:
    """Which figures of a sector an area has, with a link to the sector's profile."""
    lang, name = area.lang, sector_profile.get_sector_names(area.lang)[sector]
    render_availability("profile_sector", area.geo, sector, lang, sector=name)
    parameters = Filters(lang, geo=(area.geo,), sector=sector).to_url_parameters()
    st.page_link(
        "pages/profile.py",
        label=t("profile_sector_door", lang),
        query_params=parameters | {KIND_PARAMETER: "sector"},
    )


def render_availability(phrase: str, geo: str, code: str, lang: str, **names: str) -> None:
    """A notice with the figures of a sector in an area. phrase: key of the sentence; names: placeholders."""
    rows = run_query("profile", geos=(geo,), focus_geos=(geo,), sectors=(code,), lang=lang)
    labels = [catalogue.get_indicator(id).label[lang] for id in rows["indicator"].unique()]
    key = f"{phrase}_{'some' if labels else 'none'}"
    render_notice(t(key, lang, indicators="; ".join(labels), **names))


def render_topics(area: AreaProfile) -> None:
    """The figures by topic."""
    theme, link_target = shell.get_theme(), shell.get_link_target()
    for topic in catalogue.load_topics():
        if table := profile_html.render_topic_table(area, topic, theme, link_target=link_target):
            _render_profile_block(table)


def _render_profile_block(*parts: str) -> None:
    """Shows parts of the printed sheet in the style of the profile."""
    st.html(f'<div class="profile">{"".join(parts)}</div>')


def render_chooser(kind: str, code: str, names: dict[str, str], lang: str) -> None:
    """The choice between areas and sectors, and the list of one of them."""
    labels = {name: t(f"profile_kind_{name}", lang) for name in PROFILE_KINDS}
    with st.container(key="profile-chooser", horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind_key = seed_widget(f"profile_kind_{lang}", kind)
        st.radio(
            t("profile_kind", lang),
            PROFILE_KINDS,
            key=kind_key,
            format_func=labels.__getitem__,
            horizontal=True,
            on_change=lambda: set_profile_kind(st.session_state[kind_key]),
        )
        code_key = seed_widget(f"profile_{kind}_{lang}", code)
        st.selectbox(
            t("profile_choose" if kind == "area" else "sector_choose", lang),
            list(names),
            key=code_key,
            format_func=names.__getitem__,
            on_change=lambda: _choose_profile(kind, st.session_state[code_key]),
        )


def _choose_profile(kind: str, code: str) -> None:
    if kind == "area":
        shell.set_filters(geo=(code,))
    else:
        shell.set_filters(sector=code)


def set_profile_kind(kind: str) -> None:
    """Switches to a sector's profile, or back to the area's, which stays in the address (for callbacks)."""
    if kind == "sector":
        st.query_params[KIND_PARAMETER] = kind
    elif KIND_PARAMETER in st.query_params:
        del st.query_params[KIND_PARAMETER]
    shell.set_filters(sector=DEFAULT_SECTOR if kind == "sector" else "")


def render_downloads(area: AreaProfile) -> None:
    """The printed sheet and the figures as files, and a link to the comparison."""
    lang, version = area.lang, get_data_version()
    version_file = PROFILE_SHEETS / "version"
    is_current = version_file.exists() and version_file.read_text(encoding="utf-8").strip() == version
    pdf_name = profile_html.build_pdf_name(area.geo)
    pdf_path = PROFILE_SHEETS / lang / pdf_name
    with st.container(key="profile-downloads", horizontal=True, vertical_alignment="center", gap="medium"):
        if is_current and pdf_path.exists():
            st.download_button(
                t("profile_pdf", lang),
                data=pdf_path.read_bytes,
                file_name=f"{lang}_{pdf_name}",
                mime="application/pdf",
                on_click="ignore",
                key=f"pdf_{lang}",
            )
        else:
            st.download_button(
                t("profile_page", lang),
                data=lambda: profile_html.render_sheet(area).encode(),
                file_name=f"{area.geo}_{lang}.html",
                mime="text/html",
                on_click="ignore",
                key=f"printable_page_{lang}",
            )
        render_csv_button(
            t("profile_csv", lang),
            lambda: data_table.build_observations_csv(get_observations(area), lang),
            f"{area.geo}_{version}.csv",
            f"profile_csv_{lang}",
        )
        st.page_link(
            "pages/compare.py",
            label=t("profile_compare", lang),
            query_params=Filters(lang, geo=(area.geo,)).to_url_parameters(),
        )
        if is_current:
            st.html(render_html("pages/sheets_link.html", lang))


def get_observations(area: AreaProfile) -> pd.DataFrame:
    """The observations of the profile and its benchmarks in all periods, with the columns CSV_COLUMNS."""
    return run_query(
        "profile",
        geos=(area.geo, *area_profile.get_benchmark_areas(area.geo, area.level, area.parent)),
        focus_geos=(area.geo,),
        sectors=(),
        lang=area.lang,
    )[list(CSV_COLUMNS)]
