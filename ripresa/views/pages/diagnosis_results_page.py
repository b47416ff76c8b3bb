"""What the firms that took the diagnosis say: the published release, with what it withholds drawn as withheld. No ranking, nothing derived here."""

from collections import Counter
from collections.abc import Callable
from html import escape
from pathlib import Path

import pandas as pd
import streamlit as st

from ripresa import catalogue
from ripresa.charts import diagnosis_charts as charts
from ripresa.database.query import ask
from ripresa.diagnosis import official_statistics
from ripresa.diagnosis.questionnaire import areas, bank
from ripresa.disclosure.published_file import for_pages
from ripresa.disclosure.tabulation import ALL, ITALY, OVERALL
from ripresa.filters import Filters
from ripresa.i18n import MISSING, interval_text, list_text, number, period_text, t, value_text
from ripresa.views.components import data_table, plotly_figure
from ripresa.views.pages.topic_page import opening
from ripresa.views.shell import theme

WHOLE = {
    "area": ITALY,
    "sector": ALL,
    "size_class": ALL,
}  # what a group of firms is about, and the code of all firms in it
KINDS = tuple(WHOLE)
VISIBLE = ("shown", "merged", "repeated")  # statuses of the release: a cell with a figure, and one without
HIDDEN = ("small", "paired", "waiting", "quality")
NEAR = ("direct", "near")
FIRST = 10  # actions listed
STYLE = Path(__file__).with_name("diagnosis_page.css")
DEFAULT_SIZE = "10-49"  # the smallest class of the official surveys


def show(filters: Filters) -> None:
    """The page: who answered, levels of one group, all groups, answers beside official shares, first actions."""
    lang, rows = filters.lang, for_pages()
    st.html(STYLE)
    if not rows:
        opening(t("nav_diagnosis_results", lang), t("results_question", lang), t("results_none", lang))
        return st.page_link("pages/diagnosis.py", label=t("results_take", lang), query_params={"lang": lang})
    label = _label(rows, lang)
    whole = next(
        row
        for row in rows
        if row["table_id"] == "diagnoses"
        and row["measure"] == "all"
        and _domain(row) == tuple(WHOLE.values())
    )
    words = {
        "n": number(int(whole["n_shown"]), lang),
        "start": period_text(whole["month_from"], lang),
        "end": period_text(whole["month_to"], lang),
    }
    opening(
        _titled(t("nav_diagnosis_results", lang), label),
        _titled(t("results_question", lang), label),
        _titled(t("results_lead", lang, **words), label),
    )
    if label:
        st.html(
            f'<div class="said invented" role="note"><p><strong>{escape(label)}.</strong> {escape(t("results_invented", lang))}</p></div>'
        )
    measure, kind, code = choices(rows, lang)
    one(rows, measure, kind, code, label, lang)
    every(rows, measure, kind, label, lang)
    answers(rows, label, lang)
    given(rows, label, lang)
    first(rows, label, lang)
    months(rows, label, lang)
    foot(rows, lang)
    return st.page_link("pages/diagnosis.py", label=t("results_take", lang), query_params={"lang": lang})


def door(lang: str) -> None:
    """The link to this page; it says so when the sample behind it is invented."""
    rows = for_pages()
    st.page_link(
        "pages/diagnosis_results.py",
        label=_titled(t("diagnosis_to_results", lang), _label(rows, lang)),
        query_params={"lang": lang},
    )


def choices(rows, lang: str) -> tuple[str, str, str]:
    """What to look at, among the audited cells only: the score, the kind of group, the group."""
    goals = {OVERALL: t("scores_overall", lang)} | {goal.id: goal.label[lang] for goal in bank().goals}
    with st.container(key="bar"):
        measure = st.selectbox(
            t("results_measure", lang), list(goals), format_func=goals.get, key=f"results_measure_{lang}"
        )
        kind = st.radio(
            t("results_kind", lang),
            KINDS,
            format_func=lambda one: t(f"results_{one}", lang),
            horizontal=True,
            key=f"results_kind_{lang}",
        )
        codes = list(
            dict.fromkeys(
                row[kind]
                for row in rows
                if row["table_id"] == "level" and row["measure"] == measure and _about(row, kind)
            )
        )
        code = st.selectbox(
            t(f"results_{kind}", lang),
            codes,
            format_func=lambda one: name(kind, one, lang),
            key=f"results_{kind}_{lang}",
        )
    return measure, kind, code


