"""Where a small firm can learn or find help: by goal, kind, subject, region, language and cost; what has ended is history, what is not known says so."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from html import escape

import streamlit as st

from ripresa.database.query import run_query
from ripresa.filters import Filters
from ripresa.i18n import format_items, format_period, get_language_name, t
from ripresa.observations.boundaries import load_short_names as short_names
from ripresa.profiles import sheet
from ripresa.views import shell
from ripresa.views.diagnosis_session import get_diagnosis_session, has_started_diagnosis
from ripresa.views.pages.topic_page import render_page_header

GOALS = ("known", "found", "convert", "retain")
INITIATIVE_YEAR = (
    "2020"  # the year of the initiative the hub was made for: what is documented only then is history too
)
WIDE_REGIONS = ("ITA", "EU27_2020", "WORLD")  # regions whose resources serve an Italian region as well


@dataclass(frozen=True)
class ResourceFilters:
    """What is looked for, as the address holds it; "" means anything."""

    goal: str = ""
    kind: str = ""
    subject: str = ""
    language: str = ""
    cost: str = ""

    @classmethod
    def from_query(cls, address: Mapping[str, str], rows: list[dict]) -> "ResourceFilters":
        """Reads any address; what no resource has is left out."""
        known = {name: set(get_choices(name, rows)) for name in FILTER_NAMES}
        return cls(**{name: address[name] for name in FILTER_NAMES if address.get(name) in known[name]})


FILTER_NAMES = tuple(field.name for field in fields(ResourceFilters))


def render_page(filters: Filters) -> None:
    """The page, for the wishes in the address and the region of the filters."""
    st.html(sheet.STYLE_PATH)
    lang = filters.lang
    rows = [
        row | {"goals": _parse_goals(row["goals"]), "topics": row["topics"].split()}
        for row in run_query("resources", lang=lang).to_dict("records")
    ]
    wish = ResourceFilters.from_query(dict(st.query_params), rows)
    regions = {row["region"]: short_names()[row["region"]][lang] for row in rows}
    places = {row.code: row.name for row in run_query("areas", level="italy", lang=lang).itertuples()}
    region = next((code for code in filters.geo if code in places), "")
    render_page_header(t("nav_resources", lang), t("resources_question", lang), t("resources_intro", lang))
    if has_started_diagnosis():
        st.page_link("pages/diagnosis.py", label=t("resources_back", lang), query_params={"lang": lang})
    render_filters(wish, region, rows, places, lang)
    found = [row for row in rows if is_match(row, wish, region)]
    others = (
        []
        if found or not wish.kind
        else [row for row in rows if is_match(row, replace(wish, kind=""), region)]
    )
    if others:
        st.html(
            f'<div class="notice"><p>{escape(t("resources_other_kinds", lang, kind=get_label("kind", wish.kind, lang)))}</p></div>'
        )
    found = found or others
    now, past = [row for row in found if not is_history(row)], [row for row in found if is_history(row)]
    own, wide = (
        [row for row in now if row["region"] == region],
        [row for row in now if row["region"] != region],
    )
    active, unknown = (
        [row for row in wide if row["state"] == "active"],
        [row for row in wide if row["state"] != "active"],
    )
    promised = get_planned_kinds(wish)
    taught = [row for row in now if row["kind"] in promised]
    st.html(
        f'<p class="lead result-summary">{escape(t("resources_found", lang, count=len(now), active=len([row for row in now if row["state"] == "active"]), past=len(past)))}</p>'
    )
    if not found:
        st.html(f'<div class="notice"><p>{escape(t("resources_nothing", lang))}</p></div>')
    lacking = promised - {row["kind"] for row in taught}
    if lacking:
        kinds = format_items([get_label("kind", kind, lang) for kind in sorted(lacking)], lang)
        st.html(f'<div class="notice"><p>{escape(t("resources_promise_none", lang, kinds=kinds))}</p></div>')
    if wish != ResourceFilters() or region:
        st.button(
            t("resources_all", lang), key=f"resources_all_{lang}", type="tertiary", on_click=clear_filters
        )
    if found and region and not any(row["state"] == "active" for row in own):
        st.html(
            f'<div class="notice"><p>{escape(t("resources_own_none", lang, region=places[region], count=len(active)))}</p></div>'
        )
    sections = (
        ("resources_own", own),
        ("resources_wide" if region else "resources_active", active),
        ("resources_unknown", unknown),
        ("resources_past", past),
    )
    for title, there in (
        ("resources_promise", taught),
        *((title, [row for row in there if row not in taught]) for title, there in sections),
    ):
        if there:
            st.html(
                render_resource_list(
                    title, sort_by_proximity(there, region), regions, lang, places.get(region, "")
                )
            )


# --- what fits ---


def get_planned_kinds(wish: ResourceFilters) -> set[str]:
    """The kinds of resource that the plan of this visit, once opened, names for the subject looked for. They are in no address: they would tell an answer."""
    if not get_diagnosis_session().duration_seconds or wish.kind:
        return set()
    return {
        action.recommendation.resource
        for action in get_diagnosis_session().plan.actions
        if action.item.subject == wish.subject
    }


def get_choices(name: str, rows: list[dict]) -> list[str]:
    """The values of a wish: the four goals in their order, and of the rest what some resource has."""
    if name == "goal":
        return list(GOALS)
    if name == "subject":
        return list({subject for row in rows for subject in row["topics"]})
    return list({row[name] for row in rows} - {""})


def is_match(row: dict, wish: ResourceFilters, region: str) -> bool:
    """Whether a resource is what is looked for. A region has its own resources and those for the whole of Italy, Europe and the world."""
    return (
        (not wish.goal or wish.goal in row["goals"])
        and (not wish.kind or wish.kind == row["kind"])
        and (not wish.subject or wish.subject in row["topics"])
        and (not wish.language or wish.language == row["language"])
        and (not wish.cost or wish.cost == row["cost"])
        and (not region or row["region"] in (region, *WIDE_REGIONS))
    )


def is_history(row: dict) -> bool:
    """Ended, or documented only in the year of the initiative: shown apart, and never called closed unless its end is known."""
    return row["state"] == "ended" or (
        row["state"] == "unknown" and row["evidence_date"][:4] == INITIATIVE_YEAR
    )


def sort_by_proximity(rows: list[dict], region: str) -> list[dict]:
    """The region's own first, then Italy's, Europe's and the world's; of equals the active, then the one documented last."""
    newest = sorted(rows, key=lambda row: (row["state"] == "active", row["evidence_date"]), reverse=True)
    order = {code: place for place, code in enumerate((region, *WIDE_REGIONS) if region else WIDE_REGIONS)}
    return sorted(newest, key=lambda row: order.get(row["region"], 0.5 if not region else 9))


def _parse_goals(text: str) -> list[str]:
    return list(GOALS) if text == "all" else text.split()


# --- the page ---


def render_filters(
    wish: ResourceFilters, region: str, rows: list[dict], places: dict[str, str], lang: str
) -> None:
    """The wishes, each a list; a choice is written to the address."""
    with st.container(key="resource-filters"):
        for name in FILTER_NAMES:
            named = {code: get_label(name, code, lang) for code in get_choices(name, rows)}
            labels = {"": t("resources_any", lang)} | dict(
                sorted(named.items(), key=lambda item: item[1].casefold()) if name != "goal" else named
            )
            key = seed_widget(name, getattr(wish, name), lang)
            st.selectbox(
                t(f"resources_{name}", lang),
                list(labels),
                key=key,
                format_func=labels.get,
                on_change=lambda name=name, key=key: set_resource_filters(
                    replace(wish, **{name: st.session_state[key]})
                ),
            )
        key = seed_widget("region", region, lang)
        labels = {"": t("resources_everywhere", lang)} | places
        st.selectbox(
            t("resources_region", lang),
            list(labels),
            key=key,
            format_func=labels.get,
            on_change=lambda: shell.set_filters(
                geo=(st.session_state[key],) if st.session_state[key] else ()
            ),
        )


def set_resource_filters(wish: ResourceFilters) -> None:
    """Writes a wish to the address, beside the filters that are there."""
    for name in FILTER_NAMES:
        if getattr(wish, name):
            st.query_params[name] = getattr(wish, name)
        elif name in st.query_params:
            del st.query_params[name]


def clear_filters() -> None:
    """No wish, no region."""
    set_resource_filters(ResourceFilters())
    shell.set_filters(geo=())


def seed_widget(name: str, value: str, lang: str) -> str:
    """The key of a widget of this page, one a language, holding what is shown."""
    key = f"resources_{name}_{lang}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def get_label(name: str, code: str, lang: str) -> str:
    """A code of a wish in words; a language in its own."""
    return get_language_name(code) if name == "language" else t(f"resource_{name}_{code}", lang)


def render_resource_list(
    title: str, rows: list[dict], regions: dict[str, str], lang: str, region: str = ""
) -> str:
    """Resources under a heading, with what the heading means."""
    items = "".join(render_resource(row, regions, lang) for row in rows)
    return f'<section class="resources"><h2>{escape(t(title, lang, count=len(rows), region=region))}</h2><p class="footnote">{escape(t(f"{title}_about", lang))}</p><ol>{items}</ol></section>'


def render_resource(row: dict, regions: dict[str, str], lang: str) -> str:
    """One resource: what it is, for which goals, who offers it, and what its state rests on."""
    address = row["address"]
    name = (
        f'<a href="{escape(address)}" target="_blank" rel="noopener" hreflang="{escape(row["language"])}">{escape(row["title"])}</a>'
        if address.startswith("http")
        else escape(row["title"])
    )
    goals = (
        t("resource_goal_all", lang)
        if len(row["goals"]) == len(GOALS)
        else format_items([get_label("goal", goal, lang) for goal in row["goals"]], lang)
    )
    facts = [
        get_label("kind", row["kind"], lang),
        row["provider"],
        regions[row["region"]],
        t(f"resource_in_{row['language']}", lang),
        get_label("cost", row["cost"], lang) if row["cost"] else t("resource_cost_unknown", lang),
    ]
    return (
        f'<li class="{row["state"]}"><h3>{name}</h3><p>{escape(row["description"])}</p><p class="facts">{escape(" · ".join(facts))}</p>'
        f'<p class="facts"><strong>{escape(goals)}</strong> · {escape(format_items([get_label("subject", one, lang) for one in row["topics"]], lang))}</p>'
        f'<p class="resource-status"><span aria-hidden="true">{STATE_SIGNS[row["state"]]}</span> {escape(describe_state(row, lang))}</p></li>'
    )


STATE_SIGNS = {"active": "●", "unknown": "○", "ended": "■"}


def describe_state(row: dict, lang: str) -> str:
    """What is known of the resource today and from when."""
    if not row["evidence_date"]:
        return t(f"state_{row['state']}_undated", lang)
    return t(f"state_{row['state']}", lang, date=format_period(row["evidence_date"], lang))
