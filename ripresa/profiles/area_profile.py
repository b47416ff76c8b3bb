"""What is known of an area, gathered once for its page and its sheet: a figure an indicator, with what it may be set beside. No Streamlit here."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.database.query import get_data_version, run_query
from ripresa.narrative.benchmark import MIN_STRIP_PLOT_AREAS, UNITS_WITHOUT_BENCHMARK, get_source_kind
from ripresa.observations.rows import AMOUNT_UNITS, get_decimal_year, has_several, to_records, with_values

OPENING_YEAR_SOURCE_KINDS = (
    "accounts",
    "self_selected",
)  # sources that are read together at the period the catalogue opens on (2020)
REDUNDANT_INDICATORS = (
    "gva_points_vs_italy",
)  # what the comparison of gva_change_vs_2019 with Italy says already
VIEW_LEVELS = {
    "area": ("italy", "europe"),
    "macro": ("italy",),
    "italy": ("europe", "italy", "world"),
    "europe": ("europe", "world"),
    "world": ("world", "europe"),
}
CONTEXT_TOPICS = ("context",)  # topics that help to read the others and have no page


@dataclass(frozen=True)
class ProfileEntry:
    """One indicator of an area. row: the figure shown; line: its choice over time, every edition; known: the same with the wholes; others: the wholes at the
    same period and edition; peers: the areas of its level then, where they are many; complete: they are all there; way: its recovery, a row of
    queries/profile_recovery."""

    indicator: Indicator
    row: dict
    history: tuple[dict, ...]
    history_with_benchmarks: tuple[dict, ...]
    benchmarks: tuple[dict, ...]
    peers: tuple[dict, ...]
    recovery: dict | None
    has_all_peers: bool = False

    @property
    def edition_name(self) -> str:
        """The name of the figure's edition where the area or its wholes have several, else "": figures on two bases are never read as one."""
        return get_edition_name(self.row, self.history_with_benchmarks)

    @property
    def latest(self) -> dict:
        """The newest figure, which may be another than the one shown."""
        return max(
            self.history, key=lambda row: (*get_recency_key(row), row["edition"] == self.row["edition"])
        )

    @property
    def at_opening_year(self) -> "ProfileEntry | None":
        """Of accounts, which are shown at their newest: the same in the year the catalogue opens on (2020), beside the wholes of that year."""
        opened = {self.indicator.get_default_view(level)["period"] for level in self.indicator.default}
        row = next(
            (
                row
                for row in self.history
                if row["period"] in opened and row["edition"] == self.row["edition"]
            ),
            self.row,
        )
        if (
            row is self.row
            or get_source_kind(row) != "accounts"
            or self.indicator.unit in UNITS_WITHOUT_BENCHMARK
        ):
            return None
        return replace(
            self, row=row, benchmarks=select_same_period(row, self.history_with_benchmarks), peers=()
        )


@dataclass(frozen=True)
class AreaProfile:
    """An area with its entries by topic, in catalogue order; `elsewhere`: indicators that other areas of its level have, `above`: those published for the
    country only."""

    geo: str
    name: str
    level: str
    parent: str
    lang: str
    entries: dict[str, tuple[ProfileEntry, ...]]
    missing: tuple[Indicator, ...] = ()
    country_only: tuple[Indicator, ...] = ()
    sources: tuple[str, ...] = field(default=())

    @property
    def all_entries(self) -> list[ProfileEntry]:
        return [entry for entries in self.entries.values() for entry in entries]

    @property
    def summary_entries(self) -> list[ProfileEntry]:
        """The entries that stand for the area: of each topic the first that it opens with and the area has."""
        chosen = []
        for id, topic in catalogue.load_topics().items():
            order = list(
                dict.fromkeys(
                    name for level in VIEW_LEVELS[self.level] for name in topic.indicators_by_level[level]
                )
            )
            own = [
                entry
                for entry in self.entries.get(id, ())
                if id not in CONTEXT_TOPICS
                and entry.indicator.id in order
                and entry.indicator.unit not in UNITS_WITHOUT_BENCHMARK
            ]
            chosen += sorted(own, key=lambda entry: order.index(entry.indicator.id))[:1]
        return chosen


def get_profile_areas(lang: str) -> dict[str, str]:
    """The areas that have a profile, in reading order."""
    return {row.code: row.name for row in run_query("profile_areas", lang=lang).itertuples()}