def one(rows, measure: str, kind: str, code: str, label: str, lang: str) -> None:
    """The levels of one group, each with its interval."""
    own = [row for row in _levels(rows, measure, kind) if row[kind] == code]
    who, what = name(kind, code, lang), _measure(measure, lang)
    n = number(int(own[0]["n_shown"]), lang) if own[0]["n_shown"] else MISSING
    scores = {
        row["category"]: row
        for row in rows
        if row["table_id"] == "score"
        and row["measure"] == measure
        and _about(row, kind)
        and row[kind] == code
    }
    median = scores.get("median")
    said = (
        t(
            "results_median",
            lang,
            median=median["estimate"],
            low=median["ci_low"],
            high=median["ci_high"],
            q1=scores["q1"]["estimate"],
            q3=scores["q3"]["estimate"],
        )
        if median and median["estimate"]
        else t("results_median_withheld", lang)
    )
    meta = _meta(t("results_one", lang, who=who, what=what), t("results_one_sub", lang, n=n), label)
    _figure("one", charts.levels(_cells(own, lang), _names(lang), theme(), lang, meta), own, [said], lang)


def every(rows, measure: str, kind: str, label: str, lang: str) -> None:
    """All the groups of a kind, in a fixed order."""
    own = _levels(rows, measure, kind)
    groups = [
        {"name": name(kind, code, lang), "cells": _cells([row for row in own if row[kind] == code], lang)}
        for code in dict.fromkeys(row[kind] for row in own)
    ]
    meta = _meta(
        t(f"results_every_{kind}", lang, what=_measure(measure, lang)), t("results_every_sub", lang), label
    )
    _figure("every", charts.groups(groups, _names(lang), theme(), lang, meta), own, [], lang)


def answers(rows, label: str, lang: str) -> None:
    """Answers beside the official shares of the same size class, in another colour."""
    sizes = list(dict.fromkeys(row["size_class"] for row in rows if row["table_id"] == "official"))
    key = f"results_beside_{lang}"
    size = st.session_state.setdefault(key, _opening_size(rows, sizes))
    shares = _official(size, lang)
    own = [row for row in rows if row["table_id"] == "official" and row["size_class"] == size]
    found = []
    for row in own:
        item = bank().item(row["measure"])
        reference = next(one for one in item.official if one.code == row["category"])
        if reference.match in NEAR:
            share = shares.get(reference.indicator)
            told = catalogue.indicator(reference.indicator).label[lang] if share else item.question[lang]
            found.append(
                {
                    "row": row,
                    "name": told,
                    "official": share and share[0],
                    "note": reference.note[lang],
                    "about": share[1] if share else bank().word("not_loaded", lang),
                }
                | _cell(row, lang)
            )
    meta = _meta(
        t("beside_title", lang), t("beside_sub", lang, size=name("size_class", size, lang)), label
    ) | {"firms": t("beside_firms", lang)}
    heads = {column: t(f"beside_{column}", lang) for column in ("question", "share", "official", "note")}
    body = [
        {"question": one["name"], "share": _value(one, lang), "official": one["about"], "note": one["note"]}
        for one in found
    ]
    _figure(
        "beside",
        charts.beside(found, theme(), lang, meta),
        [one["row"] for one in found],
        [bank().word("official_small", lang)] if size == official_statistics.SMALL else [],
        lang,
        listed=data_table.html(body, heads, meta["title"], stacked=True),
        above=lambda: st.radio(
            t("results_size_class", lang),
            sizes,
            format_func=lambda one: name("size_class", one, lang),
            horizontal=True,
            key=key,
        ),
    )


def given(rows, label: str, lang: str) -> None:
    """What all firms answered to one question, chosen from the list."""
    there = {row["measure"]: [] for row in rows if row["table_id"] == "answer"}
    for row in rows:
        if row["table_id"] == "answer" and _domain(row) == tuple(WHOLE.values()):
            there[row["measure"]].append(row)
    _section("given", label, lang)
    item = bank().item(
        st.selectbox(
            t("given_question", lang),
            list(there),
            format_func=lambda id: bank().item(id).question[lang],
            key=f"results_given_{lang}",
        )
    )
    names = {str(option.points): option.text[lang] for option in item.options} | {
        name: t(f"given_{name}", lang) for name in ("none", "blank")
    }
    body = [
        {
            "answer": list_text((names[code] for code in cell["category"].split("+")), lang),
            "share": _value(cell, lang),
        }
        for cell in _cells(there[item.id], lang)
    ]
    _listed("given", body, label, lang)


