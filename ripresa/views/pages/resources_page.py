"""Training and support for small firms, by goal, kind, subject, language, cost and region.

Resources that have ended, or whose state is unknown, are listed apart from the active ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import streamlit as st

from ripresa.database.query import query_records
from ripresa.filters import Filters
from ripresa.i18n import format_items, format_period, get_language_name, t
from ripresa.observations.boundaries import load_short_names
from ripresa.observations.rows import Row
from ripresa.profiles import profile_html
from ripresa.templating import Markup
from ripresa.views import shell
from ripresa.views.components.html import render_html, render_notice, render_paragraph
from ripresa.views.components.page_header import render_page_header
from ripresa.views.components.widgets import seed_widget
from ripresa.views.diagnosis_session import get_diagnosis_session, has_started_diagnosis

GOALS = ("known", "found", "convert", "retain")
INITIATIVE_YEAR = "2020"  # of the initiative: what has no evidence after it is listed as past
WIDE_REGIONS = ("ITA", "EU27_2020", "WORLD")  # regions whose resources serve an Italian region as well
STATE_SIGNS = {"active": "●", "unknown": "○", "ended": "■"}


@dataclass(frozen=True)
class ResourceFilters:
    """The filters of this page as the address holds them; "" means any."""

    goal: str = ""
    kind: str = ""
    subject: str = ""
    language: str = ""
    cost: str = ""

    @classmethod
    def from_query(cls, parameters: Mapping[str, str], rows: Sequence[Row]) -> "ResourceFilters":
        """Parses the parameters of an address; values that no resource has are ignored."""
        return cls(
            **{
                name: parameters[name]
                for name in FILTER_NAMES
                if parameters.get(name) in get_choices(name, rows)
            }
        )


FILTER_NAMES = tuple(field.name for field in fields(ResourceFilters))


def render_page(filters: Filters) -> None:
    """The page, for the filters in the address and the region of the common filters."""
    st.html(profile_html.STYLE_PATH)
    lang = filters.lang
    rows = [
        row | {"goals": _parse_goals(row["goals"]), "topics": row["topics"].split()}
        for row in query_records("resources", lang=lang)
    ]
    choice = ResourceFilters.from_query(dict(st.query_params), rows)
    places = {row["code"]: row["name"] for row in query_records("areas", level="italy", lang=lang)}
    region = next((code for code in filters.geo if code in places), "")
    render_page_header(t("nav_resources", lang), t("resources_question", lang), t("resources_intro", lang))
    if has_started_diagnosis():
        st.page_link("pages/diagnosis.py", label=t("resources_back", lang), query_params={"lang": lang})
    render_filters(choice, region, rows, places, lang)
    matches = [row for row in rows if is_match(row, choice, region)]
    if not matches and choice.kind:
        matches = [row for row in rows if is_match(row, replace(choice, kind=""), region)]
        if matches:
            kind = get_label("kind", choice.kind, lang)
            render_notice(t("resources_other_kinds", lang, kind=kind))
    render_matches(matches, choice, region, places.get(region, ""), lang)


def render_matches(
    matches: Sequence[Row], choice: ResourceFilters, region: str, region_name: str, lang: str
) -> None:
    """How many resources match, notices about what is missing, and the resources by section."""
    current = [row for row in matches if not is_history(row)]
    past = [row for row in matches if is_history(row)]
    regional = [row for row in current if row["region"] == region]
    active = [row for row in current if row["region"] != region and row["state"] == "active"]
    unknown = [row for row in current if row["region"] != region and row["state"] != "active"]
    planned_kinds = get_planned_kinds(choice)
    planned = [row for row in current if row["kind"] in planned_kinds]
    active_count = sum(row["state"] == "active" for row in current)
    render_paragraph(
        t("resources_found", lang, count=len(current), active=active_count, past=len(past)),
        "lead result-summary",
    )
    if not matches:
        render_notice(t("resources_nothing", lang))
    if missing_kinds := planned_kinds - {row["kind"] for row in planned}:
        kinds = format_items([get_label("kind", kind, lang) for kind in sorted(missing_kinds)], lang)
        render_notice(t("resources_promise_none", lang, kinds=kinds))
    if choice != ResourceFilters() or region:
        st.button(
            t("resources_all", lang), key=f"resources_all_{lang}", type="tertiary", on_click=clear_filters
        )
    if matches and region and not any(row["state"] == "active" for row in regional):
        render_notice(t("resources_own_none", lang, region=region_name, count=len(active)))
    sections = {
        "resources_own": regional,
        "resources_wide" if region else "resources_active": active,
        "resources_unknown": unknown,
        "resources_past": past,
    }
    render_resource_list("resources_promise", planned, region, region_name, lang)
    for title, rows in sections.items():
        unplanned = [row for row in rows if row not in planned]
        render_resource_list(title, unplanned, region, region_name, lang)


# --- which resources match ---


def get_planned_kinds(choice: ResourceFilters) -> set[str]:
    """The kinds of resource that this session's action plan names for the subject, once the plan was opened.

    They are not written to the address, because they reveal an answer of the diagnosis."""
    if not get_diagnosis_session().duration_seconds or choice.kind:
        return set()
    return {
        action.recommendation.resource
        for action in get_diagnosis_session().plan.actions
        if action.item.subject == choice.subject
    }


def get_choices(name: str, rows: Sequence[Row]) -> list[str]:
    """The values of a filter: the goals in their fixed order, otherwise what some resource has."""
    if name == "goal":
        return list(GOALS)
    if name == "subject":
        return list({subject for row in rows for subject in row["topics"]})
    return list({row[name] for row in rows} - {""})


def is_match(row: Row, choice: ResourceFilters, region: str) -> bool:
    """Whether a resource matches; a region also has the resources of Italy, Europe and the world."""
    return (
        choice.goal in ("", *row["goals"])
        and choice.kind in ("", row["kind"])
        and choice.subject in ("", *row["topics"])
        and choice.language in ("", row["language"])
        and choice.cost in ("", row["cost"])
        and (not region or row["region"] in (region, *WIDE_REGIONS))
    )


def is_history(row: Row) -> bool:
    """Whether a resource has ended, or is documented only in the year of the initiative."""
    if row["state"] == "unknown":
        return str(row["evidence_date"])[:4] == INITIATIVE_YEAR
    return bool(row["state"] == "ended")


def sort_by_proximity(rows: Sequence[Row], region: str) -> list[Row]:
    """The region's resources, then Italy's, Europe's and the world's; of each the active and newest first."""
    newest = sorted(rows, key=lambda row: (row["state"] == "active", row["evidence_date"]), reverse=True)
    order = {code: rank for rank, code in enumerate((region, *WIDE_REGIONS) if region else WIDE_REGIONS)}
    other_region_rank = len(order) if region else 0.5  # without a region: after Italy's
    return sorted(newest, key=lambda row: order.get(row["region"], other_region_rank))


def _parse_goals(text: str) -> list[str]:
    return list(GOALS) if text == "all" else text.split()


# --- filters ---


def render_filters(
    choice: ResourceFilters, region: str, rows: Sequence[Row], places: dict[str, str], lang: str
) -> None:
    """One list per filter and one of regions; a choice is written to the address."""
    with st.container(key="resource-filters"):
        for name in FILTER_NAMES:
            _render_filter(name, choice, rows, lang)
        key = seed_widget(f"resources_region_{lang}", region)
        labels = {"": t("resources_everywhere", lang)} | places
        st.selectbox(
            t("resources_region", lang),
            list(labels),
            key=key,
            format_func=labels.__getitem__,
            on_change=lambda: shell.set_filters(
                geo=(st.session_state[key],) if st.session_state[key] else ()
            ),
        )


def _render_filter(name: str, choice: ResourceFilters, rows: Sequence[Row], lang: str) -> None:
    options = [(code, get_label(name, code, lang)) for code in get_choices(name, rows)]
    if name != "goal":
        options.sort(key=lambda option: option[1].casefold())
    labels = {"": t("resources_any", lang)} | dict(options)
    key = seed_widget(f"resources_{name}_{lang}", getattr(choice, name))
    st.selectbox(
        t(f"resources_{name}", lang),
        list(labels),
        key=key,
        format_func=labels.__getitem__,
        on_change=lambda: set_resource_filters(replace(choice, **{name: st.session_state[key]})),
    )


def set_resource_filters(choice: ResourceFilters) -> None:
    """Writes the filters of this page to the address, next to the common ones."""
    for name in FILTER_NAMES:
        if getattr(choice, name):
            st.query_params[name] = getattr(choice, name)
        elif name in st.query_params:
            del st.query_params[name]


def clear_filters() -> None:
    """Removes the filters of this page and the region (for callbacks)."""
    set_resource_filters(ResourceFilters())
    shell.set_filters(geo=())


def get_label(name: str, code: str, lang: str) -> str:
    """The label of a filter's value; a language is named in itself."""
    return get_language_name(code) if name == "language" else t(f"resource_{name}_{code}", lang)


