"""The filter bar: one selector per filter, in which options without data are listed last and marked."""

from collections.abc import Sequence

import streamlit as st

from ripresa.coverage import get_area_names
from ripresa.filter_options import Option, Options, build_options
from ripresa.filters import MAX_AREAS, View
from ripresa.i18n import format_items, format_period, t
from ripresa.views import shell
from ripresa.views.components.html import render_paragraph
from ripresa.views.components.widgets import seed_widget

MAX_NAMED_AREAS = 12  # more areas without data are not named one by one


def render_filter_bar(view: View, all_periods: bool = False) -> Options:
    """Shows the filters of a view, each with the view's value, and returns their options.

    all_periods: the page shows all periods, and only the areas that are selected."""
    lang, options = view.lang, build_options(view, all_periods)
    with st.container(key="filter-bar"):
        _render_level_radio(view, options.levels)
        _render_select("indicator", view.indicator.id, options.indicators, lang)
        _render_area_select(view, options.areas, "listed" if all_periods else "geo")
        _render_select("sector", view.sector, options.sectors, lang)
        _render_select("period", view.period, options.periods, lang)
        _render_select("size", view.size, options.sizes, lang)
        _render_select("gender", view.gender, options.genders, lang)
    _render_unavailable_areas(view, options.areas)
    return options


def _render_level_radio(view: View, options: Sequence[Option]) -> None:
    labels = _get_labels(options, view.lang)
    key = seed_widget(f"level_{view.lang}", view.level)
    st.radio(
        t("filter_level", view.lang),
        list(labels),
        key=key,
        format_func=labels.__getitem__,
        horizontal=True,
        on_change=lambda: shell.set_filters(
            level=st.session_state[key], geo=(), indicator="", period="", size="", gender=""
        ),
    )


def _render_select(name: str, value: str, options: Sequence[Option], lang: str) -> None:
    """A select box, where there is more than one option."""
    if len(options) < 2:
        return
    labels = _get_labels(sorted(options, key=lambda option: not option.available), lang)
    labels.setdefault(value, format_period(value, lang))
    key = seed_widget(f"{name}_{lang}", value)
    st.selectbox(
        t(f"filter_{name}", lang),
        list(labels),
        key=key,
        format_func=labels.__getitem__,
        on_change=lambda: shell.set_filters(**{name: st.session_state[key]}),
    )


def _render_area_select(view: View, options: Sequence[Option], name: str) -> None:
    lang = view.lang
    labels = _get_labels(options, lang)
    if not set(view.geo) <= set(labels):  # an aggregate shown with its parts: Italy, the EU
        labels |= {
            code: name
            for code, name in get_area_names(lang).items()
            if code in view.geo and code not in labels
        }
    key = seed_widget(f"geo_{lang}", list(view.geo))
    st.multiselect(
        t(f"filter_{name}_italy" if view.level == "italy" else f"filter_{name}", lang),
        list(labels),
        key=key,
        format_func=labels.__getitem__,
        placeholder=t(f"filter_{name}_none", lang),
        max_selections=MAX_AREAS,
        on_change=lambda: shell.set_filters(geo=tuple(st.session_state[key])),
    )


def _get_labels(options: Sequence[Option], lang: str) -> dict[str, str]:
    """Code and label of each option, with a remark where it has no data."""
    return {
        option.code: option.label if option.available else t("unavailable", lang, label=option.label)
        for option in options
    }


def _render_unavailable_areas(view: View, options: Sequence[Option]) -> None:
    """Names the areas without data under a map, when they are few; else the map's colour has to do."""
    names = [option.label for option in options if not option.available]
    if 0 < len(names) <= MAX_NAMED_AREAS and view.chart == "map":
        areas = format_items(names, view.lang)
        render_paragraph(t("unavailable_areas", view.lang, areas=areas), "footnote")