def months(rows, label: str, lang: str) -> None:
    """How many diagnoses each month brought; a month with few is counted with its neighbour."""
    own = [row for row in rows if (row["table_id"], row["measure"]) == ("diagnoses", "month")]
    body = [
        {
            "month": list_text((period_text(code, lang) for code in row["category"].split("+")), lang),
            "count": number(int(row["n_shown"]), lang)
            if row["status"] in VISIBLE
            else _reason(row["status"], row, lang),
        }
        for row in own
    ]
    _section("months", label, lang)
    _listed("months", body, label, lang)


def first(rows, label: str, lang: str) -> None:
    """The actions that most often come first in the plans."""
    titles = {action.id: action.title[lang] for item in bank().items for action in item.recommendations}
    own = [
        row
        for row in rows
        if row["table_id"] == "action" and row["status"] in VISIBLE and row["category"] in titles
    ][:FIRST]
    body = [{"action": titles[row["category"]], "share": _value(_cell(row, lang), lang)} for row in own]
    _section("first", label, lang)
    _listed("first", body, label, lang)


def foot(rows, lang: str) -> None:
    """What is withheld, counted by reason, and the rules."""
    kinds = Counter(row["status"] for row in rows)
    items = "".join(
        f"<li>{escape(number(kinds[kind], lang))}: {escape(_reason(kind, rows[0], lang))}</li>"
        for kind in HIDDEN
        if kinds[kind]
    )
    rules = t(
        "withheld_rules",
        lang,
        least=rows[0]["statistics_from"],
        rounding=rows[0]["rounding"],
        version=rows[0]["version"],
        published=period_text(rows[0]["published_on"], lang),
    )
    st.html(
        f'<div class="about"><p><strong>{escape(t("withheld_title", lang))}</strong></p><ul>{items}</ul><p>{escape(rules)}</p></div>'
    )


def name(kind: str, code: str, lang: str) -> str:
    """A group of firms in words; codes published together are named together."""
    if code == WHOLE[kind]:
        return t("italy" if kind == "area" else f"results_all_{kind}", lang)
    labels = (
        {id: one[lang] for id, one in areas().items()}
        if kind == "area"
        else {
            option.id: option.text[lang]
            for option in bank().question("size" if kind == "size_class" else kind).options
        }
    )
    return labels.get(code) or list_text((labels[part] for part in code.split("+")), lang)


def _opening_size(rows, sizes: list[str]) -> str:
    """The size class to open with: one with a share to show, if there is any."""
    told = {row["size_class"] for row in rows if row["table_id"] == "official" and row["status"] in VISIBLE}
    return next((one for one in (DEFAULT_SIZE, *sizes) if one in told), sizes[0])


def _section(name: str, label: str, lang: str) -> None:
    st.html(f'<h2 class="section">{escape(_titled(t(f"{name}_title", lang), label))}</h2>')


def _listed(name: str, body: list[dict], label: str, lang: str) -> None:
    """A short list as a table: what, and how much."""
    heads = {column: t(f"{name}_{column}", lang) for column in (body[0] if body else ())}
    st.html(
        data_table.html(body, heads, _titled(t(f"{name}_caption", lang), label), numbers=tuple(heads)[1:])
        if body
        else f'<p class="lead">{escape(t("withheld", lang))}</p>'
    )


def _levels(rows, measure: str, kind: str) -> list[dict]:
    return [
        row for row in rows if row["table_id"] == "level" and row["measure"] == measure and _about(row, kind)
    ]


def _about(row: dict, kind: str) -> bool:
    """The row is about groups of this kind, whatever the others."""
    return all(row[other] == whole for other, whole in WHOLE.items() if other != kind)


def _domain(row: dict) -> tuple[str, ...]:
    return tuple(row[kind] for kind in WHOLE)


def _cells(rows: list[dict], lang: str) -> list[dict]:
    """The cells to draw: what is withheld alone and shown together with another is drawn once, together."""
    together = {
        code
        for row in rows
        if row["status"] in VISIBLE and "+" in row["category"]
        for code in row["category"].split("+")
    }
    return sorted(
        (_cell(row, lang) for row in rows if row["category"] not in together),
        key=lambda cell: cell["category"],
    )


def _cell(row: dict, lang: str) -> dict:
    value, low, high = (float(row[name]) if row[name] else None for name in ("estimate", "ci_low", "ci_high"))
    shown = row["status"] in VISIBLE and value is not None
    return {
        "category": row["category"],
        "value": value if shown else None,
        "ci_low": low,
        "ci_high": high,
        "reason": "" if shown else _reason(row["status"], row, lang),
    }