# --- the list ---


def render_resource_list(title: str, rows: Sequence[Row], region: str, region_name: str, lang: str) -> None:
    """Resources under a heading; nothing without resources."""
    if rows:
        resources = [render_resource(row, lang) for row in sort_by_proximity(rows, region)]
        st.html(
            render_html(
                "pages/resource_list.html", lang, title=title, resources=resources, region=region_name
            )
        )


def render_resource(row: Row, lang: str) -> Markup:
    """One resource: what it is, for which goals, who provides it, and the evidence for its state."""
    goals = [get_label("goal", goal, lang) for goal in row["goals"]]
    facts = [
        get_label("kind", row["kind"], lang),
        row["provider"],
        load_short_names()[row["region"]][lang],
        t(f"resource_in_{row['language']}", lang),
        get_label("cost", row["cost"] or "unknown", lang),
    ]
    return render_html(
        "pages/resource.html",
        lang,
        resource=row,
        facts=facts,
        goals=t("resource_goal_all", lang) if len(goals) == len(GOALS) else format_items(goals, lang),
        subjects=format_items([get_label("subject", subject, lang) for subject in row["topics"]], lang),
        state_sign=STATE_SIGNS[row["state"]],
        state=describe_state(row, lang),
    )


def describe_state(row: Row, lang: str) -> str:
    """The state of the resource and the date of the evidence for it."""
    if not row["evidence_date"]:
        return t(f"state_{row['state']}_undated", lang)
    return t(f"state_{row['state']}", lang, date=format_period(row["evidence_date"], lang))