def load_area_profile(geo: str, lang: str) -> AreaProfile:
    """The profile of an area. Raises KeyError where it has no figures."""
    return _load_area_profile(get_data_version(), geo, lang)


@lru_cache(maxsize=512)
def _load_area_profile(version: str, geo: str, lang: str) -> AreaProfile:
    own = {row.code: row for row in run_query("profile_areas", lang=lang).itertuples()}[geo]
    level = (
        "italy"
        if geo == "ITA"
        else "europe"
        if own.level == "country" and own.europe
        else "world"
        if own.level == "country"
        else own.level
    )
    wholes = get_benchmark_areas(geo, level, own.parent)
    rows = to_records(
        run_query(
            "profile", geos=(geo, *wholes), focus_geos=(geo,), sectors=get_opening_sectors(), lang=lang
        ),
        lang,
    )
    ways = {
        (row["indicator"], row["sector"], row["gender"], row["size"], row["edition"]): row
        for row in frame_to_dicts(run_query("profile_recovery", geo=geo))
    }
    found: dict[str, tuple[ProfileEntry, ...]] = {}
    for indicator in catalogue.load_indicators().values():
        entry = (
            None
            if indicator.id in REDUNDANT_INDICATORS
            else _build_entry(
                indicator, [row for row in rows if row["indicator"] == indicator.id], geo, level, ways, lang
            )
        )
        if entry:
            found[indicator.topic] = (*found.get(indicator.topic, ()), entry)
    have = {entry.indicator.id for entries in found.values() for entry in entries} | set(REDUNDANT_INDICATORS)
    elsewhere, above = find_missing_indicators(level, have)
    sources = dict.fromkeys(
        row["source"]
        for entries in found.values()
        for entry in entries
        for row in (entry.row, *entry.benchmarks)
    )
    return AreaProfile(
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


def get_benchmark_areas(geo: str, level: str, parent: str) -> tuple[str, ...]:
    """What an area is read against, the nearest first: its macro-area, Italy, the European Union; for a country also all countries of a survey."""
    wholes = {
        "area": (parent, "ITA", "EU27_2020"),
        "macro": ("ITA", "EU27_2020"),
        "italy": ("EU27_2020", "WORLD"),
        "europe": ("ITA", "EU27_2020", "WORLD"),
        "world": ("ITA", "WORLD"),
    }
    return tuple(code for code in wholes[level] if code != geo)


def get_map_level(geo: str) -> str:
    """The map an area is on: italy, europe or world."""
    found = {row.code: row for row in run_query("profile_areas", lang="en").itertuples()}.get(geo)
    if found is None:
        return "europe" if geo.startswith("EU") else "world"
    return "italy" if geo == "ITA" or found.level != "country" else "europe" if found.europe else "world"


def get_opening_sectors() -> tuple[str, ...]:
    """The sectors a catalogue entry may open with: all together, and the few that stand for an indicator."""
    return tuple(
        dict.fromkeys(
            (
                "all",
                *(
                    indicator.get_default_view(level)["sector"]
                    for indicator in catalogue.load_indicators().values()
                    for level in indicator.default
                ),
            )
        )
    )


def frame_to_dicts(frame) -> list[dict]:
    """A frame as dicts, None for what is missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _build_entry(
    indicator: Indicator, rows: list[dict], geo: str, level: str, ways: dict, lang: str
) -> ProfileEntry | None:
    """The figure of an indicator, in the choice of sector, gender and size that the catalogue opens with and the area has."""
    own = [row for row in with_values(rows) if row["geo"] == geo]
    if not own:
        return None
    cut = _choose_breakdown(indicator, own, rows, level)
    line = [row for row in own if _get_breakdown(row) == cut]
    row = select_shown_row(line, indicator, level)
    known = tuple(one for one in with_values(rows) if _get_breakdown(one) == cut)
    others = () if indicator.unit in UNITS_WITHOUT_BENCHMARK else select_same_period(row, known)
    peers, complete = _load_peers(indicator, row, level, lang)
    return ProfileEntry(
        indicator,
        row,
        tuple(line),
        known,
        others,
        peers,
        ways.get((indicator.id, *cut, row["edition"])),
        complete,
    )


def get_edition_name(row: dict, known) -> str:
    """The name of a figure's edition where the known figures have several, else ""."""
    return row["edition_name"] if has_several(known, "edition") else ""


def select_same_period(row: dict, known: tuple[dict, ...]) -> tuple[dict, ...]:
    """The figures of other territories at a figure's period and edition."""
    return tuple(
        one
        for one in known
        if one["geo"] != row["geo"] and _get_period_and_edition(one) == _get_period_and_edition(row)
    )


def _choose_breakdown(
    indicator: Indicator, own: list[dict], rows: list[dict], level: str
) -> tuple[str, str, str]:
    """Sector, gender and size: all sectors before the one the catalogue opens with; another size class where only that one can be compared and is as new."""
    have = list(dict.fromkeys(map(_get_breakdown, own)))
    views = [indicator.get_default_view(name) for name in VIEW_LEVELS[level] if name in indicator.default]
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
                -len([row for row in own if _get_breakdown(row) == cut]),
            ),
        )
    newest = {
        cut: max((row for row in own if _get_breakdown(row) == cut), key=get_decimal_year)
        for cut in have
        if cut[:2] == first[:2]
    }
    comparable = [
        cut
        for cut, row in newest.items()
        if any(
            _get_breakdown(one) == cut and _get_period_and_edition(one) == _get_period_and_edition(row)
            for one in rows
            if one["geo"] != row["geo"]
        )
    ]
    if first not in comparable and indicator.source not in get_opening_year_sources():
        return next(
            (cut for cut in comparable if get_decimal_year(newest[cut]) >= get_decimal_year(newest[first])),
            first,
        )
    return first


