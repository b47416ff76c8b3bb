"""What is known of an area, gathered once for its page and its sheet: a figure an indicator, with what it may be set beside. No Streamlit here."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.database.query import ask, version
from ripresa.narrative.benchmark import ALONE, FEW, kind
from ripresa.observations.rows import AMOUNTS, records, several, valued, year

OPENING = (
    "accounts",
    "self_selected",
)  # sources that are read together at the period the catalogue opens on (2020)
TOLD = ("gva_points_vs_italy",)  # what the comparison of gva_change_vs_2019 with Italy says already
LEVELS = {
    "area": ("italy", "europe"),
    "macro": ("italy",),
    "italy": ("europe", "italy", "world"),
    "europe": ("europe", "world"),
    "world": ("world", "europe"),
}
BEHIND = ("context",)  # topics that help to read the others and have no page


@dataclass(frozen=True)
class Entry:
    """One indicator of an area. row: the figure shown; line: its choice over time, every edition; known: the same with the wholes; others: the wholes at the
    same period and edition; peers: the areas of its level then, where they are many; complete: they are all there; way: its recovery, a row of
    queries/profile_recovery."""

    indicator: Indicator
    row: dict
    line: tuple[dict, ...]
    known: tuple[dict, ...]
    others: tuple[dict, ...]
    peers: tuple[dict, ...]
    way: dict | None
    complete: bool = False

    @property
    def edition(self) -> str:
        """The name of the figure's edition where the area or its wholes have several, else "": figures on two bases are never read as one."""
        return edition(self.row, self.known)

    @property
    def newest(self) -> dict:
        """The newest figure, which may be another than the one shown."""
        return max(self.line, key=lambda row: (*recent(row), row["edition"] == self.row["edition"]))

    @property
    def then(self) -> "Entry | None":
        """Of accounts, which are shown at their newest: the same in the year the catalogue opens on (2020), beside the wholes of that year."""
        opened = {self.indicator.view(level)["period"] for level in self.indicator.default}
        row = next(
            (row for row in self.line if row["period"] in opened and row["edition"] == self.row["edition"]),
            self.row,
        )
        if row is self.row or kind(row) != "accounts" or self.indicator.unit in ALONE:
            return None
        return replace(self, row=row, others=at_once(row, self.known), peers=())


@dataclass(frozen=True)
class Area:
    """An area with its entries by topic, in catalogue order; `elsewhere`: indicators that other areas of its level have, `above`: those published for the
    country only."""

    geo: str
    name: str
    level: str
    parent: str
    lang: str
    entries: dict[str, tuple[Entry, ...]]
    elsewhere: tuple[Indicator, ...] = ()
    above: tuple[Indicator, ...] = ()
    sources: tuple[str, ...] = field(default=())

    @property
    def all(self) -> list[Entry]:
        return [entry for entries in self.entries.values() for entry in entries]

    @property
    def brief(self) -> list[Entry]:
        """The entries that stand for the area: of each topic the first that it opens with and the area has."""
        chosen = []
        for id, topic in catalogue.topics().items():
            order = list(
                dict.fromkeys(
                    name for level in LEVELS[self.level] for name in topic.indicators_by_level[level]
                )
            )
            own = [
                entry
                for entry in self.entries.get(id, ())
                if id not in BEHIND and entry.indicator.id in order and entry.indicator.unit not in ALONE
            ]
            chosen += sorted(own, key=lambda entry: order.index(entry.indicator.id))[:1]
        return chosen


def names(lang: str) -> dict[str, str]:
    """The areas that have a profile, in reading order."""
    return {row.code: row.name for row in ask("profile_areas", lang=lang).itertuples()}


def area(geo: str, lang: str) -> Area:
    """The profile of an area. Raises KeyError where it has no figures."""
    return _area(version(), geo, lang)


