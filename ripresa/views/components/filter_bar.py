"""The filter bar: what a page can be asked, with what has no data named and never offered as an empty chart."""

from html import escape

import streamlit as st

from ripresa.coverage import get_area_names
from ripresa.filter_options import Options, build_options
from ripresa.filters import MAX_AREAS, View
from ripresa.i18n import format_items, format_period, t
from ripresa.views import shell

MAX_NAMED_AREAS = 12  # areas without a figure, named one by one


def render_filter_bar(view: View, all_periods: bool = False) -> Options:
    """The filters of a view, seeded from what the view shows; a choice changes the session's filters. Gives what was offered.

    listed: the page lists figures of all periods, and of the areas chosen only.
    """
    lang, offered = view.lang, build_options(view, all_periods)
    with st.container(key="filter-bar"):
        _render_level_radio(view, offered.levels)
        _render_select("indicator", view.indicator.id, offered.indicators, lang)
        _render_area_select(view, offered.areas, "listed" if all_periods else "geo")
        _render_select("sector", view.sector, offered.sectors, lang)
        _render_select("period", view.period, offered.periods, lang)
        _render_select("size", view.size, offered.sizes, lang)
        _render_select("gender", view.gender, offered.genders, lang)
    _render_unavailable_areas(view, offered.areas)
    return offered


def _render_level_radio(view: View, offered) -> None:
    codes = [option.code for option in offered]
    labels = {
        option.code: option.label if option.available else t("unavailable", view.lang, label=option.label)
        for option in offered
    }
    key = _seed_widget("level", view.level, view.lang)
    st.radio(
        t("filter_level", view.lang),
        codes,
        key=key,
        format_func=labels.get,
        horizontal=True,
        on_change=lambda: shell.set_filters(
            level=st.session_state[key], geo=(), indicator="", period="", size="", gender=""
        ),
    )


def _render_select(name: str, value: str, offered, lang: str) -> None:
    """One selector, where there is more than one choice; those without data come last and say so."""
    if len(offered) < 2:
        return
    ranked = sorted(offered, key=lambda option: not option.available)
    labels = {
        option.code: option.label if option.available else t("unavailable", lang, label=option.label)
        for option in ranked
    }
    labels.setdefault(value, format_period(value, lang))
    key = _seed_widget(name, value, lang)
    st.selectbox(
        t(f"filter_{name}", lang),
        list(labels),
        key=key,
        format_func=labels.get,
        on_change=lambda: shell.set_filters(**{name: st.session_state[key]}),
    )


def _render_area_select(view: View, offered, name: str) -> None:
    lang = view.lang
    labels = {
        option.code: option.label if option.available else t("unavailable", lang, label=option.label)
        for option in offered
    }
    if not set(view.geo) <= set(labels):  # a whole among its parts: Italy, the EU
        labels |= {
            code: name
            for code, name in get_area_names(lang).items()
            if code in view.geo and code not in labels
        }
    key = _seed_widget("geo", list(view.geo), lang)
    st.multiselect(
        t(f"filter_{name}_italy" if view.level == "italy" else f"filter_{name}", lang),
        list(labels),
        key=key,
        format_func=labels.get,
        placeholder=t(f"filter_{name}_none", lang),
        max_selections=MAX_AREAS,
        on_change=lambda: shell.set_filters(geo=tuple(st.session_state[key])),
    )


def _seed_widget(name: str, value, lang: str) -> str:
    """The widget's key, one a language, holding what the view shows."""
    key = f"{name}_{lang}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def _render_unavailable_areas(view: View, offered) -> None:
    """Names the areas that have no figure for this choice, when they are few: on a map of the world the colour says it."""
    names = [option.label for option in offered if not option.available]
    if 0 < len(names) <= MAX_NAMED_AREAS and view.chart == "map":
        st.html(
            f'<p class="footnote">{escape(t("unavailable_areas", view.lang, areas=format_items(names, view.lang)))}</p>'
        )