def select_shown_row(line: list[dict], indicator: Indicator, level: str) -> dict:
    """The figure to show of a line: the newest, the area's own before a joined one (queries/map.sql has the same rule); of self-selected surveys that of the period the catalogue opens on, if it is there."""
    views = [indicator.get_default_view(name) for name in VIEW_LEVELS[level] if name in indicator.default]
    if (
        catalogue.load_sources()[indicator.source].kind == "self_selected"
        and indicator.unit not in AMOUNT_UNITS
    ):
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
            *get_recency_key(row),
            -preferred.index(row["edition"]) if row["edition"] in preferred else -99,
        ),
    )


def get_recency_key(row: dict) -> tuple:
    """How new a figure is: the year first, and in it a whole year before a part of one."""
    return int(get_decimal_year(row)), len(row["period"]) == 4, get_decimal_year(row)


def get_opening_year_sources() -> set[str]:
    """The sources that are read together at the period the catalogue opens on."""
    return {id for id, source in catalogue.load_sources().items() if source.kind in OPENING_YEAR_SOURCE_KINDS}


def _load_peers(indicator: Indicator, row: dict, level: str, lang: str) -> tuple[tuple[dict, ...], bool]:
    """The areas of the same level at the same moment, and whether they are all there; none for amounts, for named dots and for a handful."""
    where = {"area": "italy", "italy": "europe", "europe": "europe", "world": "world"}.get(level)
    if (
        where is None
        or indicator.unit in UNITS_WITHOUT_BENCHMARK
        or indicator.get_default_view(where)["chart"] != "map"
    ):
        return (), False
    found = to_records(
        run_query(
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
    complete = len(found) == len(run_query("areas", level=where, lang=lang))
    return (
        (tuple(found), complete)
        if complete or (where != "italy" and len(found) >= MIN_STRIP_PLOT_AREAS)
        else ((), False)
    )


def find_missing_indicators(
    level: str, have: set[str]
) -> tuple[tuple[Indicator, ...], tuple[Indicator, ...]]:
    """What the topics offer and the area lacks: what other areas of its level have, and for Italian areas what only the country has."""
    offered = {
        place: [id for topic in catalogue.load_topics().values() for id in topic.indicators_by_level[place]]
        for place in catalogue.LEVELS
    }
    italian = {
        row.indicator for row in run_query("coverage_matrix", lang="en").itertuples() if row.italian_areas
    }
    own = dict.fromkeys(id for place in VIEW_LEVELS[level][:1] for id in offered[place])
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
    return tuple(map(catalogue.get_indicator, elsewhere)), tuple(map(catalogue.get_indicator, above))


def _get_breakdown(row: dict) -> tuple[str, str, str]:
    return row["sector"], row["gender"], row["size"]


def _get_period_and_edition(row: dict) -> tuple[str, str]:
    return row["period"], row["edition"]