def _reason(status: str, row: dict, lang: str) -> str:
    return t(f"withheld_{status}", lang, threshold=row["threshold"], least=row["statistics_from"])


def _value(cell: dict, lang: str) -> str:
    return (
        cell["reason"]
        or f"{value_text(cell['value'], 'percent', 1, lang)} ({interval_text(cell['ci_low'], cell['ci_high'], 'percent', 1, lang)})"
    )


def _names(lang: str) -> dict[str, str]:
    return {str(level.id): level.label[lang] for level in bank().levels}


def _measure(measure: str, lang: str) -> str:
    return t("scores_overall", lang) if measure == OVERALL else bank().goal(measure).label[lang]


def _official(size: str, lang: str) -> dict[str, tuple[float, str]]:
    """Italy's share of each indicator loaded, for a size class: the value, and in words what it is."""
    found = {}
    for id in official_statistics.indicators():
        if id in catalogue.indicators():
            rows = ask(
                "by_size",
                indicator=id,
                geo=official_statistics.COUNTRY,
                sector=ALL,
                gender=ALL,
                period="latest",
                editions=catalogue.indicator(id).view("europe")["editions"],
                lang=lang,
            )
            wanted = official_statistics.SHOWN_FOR.get("" if size == ALL else size, size)
            for row in rows[rows["size"] == wanted].to_dict("records"):
                found[id] = (
                    row["value"],
                    f"{value_text(row['value'], 'percent', 1, lang)} ({row['size_name']}, {period_text(row['period'], lang)}; {row['source_name']})",
                )
    return found


def _label(rows, lang: str) -> str:
    """What an invented sample is called on a page; its files keep the code of the release."""
    return bank().word("synthetic", lang) if rows and rows[0]["label"] else ""


def _titled(text: str, label: str) -> str:
    return f"{label} · {text}" if label else text


def _meta(title: str, subtitle: str, label: str) -> dict:
    return {"title": _titled(title, label), "subtitle": subtitle, "label": label}


def _figure(
    key: str,
    figure,
    rows: list[dict],
    said: list[str],
    lang: str,
    listed: str = "",
    above: Callable | None = None,
) -> None:
    """A figure with its words, the same rows as a table, and as a file that says what they are. above: draws the figure's own choice."""
    words = figure.layout.meta
    st.html(
        f'<div class="finding"><h2>{escape(words["title"])}</h2><p class="sub">{escape(words["subtitle"])}</p></div>'
    )
    if above:
        above()
    alt = ". ".join([words["title"], words["subtitle"], *said])
    plotly_figure.draw(figure, f"results_{key}", lang, f"{_file(rows)}_{key}", alt)
    st.html(
        f'<div class="credit">{"".join(f"<p>{escape(one)}</p>" for one in [*said, t("results_source", lang)])}</div>'
    )
    with st.container(key=f"results_{key}_data", horizontal=True, vertical_alignment="center", gap="medium"):
        shown = st.toggle(t("show_table", lang), key=f"results_{key}_table_{lang}")
        st.download_button(
            t("csv", lang),
            data=lambda: data_table.csv(pd.DataFrame(rows)),
            file_name=f"{_file(rows)}_{key}.csv",
            mime="text/csv",
            key=f"results_{key}_csv_{lang}",
            on_click="ignore",
        )
    if shown:
        st.html(listed or _table(rows, words["title"], lang))


def _file(rows: list[dict]) -> str:
    return "SYNTHETIC_diagnosis" if rows and rows[0]["label"] else "diagnosis"


def _table(rows: list[dict], caption: str, lang: str) -> str:
    """Groups down, levels across."""
    kind = next((kind for kind in KINDS if any(row[kind] != WHOLE[kind] for row in rows)), "area")
    names = _names(lang)
    heads = {"group": t(f"results_{kind}", lang), "n": t("column_n", lang), **names}
    body = []
    for code in dict.fromkeys(row[kind] for row in rows):
        own = [row for row in rows if row[kind] == code]
        line = {
            "group": name(kind, code, lang),
            "n": number(int(own[0]["n_shown"]), lang) if own[0]["n_shown"] else MISSING,
        }
        for cell in _cells(own, lang):
            for level in cell["category"].split("+"):
                line[level] = (
                    _value(cell, lang)
                    if "+" not in cell["category"]
                    else t("results_together", lang, share=_value(cell, lang))
                )
        body.append(line)
    return data_table.html(body, heads, caption, numbers=("n",))
