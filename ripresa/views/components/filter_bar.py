"""The filter bar: what a page can be asked, with what has no data named and never offered as an empty chart."""

from html import escape

import streamlit as st

from ripresa import filters as asked
from ripresa.database.query import ask
from ripresa.filters import View
from ripresa.i18n import list_text, period_text, t
from ripresa.views import shell

NAMED = 12  # areas without a figure, named one by one


def bar(view: View, listed: bool = False) -> asked.Options:
    """The filters of a view, seeded from what the view shows; a choice changes the session's filters. Gives what was offered.

    listed: the page lists figures of all periods, and of the areas chosen only.
    """
    lang, offered = view.lang, asked.options(view, listed)
    with st.container(key="bar"):
        _level(view, offered.levels)
        _select("indicator", view.indicator.id, offered.indicators, lang)
        _areas(view, offered.areas, "listed" if listed else "geo")
        _select("sector", view.sector, offered.sectors, lang)
        _select("period", view.period, offered.periods, lang)
        _select("size", view.size, offered.sizes, lang)
        _select("gender", view.gender, offered.genders, lang)
    _without(view, offered.areas)
    return offered


def _level(view: View, offered) -> None:
    codes = [option.code for option in offered]
    labels = {
        option.code: option.label if option.available else t("unavailable", view.lang, label=option.label)
        for option in offered
    }
    key = _seed("level", view.level, view.lang)
    st.radio(
        t("filter_level", view.lang),
        codes,
        key=key,
        format_func=labels.get,
        horizontal=True,
        on_change=lambda: shell.choose(
            level=st.session_state[key], geo=(), indicator="", period="", size="", gender=""
        ),
    )


def _select(name: str, value: str, offered, lang: str) -> None:
    """One selector, where there is more than one choice; those without data come last and say so."""
    if len(offered) < 2:
        return
    ranked = sorted(offered, key=lambda option: not option.available)
    labels = {
        option.code: option.label if option.available else t("unavailable", lang, label=option.label)
        for option in ranked
    }
    labels.setdefault(value, period_text(value, lang))
    key = _seed(name, value, lang)
    st.selectbox(
        t(f"filter_{name}", lang),
        list(labels),
        key=key,
        format_func=labels.get,
        on_change=lambda: shell.choose(**{name: st.session_state[key]}),
    )


def _areas(view: View, offered, name: str) -> None:
    lang = view.lang
    labels = {
        option.code: option.label if option.available else t("unavailable", lang, label=option.label)
        for option in offered
    }
    if not set(view.geo) <= set(labels):  # a whole among its parts: Italy, the EU
        labels |= {
            row.code: row.name
            for row in ask("areas", level="any", lang=lang).itertuples()
            if row.code in view.geo and row.code not in labels
        }
    key = _seed("geo", list(view.geo), lang)
    st.multiselect(
        t(f"filter_{name}_italy" if view.level == "italy" else f"filter_{name}", lang),
        list(labels),
        key=key,
        format_func=labels.get,
        placeholder=t(f"filter_{name}_none", lang),
        max_selections=asked.MOST_AREAS,
        on_change=lambda: shell.choose(geo=tuple(st.session_state[key])),
    )


def _seed(name: str, value, lang: str) -> str:
    """The widget's key, one a language, holding what the view shows."""
    key = f"{name}_{lang}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def _without(view: View, offered) -> None:
    """Names the areas that have no figure for this choice, when they are few: on a map of the world the colour says it."""
    names = [option.label for option in offered if not option.available]
    if 0 < len(names) <= NAMED and view.chart == "map":
        st.html(
            f'<p class="credit">{escape(t("unavailable_areas", view.lang, areas=list_text(names, view.lang)))}</p>'
        )
