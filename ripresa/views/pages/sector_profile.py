"""A sector's profile: beside the whole economy, in Italy, country by country and region by region. No Streamlit here."""

from dataclasses import dataclass
from functools import lru_cache
from html import escape

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.database.query import ask, version
from ripresa.i18n import MISSING, period_text, t, value_text
from ripresa.narrative import benchmark
from ripresa.narrative.phrases import difference
from ripresa.observations.rows import no_direction, records, valued, year
from ripresa.profiles import sheet
from ripresa.profiles.area_profile import TOLD, Area, Entry, at_once, clean, shown
from ripresa.views.components import data_table

KINDS = ("section", "aggregate")
FEW = 3  # areas; fewer are no comparison
PLACES = {"country": "sector_countries", "area": "sector_areas"}


@dataclass(frozen=True)
class Across:
    """One indicator of the sector in many areas at one moment. rows: highest first, each with `whole`, the whole economy's figure or None."""

    indicator: Indicator
    level: str
    rows: tuple[dict, ...]


@dataclass(frozen=True)
class Sector:
    """A sector with its Italian entries by topic, and its indicators across areas."""

    code: str
    name: str
    lang: str
    italy: Area
    across: tuple[Across, ...]


def names(lang: str) -> dict[str, str]:
    """The sectors that have figures somewhere, in reading order."""
    have = set(ask("coverage")["sector"])
    return {
        row.code: row.name
        for row in ask("labels", lang=lang).itertuples()
        if row.kind == "sector" and row.family in KINDS and row.code in have
    }


def sector(code: str, lang: str) -> Sector:
    """The profile of a sector. Raises KeyError where it has no figures."""
    return _sector(version(), code, lang)


@lru_cache(maxsize=128)
def _sector(version: str, code: str, lang: str) -> Sector:
    name = {row.code: row.short for row in ask("labels", lang=lang).itertuples() if row.kind == "sector"}[
        code
    ]
    rows = valued(records(ask("profile_sector", sector=code, lang=lang), lang))
    ways = {
        (row["indicator"], row["sector"], row["gender"], row["size"], row["edition"]): row
        for row in clean(ask("profile_recovery", geo="ITA"))
    }
    found: dict[str, tuple[Entry, ...]] = {}
    across = []
    for indicator in catalogue.indicators().values():
        own = [row for row in rows if row["indicator"] == indicator.id]
        entry = (
            None
            if indicator.id in TOLD
            else _italian(indicator, [row for row in own if row["geo"] == "ITA"], ways)
        )
        if entry:
            found[indicator.topic] = (*found.get(indicator.topic, ()), entry)
        across += [one for level in PLACES if (one := _across(indicator, own, level))]
    sources = dict.fromkeys(row["source"] for one in across for row in one.rows) | dict.fromkeys(
        entry.row["source"] for entries in found.values() for entry in entries
    )
    return Sector(
        code, name, lang, Area("ITA", name, "italy", "", lang, found, sources=tuple(sources)), tuple(across)
    )


def _italian(indicator: Indicator, rows: list[dict], ways: dict) -> Entry | None:
    """Italy's figure for the sector, beside that of the whole economy."""
    if not rows:
        return None
    cuts = list(dict.fromkeys((row["gender"], row["size"]) for row in rows))
    views = [indicator.view(level) for level in indicator.default]
    cut = next(
        ((view["gender"], view["size"]) for view in views if (view["gender"], view["size"]) in cuts), cuts[0]
    )
    line = [row for row in rows if (row["gender"], row["size"]) == cut]
    row = shown(line, indicator, "italy")
    known = (*line, *(whole(one) for one in line if one["total_value"] is not None))
    way = None if no_direction(row) else ways.get((indicator.id, row["sector"], *cut, row["edition"]))
    return Entry(indicator, row, tuple(line), known, at_once(row, known), (), way)


def whole(row: dict) -> dict:
    """The figure of all sectors that stands beside a sector's."""
    return row | {
        "geo": "whole",
        "value": row["total_value"],
        "ci_low": row["total_ci_low"],
        "ci_high": row["total_ci_high"],
    }


