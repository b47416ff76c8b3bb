"""The sentence over a figure, and what it may say.

A finding never says more than the data allow: with intervals "higher" or "not distinguishable", without them a plain difference called so.
"""

from ripresa.filters import View
from ripresa.i18n import list_text, period_text, rounded, t
from ripresa.narrative.phrases import (
    NAMES,
    between,
    dated,
    difference,
    named,
    semicolons,
    short,
    show,
    with_article,
)
from ripresa.narrative.significance import verdict
from ripresa.observations.rows import (
    first_each,
    focus,
    is_apart,
    is_old,
    is_reference,
    is_small,
    peers,
    records,
    references,
    set_apart,
    several,
    sign,
    valued,
    year,
)
from ripresa.observations.series import segments, series

SAID = 4  # areas named in a sentence of changes
FEW = 8  # sectors: as many are some of them, and the title says of how many it speaks


def finding(rows, view: View, kind: str = "") -> str:
    """The sentence over the figure."""
    found = records(rows, view.lang)
    if not valued(found):
        return t("no_data_title", view.lang, short=short(found, view))
    return FINDINGS[kind or kind_of(found, view)](found, view)


def kind_of(found: list[dict], view: View) -> str:
    """What the rows are about: gaps, heat, sectors, trend, dots or areas."""
    if {"female", "male"} <= {row.get("gender") for row in found}:
        return "gaps"
    if several(found, "sector"):
        return "heat" if several(found, "geo") else "sectors"
    if len({(row["geo"], row["edition"]) for row in found}) < len(found):
        return "trend"
    return "dots" if view.chart == "dots" else "areas"


def _areas(found: list[dict], view: View) -> str:
    found = set_apart(found)
    known = valued(peers(found, view)) or valued(found)
    against = valued(references(found, view))
    chosen = [row for row in known if row["geo"] in view.geo]
    known = _in_order(known)
    if len(chosen) == 1 and against and chosen[0]["edition"] == against[0]["edition"]:
        return compared(chosen[0], against[0], view)
    if 1 <= len(chosen) <= NAMES:
        return _listed(chosen + against[:1], found, view)
    if len(known) == 1:
        return t(
            "single",
            view.lang,
            short=short(found, view),
            name=named(known[0], found, view),
            value=show(known[0]["value"], view),
        )
    return _spread(known, against, view, lambda row: named(row, known, view))


def _spread(known: list[dict], against: list[dict], view: View, name) -> str:
    low, high = extremes(known, view)
    values = {
        "short": short(known, view),
        "low": show(low[0]["value"], view),
        "high": show(high[0]["value"], view),
    }
    if values["low"] == values["high"]:
        return t("same_everywhere", view.lang, short=short(known, view), value=values["low"])
    ends = {"low_name": ends_of(low, name, view), "high_name": ends_of(high, name, view)}
    text = t("range", view.lang, **values, **ends) + (
        t("ends_indistinct", view.lang) if verdict(high[0], low[0]) == "indistinct" else ""
    )
    return text + "".join(
        f"; {t('item', view.lang, name=row['geo_name'] + sign(row), value=show(row['value'], view))}"
        for row in against[:1]
    )


def extremes(known: list[dict], view: View) -> tuple[list[dict], list[dict]]:
    """The lowest and the highest rows of one edition, ties included as printed; small bases and old surveys stand back while two others remain."""
    known = _in_order(known)
    firm = [row for row in known if not is_small(row) and not is_old(row)]
    known = firm if len(firm) >= 2 else known
    printed = [rounded(row["value"], view.indicator.decimals) for row in known]
    return (
        [row for row, value in zip(known, printed) if value == min(printed)],
        [row for row, value in zip(known, printed) if value == max(printed)],
    )


def _in_order(known: list[dict]) -> list[dict]:
    """The rows that may be ranked: those of the edition most have."""
    return [row for row in known if not is_apart(row)] or known


def ends_of(tied: list[dict], name, view: View) -> str:
    names = list(dict.fromkeys(name(row) for row in tied))
    if len(names) <= 2:
        return list_text(names, view.lang)
    return t("extreme_more", view.lang, name=names[0], count=len(names) - 1)


def _listed(chosen: list[dict], found: list[dict], view: View) -> str:
    items = [
        t("item", view.lang, name=named(row, found, view), value=show(row["value"], view)) for row in chosen
    ]
    return t("listed", view.lang, short=short(found, view), items=semicolons(items))