@lru_cache(maxsize=512)
def _area(version: str, geo: str, lang: str) -> Area:
    own = {row.code: row for row in ask("profile_areas", lang=lang).itertuples()}[geo]
    level = (
        "italy"
        if geo == "ITA"
        else "europe"
        if own.level == "country" and own.europe
        else "world"
        if own.level == "country"
        else own.level
    )
    wholes = benchmarks(geo, level, own.parent)
    rows = records(ask("profile", geos=(geo, *wholes), focus_geos=(geo,), sectors=sectors(), lang=lang), lang)
    ways = {
        (row["indicator"], row["sector"], row["gender"], row["size"], row["edition"]): row
        for row in clean(ask("profile_recovery", geo=geo))
    }
    found: dict[str, tuple[Entry, ...]] = {}
    for indicator in catalogue.indicators().values():
        entry = (
            None
            if indicator.id in TOLD
            else _entry(
                indicator, [row for row in rows if row["indicator"] == indicator.id], geo, level, ways, lang
            )
        )
        if entry:
            found[indicator.topic] = (*found.get(indicator.topic, ()), entry)
    have = {entry.indicator.id for entries in found.values() for entry in entries} | set(TOLD)
    elsewhere, above = missing(level, have)
    sources = dict.fromkeys(
        row["source"] for entries in found.values() for entry in entries for row in (entry.row, *entry.others)
    )
    return Area(
        geo,
        next((row["geo_name"] for row in rows if row["geo"] == geo), own.name)
        if own.level == "macro"
        else own.name,
        level,
        own.parent,
        lang,
        found,
        elsewhere,
        above,
        tuple(sources),
    )


def benchmarks(geo: str, level: str, parent: str) -> tuple[str, ...]:
    """What an area is read against, the nearest first: its macro-area, Italy, the European Union; for a country also all countries of a survey."""
    wholes = {
        "area": (parent, "ITA", "EU27_2020"),
        "macro": ("ITA", "EU27_2020"),
        "italy": ("EU27_2020", "WORLD"),
        "europe": ("ITA", "EU27_2020", "WORLD"),
        "world": ("ITA", "WORLD"),
    }
    return tuple(code for code in wholes[level] if code != geo)


def place(geo: str) -> str:
    """The map an area is on: italy, europe or world."""
    found = {row.code: row for row in ask("profile_areas", lang="en").itertuples()}.get(geo)
    if found is None:
        return "europe" if geo.startswith("EU") else "world"
    return "italy" if geo == "ITA" or found.level != "country" else "europe" if found.europe else "world"


def sectors() -> tuple[str, ...]:
    """The sectors a catalogue entry may open with: all together, and the few that stand for an indicator."""
    return tuple(
        dict.fromkeys(
            (
                "all",
                *(
                    indicator.view(level)["sector"]
                    for indicator in catalogue.indicators().values()
                    for level in indicator.default
                ),
            )
        )
    )


def clean(frame) -> list[dict]:
    """A frame as dicts, None for what is missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _entry(
    indicator: Indicator, rows: list[dict], geo: str, level: str, ways: dict, lang: str
) -> Entry | None:
    """The figure of an indicator, in the choice of sector, gender and size that the catalogue opens with and the area has."""
    own = [row for row in valued(rows) if row["geo"] == geo]
    if not own:
        return None
    cut = _cut(indicator, own, rows, level)
    line = [row for row in own if _key(row) == cut]
    row = shown(line, indicator, level)
    known = tuple(one for one in valued(rows) if _key(one) == cut)
    others = () if indicator.unit in ALONE else at_once(row, known)
    peers, complete = _peers(indicator, row, level, lang)
    return Entry(
        indicator,
        row,
        tuple(line),
        known,
        others,
        peers,
        ways.get((indicator.id, *cut, row["edition"])),
        complete,
    )


def edition(row: dict, known) -> str:
    """The name of a figure's edition where the known figures have several, else ""."""
    return row["edition_name"] if several(known, "edition") else ""


def at_once(row: dict, known: tuple[dict, ...]) -> tuple[dict, ...]:
    """The figures of other territories at a figure's period and edition."""
    return tuple(one for one in known if one["geo"] != row["geo"] and _moment(one) == _moment(row))