def _across(indicator: Indicator, rows: list[dict], level: str) -> Across | None:
    """The areas of a level that have the sector's figure, at the newest moment that most of them share (of self-selected surveys the one the catalogue opens on); no amounts."""
    if indicator.unit in benchmark.ALONE or indicator.id in TOLD:
        return None
    moments: dict[tuple, list[dict]] = {}
    for row in rows:
        if row["level"] == level:
            moments.setdefault((row["gender"], row["size"], row["period"]), []).append(row)
    if not moments:
        return None
    openings = (
        {view["period"] for view in map(indicator.view, indicator.default)}
        if catalogue.sources()[indicator.source].kind == "self_selected"
        else set()
    )
    if any(moment[2] in openings for moment in moments):
        moments = {moment: there for moment, there in moments.items() if moment[2] in openings}
    most = max(len({row["geo"] for row in there}) for there in moments.values())
    best = max(
        (there for there in moments.values() if len({row["geo"] for row in there}) >= max(FEW, 0.9 * most)),
        key=lambda there: year(there[0]),
        default=[],
    )
    areas = {row["geo"]: row for row in best}
    return (
        Across(
            indicator, level, tuple(sorted(areas.values(), key=lambda row: (-row["value"], row["geo_name"])))
        )
        if len(areas) >= FEW
        else None
    )


# --- words ---


def sentences(one: Sector) -> list[str]:
    """The summary: Italy's first figures beside the whole economy, then in how many areas the sector stands above and below it."""
    said = []
    for id in catalogue.topics():
        entries = [
            entry for entry in one.italy.entries.get(id, ()) if entry.indicator.unit not in benchmark.ALONE
        ]
        said += [sheet.told(entry, one.lang) for entry in entries[:1]]
    said = [f"{t('italy', one.lang)}. {said[0]}", *said[1:]] if said else []
    return said + [text for text in (counted(there, one.lang) for there in one.across) if text][:2]


def counted(there: Across, lang: str) -> str:
    """In how many areas the sector is above and below the whole economy; "" where the whole is not published for several."""
    pairs = [(row, whole(row)) for row in there.rows if row["total_value"] is not None]
    if len(pairs) < FEW:
        return ""
    words = [
        told.word
        for told in (benchmark.compared(row, other, there.indicator, lang) for row, other in pairs)
        if told
    ]
    above, below = (
        sum(word in names for word in words) for names in (("higher", "above"), ("lower", "below"))
    )
    return t(
        f"sector_counted_{there.level}",
        lang,
        label=there.indicator.label[lang],
        period=period_text(pairs[0][0]["period"], lang),
        count=len(pairs),
        above=above,
        below=below,
    )


def beside(there: Across, lang: str) -> str:
    """The areas as a table: the sector's figure, the whole economy's, and the difference in words."""
    indicator = there.indicator
    body = []
    for row in there.rows:
        told = (
            benchmark.compared(row, whole(row), indicator, lang) if row["total_value"] is not None else None
        )
        body.append(
            {
                "area": row["geo_name"],
                "value": value_text(row["value"], indicator.unit, indicator.decimals, lang),
                "whole": value_text(row["total_value"], indicator.unit, indicator.decimals, lang),
                "told": f"{told.mark} {t(f'sector_{told.word}', lang, difference=_difference(row, indicator, lang))}"
                if told
                else MISSING,
                "note": t("weak_vintage", lang) if no_direction(row) else "",
            }
        )
    heads = {name: t(f"sector_column_{name}", lang) for name in ("area", "value", "whole", "told")} | (
        {"note": t("column_note", lang)} if any(line["note"] for line in body) else {}
    )
    caption = f"{indicator.label[lang]}, {period_text(there.rows[0]['period'], lang)}. {t(PLACES[there.level], lang, count=len(body))}"
    return data_table.html(body, heads, caption, numbers=("value", "whole"))


def _difference(row: dict, indicator: Indicator, lang: str) -> str:
    return difference(row["value"], row["total_value"], benchmark.Reading(indicator, lang))


def lacking(one: Sector) -> str:
    """How much is not published by sector, in a sentence."""
    have = len(list(one.italy.all))
    return f'<section class="lacking"><h2>{escape(t("profile_missing", one.lang))}</h2><p>{escape(t("sector_missing", one.lang, count=have))}</p></section>'