def compared(row: dict, other: dict, view: View) -> str:
    """One area against what it is compared with."""
    words = {
        "short": short([row], view),
        "name": row["geo_name"],
        "value": show(row["value"], view),
        "other": with_article(other, view),
        "other_name": other["geo_name"],
        "other_value": show(other["value"], view),
        "difference": difference(row["value"], other["value"], view),
    }
    judged = verdict(row, other)
    if judged:
        return t(
            {"higher": "above", "lower": "below", "indistinct": "indistinct"}[judged], view.lang, **words
        )
    if words["value"] == words["other_value"]:
        return t("simple_same", view.lang, **words)
    return t("simple_above" if row["value"] > other["value"] else "simple_below", view.lang, **words)


def _trend(found: list[dict], view: View) -> str:
    """From the first to the last figure that can be joined, for the chosen areas or else Italy."""
    known = valued(found)
    present = first_each(known, "geo")
    wanted = [geo for geo in dict.fromkeys((*view.geo, *focus(view), "ITA")) if geo in present] or present
    chosen = [geo for geo in wanted if geo in view.geo][:SAID] or (
        present if wanted is present and len(present) <= SAID else []
    )
    if len(chosen) > 1:
        ends = [(part[0], part[-1]) for part in (_stretch(geo, found, view) for geo in chosen)]
        if (
            len({(first["period"], last["period"]) for first, last in ends}) == 1
            and ends[0][0] is not ends[0][1]
        ):
            items = [
                t(
                    "change_item",
                    view.lang,
                    name=last["geo_name"],
                    first=show(first["value"], view),
                    last=show(last["value"], view),
                )
                for first, last in ends
            ]
            return t(
                "changes",
                view.lang,
                short=short(found, view),
                period=between(ends[0][0]["period"], ends[0][1]["period"], view),
                items=semicolons(items),
            )
        return t(
            "listed",
            view.lang,
            short=short(found, view),
            items=semicolons([_end(first, last, view) for first, last in ends]),
        )
    stretch = _stretch(wanted[0], found, view)
    first, last = stretch[0], stretch[-1]
    if first is last:
        return t(
            "at_period",
            view.lang,
            short=short(found, view),
            name=last["geo_name"],
            value=show(last["value"], view),
            period=dated(last, view),
        )
    value = show(last["value"], view)
    key = (
        "change_indistinct"
        if verdict(last, first) == "indistinct"
        else "change_none"
        if show(first["value"], view) == value
        else "change"
    )
    twice = sum(row["geo"] == last["geo"] and row["period"] == last["period"] for row in known) > 1
    name = (
        f"{last['geo_name']} ({last.get('edition_name') or last['edition']})" if twice else last["geo_name"]
    )
    return t(
        key,
        view.lang,
        short=short(found, view),
        name=name,
        first=show(first["value"], view),
        first_period=dated(first, view),
        last=value,
        last_period=dated(last, view),
    )


def _end(first: dict, last: dict, view: View) -> str:
    """One of several areas whose stretches begin or end at different times."""
    if first is last:
        return t(
            "item_dated",
            view.lang,
            name=last["geo_name"],
            value=show(last["value"], view),
            period=dated(last, view),
        )
    return t(
        "change_dated",
        view.lang,
        name=last["geo_name"],
        first=show(first["value"], view),
        first_period=dated(first, view),
        last=show(last["value"], view),
        last_period=dated(last, view),
    )


def _stretch(geo: str, found: list[dict], view: View) -> list[dict]:
    """An area's newest stretch of figures that can be joined."""
    parts = [
        part
        for line in series(found)
        if line.geo == geo
        for part in segments(line, found, view.indicator.breaks)
    ]
    return max(parts, key=lambda part: (len(part) > 1, year(part[-1]), len(part)))


def _dots(found: list[dict], view: View) -> str:
    """Who is named and how many are, never who is first."""
    known = valued(peers(found, view)) or valued(found)
    count = len({row.get("published_geo") or row["geo"] for row in known})
    newest = {row["geo"]: row for row in sorted(valued(found), key=year)}
    chosen = [newest[geo] for geo in focus(view) if geo in newest]
    areas_too = "_areas" if view.level == "italy" else ""
    if not chosen:
        return (
            t("quoted_many" + areas_too, view.lang, short=short(found, view), count=count)
            if count > 1
            else _single_quoted(known[0], view)
        )
    row = chosen[0]
    if len(chosen) > 1 or is_reference(row, view):
        return t(
            "listed",
            view.lang,
            short=short(found, view),
            items=semicolons([_end(row, row, view) for row in chosen[:SAID]]),
        )
    if count == 1:
        return _single_quoted(row, view)
    return t(
        "quoted" + areas_too,
        view.lang,
        short=short(found, view),
        name=row["geo_name"],
        value=show(row["value"], view),
        period=dated(row, view),
        count=count,
    )


