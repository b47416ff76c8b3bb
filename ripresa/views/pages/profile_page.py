"""The profile of an area or of a sector: what is published for it, what may be said of it, and the sheet to print."""

from html import escape

import pandas as pd
import streamlit as st

from ripresa import catalogue
from ripresa.database.query import ask, version
from ripresa.filters import Filters
from ripresa.i18n import t
from ripresa.profiles import area_profile as areas
from ripresa.profiles import sheet
from ripresa.profiles.area_profile import Area
from ripresa.settings import PROFILE_SHEETS as FOLDER
from ripresa.views import shell
from ripresa.views.components import data_table
from ripresa.views.pages import sector_profile as branches
from ripresa.views.pages.sector_profile import Sector
from ripresa.views.pages.topic_page import opening

KINDS = ("area", "sector")
SECTOR = "G"  # trade: the sector most countries have
OF = "of"  # in the address: the sector's profile is wanted, though an area is chosen
COLUMNS = (
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


def show(filters: Filters) -> None:
    """The profile of the first area chosen that has one; that of the sector chosen without an area, or where the address asks for it; without either Italy's."""
    st.html(sheet.STYLE)
    lang, places, sectors = filters.lang, areas.names(filters.lang), branches.names(filters.lang)
    geo = next((code for code in filters.geo if code in places), "")
    sector = filters.sector if filters.sector in sectors and filters.sector != "all" else ""
    if sector and (not geo or st.query_params.get(OF) == "sector"):
        return of_sector(branches.sector(sector, lang), geo, sectors, places)
    of_area(areas.area(geo or "ITA", lang), sector, places)


def of_area(one: Area, sector: str, names: dict[str, str]) -> None:
    """An area: what is published for it, set beside the territories it belongs to; of the sector chosen, which figures there are."""
    lang = one.lang
    opening(t("profile_kicker", lang), t("profile_question", lang, name=one.name), t("profile_intro", lang))
    choice("area", one.geo, names, lang)
    by_sector(one, sector)
    st.html(sheet.brief(one))
    take(one)
    st.html(f'<p class="key">{escape(t("profile_key", lang))}</p>')
    topics(one)
    st.html(f'<div class="profile">{sheet.amounts(one)}{sheet.lacking(one)}{sheet.sources(one)}</div>')


def of_sector(one: Sector, geo: str, names: dict[str, str], places: dict[str, str]) -> None:
    """A sector beside the whole economy, in Italy and across countries and regions; of the area chosen, which figures there are."""
    lang = one.lang
    opening(t("profile_kicker", lang), t("sector_question", lang, name=one.name), t("sector_intro", lang))
    choice("sector", one.code, {code: name for code, name in names.items() if code != "all"}, lang)
    if geo not in ("", "ITA"):
        published("sector_area", geo, one.code, lang, name=places[geo])
        st.page_link(
            "pages/profile.py",
            label=t("compare_profile", lang, name=places[geo]),
            query_params=Filters(lang, geo=(geo,), sector=one.code).to_address(),
        )
    st.html(sheet.paragraphs(branches.sentences(one), lang))
    st.html(f'<p class="key">{escape(t("profile_key", lang))}</p>')
    topics(one.italy)
    st.html(f'<div class="profile">{sheet.amounts(one.italy)}</div>')
    if one.across:
        st.html(f'<h2 class="section">{escape(t("sector_across", lang))}</h2>')
    for there in one.across:
        st.html(branches.beside(there, lang))
    st.html(f'<div class="profile">{branches.lacking(one)}{sheet.sources(one.italy)}</div>')


def by_sector(one: Area, sector: str) -> None:
    """What is published of a sector in an area, whose profile is of all sectors, and the way to the sector's own; nothing without a sector."""
    if not sector:
        return
    lang = one.lang
    published("profile_sector", one.geo, sector, lang, sector=branches.names(lang)[sector])
    st.page_link(
        "pages/profile.py",
        label=t("profile_sector_door", lang),
        query_params=Filters(lang, geo=(one.geo,), sector=sector).to_address() | {OF: "sector"},
    )


def published(words: str, geo: str, code: str, lang: str, **named: str) -> None:
    """Which figures of a sector an area has, or that it has none."""
    found = ask("profile", geos=(geo,), focus_geos=(geo,), sectors=(code,), lang=lang)["indicator"].unique()
    said = t(
        f"{words}_{'some' if len(found) else 'none'}",
        lang,
        indicators="; ".join(catalogue.indicator(id).label[lang] for id in found),
        **named,
    )
    st.html(f'<div class="said"><p>{escape(said)}</p></div>')


def topics(one: Area) -> None:
    """The figures topic by topic."""
    for topic in catalogue.topics():
        figures = sheet.table(one, topic, shell.theme(), tab=shell.tab())
        if figures:
            st.html(f'<div class="profile">{figures}</div>')


def choice(kind: str, code: str, names: dict[str, str], lang: str) -> None:
    """Whether an area or a sector, and which, from lists."""
    labels = {one: t(f"profile_kind_{one}", lang) for one in KINDS}
    with st.container(key="chooser", horizontal=True, vertical_alignment="bottom", gap="medium"):
        key = seeded("kind", kind, lang)
        st.radio(
            t("profile_kind", lang),
            KINDS,
            key=key,
            format_func=labels.get,
            horizontal=True,
            on_change=lambda: turn(st.session_state[key]),
        )
        chosen = seeded(kind, code, lang)
        st.selectbox(
            t("profile_choose" if kind == "area" else "sector_choose", lang),
            list(names),
            key=chosen,
            format_func=names.get,
            on_change=lambda: shell.choose(
                **{"geo": (st.session_state[chosen],)}
                if kind == "area"
                else {"sector": st.session_state[chosen]}
            ),
        )


def turn(kind: str) -> None:
    """To a sector's profile or back to that of the area, which is kept in the address."""
    if kind == "sector":
        st.query_params[OF] = kind
    elif OF in st.query_params:
        del st.query_params[OF]
    shell.choose(sector=SECTOR if kind == "sector" else "")


def seeded(name: str, value: str, lang: str) -> str:
    """The key of a widget of this page, one a language, holding what is shown."""
    key = f"profile_{name}_{lang}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def take(one: Area) -> None:
    """The sheet and the figures as files, and the way to a comparison."""
    lang = one.lang
    with st.container(key="take", horizontal=True, vertical_alignment="center", gap="medium"):
        printed = FOLDER / lang / sheet.file_name(one.geo)
        current = (FOLDER / "version").exists() and (FOLDER / "version").read_text(
            encoding="utf-8"
        ).strip() == version()
        if current and printed.exists():
            st.download_button(
                t("profile_pdf", lang),
                data=printed.read_bytes,
                file_name=f"{lang}_{sheet.file_name(one.geo)}",
                mime="application/pdf",
                on_click="ignore",
                key=f"pdf_{lang}",
            )
        else:
            st.download_button(
                t("profile_page", lang),
                data=lambda: sheet.document(one).encode(),
                file_name=f"{one.geo}_{lang}.html",
                mime="text/html",
                on_click="ignore",
                key=f"page_{lang}",
            )
        st.download_button(
            t("profile_csv", lang),
            data=lambda: data_table.file(figures(one), lang),
            file_name=f"{one.geo}_{version()}.csv",
            mime="text/csv",
            on_click="ignore",
            key=f"profile_csv_{lang}",
        )
        st.page_link(
            "pages/compare.py",
            label=t("profile_compare", lang),
            query_params=Filters(lang, geo=(one.geo,)).to_address(),
        )
        if current:
            st.html(f'<a href="sheets/{lang}/" target="_blank">{escape(t("profile_sheets", lang))}</a>')


def figures(one: Area) -> pd.DataFrame:
    """Every figure the profile may show, all periods, with the wholes it is compared with."""
    return ask(
        "profile",
        geos=(one.geo, *areas.benchmarks(one.geo, one.level, one.parent)),
        focus_geos=(one.geo,),
        sectors=(),
        lang=one.lang,
    )[list(COLUMNS)]