def _cut(indicator: Indicator, own: list[dict], rows: list[dict], level: str) -> tuple[str, str, str]:
    """Sector, gender and size: all sectors before the one the catalogue opens with; another size class where only that one can be compared and is as new."""
    have = list(dict.fromkeys(map(_key, own)))
    views = [indicator.view(name) for name in LEVELS[level] if name in indicator.default]
    wanted = [
        (sector, view["gender"], view["size"])
        for view in views
        for sector in dict.fromkeys(("all", view["sector"]))
    ]
    first = next((cut for cut in wanted if cut in have), None)
    if first is None:
        return min(
            have,
            key=lambda cut: (
                sum(part != "all" for part in cut),
                -len([row for row in own if _key(row) == cut]),
            ),
        )
    newest = {
        cut: max((row for row in own if _key(row) == cut), key=year) for cut in have if cut[:2] == first[:2]
    }
    comparable = [
        cut
        for cut, row in newest.items()
        if any(_key(one) == cut and _moment(one) == _moment(row) for one in rows if one["geo"] != row["geo"])
    ]
    if first not in comparable and indicator.source not in opening_sources():
        return next((cut for cut in comparable if year(newest[cut]) >= year(newest[first])), first)
    return first


def shown(line: list[dict], indicator: Indicator, level: str) -> dict:
    """The figure to show of a line: the newest, the area's own before a joined one (queries/map.sql has the same rule); of self-selected surveys that of the period the catalogue opens on, if it is there."""
    views = [indicator.view(name) for name in LEVELS[level] if name in indicator.default]
    if catalogue.sources()[indicator.source].kind == "self_selected" and indicator.unit not in AMOUNTS:
        found = next(
            (
                row
                for view in views
                for row in line
                if row["period"] == view["period"] and row["edition"] in view["editions"]
            ),
            None,
        )
        if found:
            return found
    preferred = [edition for view in views for edition in view["editions"]]
    return max(
        line,
        key=lambda row: (
            not row["published_geo"],
            *recent(row),
            -preferred.index(row["edition"]) if row["edition"] in preferred else -99,
        ),
    )


def recent(row: dict) -> tuple:
    """How new a figure is: the year first, and in it a whole year before a part of one."""
    return int(year(row)), len(row["period"]) == 4, year(row)


def opening_sources() -> set[str]:
    """The sources that are read together at the period the catalogue opens on."""
    return {id for id, source in catalogue.sources().items() if source.kind in OPENING}


def _peers(indicator: Indicator, row: dict, level: str, lang: str) -> tuple[tuple[dict, ...], bool]:
    """The areas of the same level at the same moment, and whether they are all there; none for amounts, for named dots and for a handful."""
    where = {"area": "italy", "italy": "europe", "europe": "europe", "world": "world"}.get(level)
    if where is None or indicator.unit in ALONE or indicator.view(where)["chart"] != "map":
        return (), False
    found = records(
        ask(
            "map",
            indicator=indicator.id,
            sector=row["sector"],
            gender=row["gender"],
            size=row["size"],
            period=row["period"],
            editions=(row["edition"],),
            level=where,
            lang=lang,
        ),
        lang,
    )
    complete = len(found) == len(ask("areas", level=where, lang=lang))
    return (tuple(found), complete) if complete or (where != "italy" and len(found) >= FEW) else ((), False)


def missing(level: str, have: set[str]) -> tuple[tuple[Indicator, ...], tuple[Indicator, ...]]:
    """What the topics offer and the area lacks: what other areas of its level have, and for Italian areas what only the country has."""
    offered = {
        place: [id for topic in catalogue.topics().values() for id in topic.indicators_by_level[place]]
        for place in catalogue.LEVELS
    }
    italian = {row.indicator for row in ask("coverage_matrix", lang="en").itertuples() if row.italian_areas}
    own = dict.fromkeys(id for place in LEVELS[level][:1] for id in offered[place])
    inside = level in ("area", "macro")
    elsewhere = [
        id
        for id in dict.fromkeys((*own, *(id for id in offered["europe"] if inside and id in italian)))
        if id not in have
    ]
    above = (
        [id for id in dict.fromkeys(offered["europe"]) if id not in have and id not in italian]
        if inside
        else []
    )
    return tuple(map(catalogue.indicator, elsewhere)), tuple(map(catalogue.indicator, above))


def _key(row: dict) -> tuple[str, str, str]:
    return row["sector"], row["gender"], row["size"]


def _moment(row: dict) -> tuple[str, str]:
    return row["period"], row["edition"]