def _single_quoted(row: dict, view: View) -> str:
    key = "at_period" if view.level == "italy" else "quoted_one"
    return t(
        key,
        view.lang,
        short=short([row], view),
        name=row["geo_name"],
        value=show(row["value"], view),
        period=dated(row, view),
    )


def pairs(found: list[dict], view: View) -> list[tuple[str, str, dict, dict]]:
    """(code, name, women's row, men's row) for each area, sector, size or period that has both, in order of appearance."""
    column = next((name for name in ("geo", "sector", "size") if several(found, name)), "geo")
    labels = {"geo": "geo_name", "sector": "sector_name", "size": "size_name"}
    both: dict[tuple, dict] = {}
    for row in valued(found):
        both.setdefault((row[column], row["period"], row["edition"]), {})[row["gender"]] = row
    dated = len({code for code, *_ in both}) < len(both) or several(found, "period")
    names = [(code, pair) for (code, *_), pair in both.items() if "female" in pair and "male" in pair]
    return [
        (code, _pair_name(pair["female"], labels[column], dated, view), pair["female"], pair["male"])
        for code, pair in names
    ]


def _pair_name(row: dict, label: str, dated: bool, view: View) -> str:
    return f"{row[label]}, {period_text(row['period'], view.lang)}" if dated else row[label]


def _gaps(found: list[dict], view: View) -> str:
    both = pairs(found, view)
    if not both:
        return t("no_data_title", view.lang, short=short(found, view))
    chosen = [pair for pair in both if pair[0] in focus(view)] or (both if len(both) == 1 else [])
    words = {"short": short(found, view), "count": len(both)}
    if chosen and (view.geo or len(both) == 1):
        _, name, women, men = chosen[-1]
        judged = verdict(women, men)
        same = show(women["value"], view) == show(men["value"], view)
        key = {"": "gap_one_same" if same else "gap_one", "indistinct": "gap_one_indistinct"}.get(
            judged, "gap_one_distinct"
        )
        return t(
            key,
            view.lang,
            **words,
            name=name,
            women=show(women["value"], view),
            men=show(men["value"], view),
            difference=difference(women["value"], men["value"], view),
        )
    judged = [verdict(women, men) for *_, women, men in both]
    if all(judged):
        return t(
            "gap_many_distinct", view.lang, **words, more=judged.count("higher"), less=judged.count("lower")
        )
    more, less = (
        sum(sign * women["value"] > sign * men["value"] for *_, women, men in both) for sign in (1, -1)
    )
    key = "gap_all_more" if more == len(both) else "gap_all_less" if less == len(both) else "gap_many"
    return t(key, view.lang, **words, more=more, less=less)


def _sectors(found: list[dict], view: View) -> str:
    found = set_apart(found)
    parts = [row for row in valued(found) if row["sector"] != "all"]
    whole = [row for row in valued(found) if row["sector"] == "all"]
    if not parts:
        return _listed(whole[:1], whole, view)
    dates = several(parts + whole, "period")
    text = _spread(
        parts,
        [],
        view,
        lambda row: (
            f"{row['sector_name']}, {period_text(row['period'], view.lang)}" if dates else row["sector_name"]
        ),
    )
    text += t("of_published", view.lang, count=len(parts)) if 1 < len(parts) <= FEW else ""
    return text + "".join(
        f"; {t('total', view.lang).lower()}{sign(row)} {show(row['value'], view)}"
        + (f" ({dated(row, view)})" if dates else "")
        for row in whole[:1]
    )


def _heat(found: list[dict], view: View) -> str:
    found = set_apart(found)
    cells = [row for row in valued(peers(found, view)) if row["sector"] != "all"] or valued(found)
    return _spread(cells, [], view, lambda row: f"{row['geo_name']}, {row['sector_name']}")


FINDINGS = {
    "areas": _areas,
    "map": _areas,
    "tiles": _areas,
    "bars": _areas,
    "trend": _trend,
    "lines": _trend,
    "multiples": _trend,
    "spark": _trend,
    "dots": _dots,
    "gaps": _gaps,
    "sectors": _sectors,
    "heat": _heat,
}
