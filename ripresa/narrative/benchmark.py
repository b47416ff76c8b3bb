"""One figure set beside others: what may be said, in words, and three marks small enough for a table. Pure.

Where intervals exist they decide ("higher", "lower", "not distinguishable"); elsewhere the words give the plain difference and call it so.
Amounts (numbers of firms, euros) are never set beside a whole: the whole is their sum.
"""

from dataclasses import dataclass

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.i18n import (
    MISSING_TEXT,
    PluralNumber,
    format_interval,
    format_items,
    format_number,
    format_period,
    format_value,
    is_missing,
    round_half_up,
    t,
)
from ripresa.narrative.phrases import format_difference, format_indicator_value
from ripresa.narrative.significance import classify_difference
from ripresa.observations.rows import (
    AMOUNT_UNITS,
    has_interval,
    is_old_survey,
    is_old_vintage,
    is_provisional,
    is_small_sample,
)

RANKABLE_SOURCE_KINDS = ("register", "accounts")  # sources whose complete set of areas may be put in order
UNITS_WITHOUT_BENCHMARK = ("rank", *AMOUNT_UNITS)  # units that are not compared with a whole
RELATIVE_CHANGE_UNITS = (*AMOUNT_UNITS, "index")  # units whose way since 2019 is told in percent
PLURAL_COUNT = 2  # a sample told in words, such as "nearly 24000", is more than one
MIN_STRIP_PLOT_AREAS = 10  # areas; fewer are not drawn as a row of ticks
AREAS_WITH_ARTICLE = (
    "ITA",
    "ITC",
    "ITH",
    "ITI",
    "ITF+ITG",
    "EU27_2020",
    "WORLD",
    "whole",
)  # with an article of their own in strings.toml


@dataclass(frozen=True)
class FormatContext:
    """An indicator read in a language: what the phrases of the figures ask of a view."""

    indicator: Indicator
    lang: str


@dataclass(frozen=True)
class Comparison:
    """A comparison: `word` is higher, lower or indistinct where intervals judged, else above, below or same (plain); `mark` says it in one sign."""

    outcome: str
    text: str

    @property
    def is_untested(self) -> bool:
        return self.outcome in ("above", "below", "same")

    @property
    def symbol(self) -> str:
        return OUTCOME_SYMBOLS[self.outcome]


OUTCOME_SYMBOLS = {"higher": "▲", "lower": "▼", "indistinct": "≈", "above": "△", "below": "▽", "same": "="}


def compare_rows(
    row: dict, other: dict, indicator: Indicator, lang: str, the: str = "", of: str = ""
) -> Comparison | None:
    """One figure against another of the same period and edition; None where they may not be compared, or are one figure of a joined area. the, of: the other's name with article, and after
    "different from"; by default those of its area."""
    if (
        indicator.unit in UNITS_WITHOUT_BENCHMARK
        or row["value"] is None
        or other["value"] is None
        or is_same_joined_area(row, other)
    ):
        return None
    reading = FormatContext(indicator, lang)
    word = classify_difference(row, other) or compare_printed_values(row, other, indicator)
    named = {
        "other": the or format_area_with_article(other, lang),
        "from_other": of or format_area_with_article(other, lang, "from"),
        "value": format_indicator_value(other["value"], reading),
        "difference": format_difference(row["value"], other["value"], reading),
    }
    return Comparison(word, t(f"told_{word}", lang, **named))


def is_same_joined_area(row: dict, other: dict) -> bool:
    """Whether two areas carry the figure of one joined area, which is nothing to compare with itself."""
    return bool(row.get("published_geo")) and row["published_geo"] == other.get("published_geo")


def compare_printed_values(row: dict, other: dict, indicator: Indicator) -> str:
    """above, below or same, as the figures are printed."""
    a, b = (round_half_up(one["value"], indicator.decimals) for one in (row, other))
    return "above" if a > b else "below" if a < b else "same"


def format_area_with_article(row: dict, lang: str, form: str = "the") -> str:
    """An area as it stands inside a sentence: "l'Italia", or after "different from" with form="from"."""
    return (
        t(f"{form}_{row['geo'].replace('+', '_')}", lang)
        if row["geo"] in AREAS_WITH_ARTICLE
        else t(f"{form}_area", lang, name=row["geo_name"])
    )


def describe_comparisons(row: dict, others, indicator: Indicator, lang: str) -> str:
    """All comparisons of a figure as one phrase, the plain ones called so; "" where there are none."""
    told = [one for one in (compare_rows(row, other, indicator, lang) for other in others) if one]
    kinds = [("told_tested", [one.text for one in told if not one.is_untested])]
    loose = [one.text for one in told if one.is_untested]
    kinds.append(("told_plain_one" if len(loose) == 1 else "told_plain", loose))
    return "; ".join(t(key, lang, told=format_items(texts, lang)) for key, texts in kinds if texts)


def get_rank_range(row: dict, peers: list[dict], indicator: Indicator) -> tuple[int, int, int] | None:
    """First and last place the figure may have among its peers, highest first, and how many they are; a joined area counts once.

    None unless every peer has a figure. With intervals the places that the verdicts leave open; without, that of the printed value, ties included.
    """
    units = {other.get("published_geo") or other["geo"]: other for other in peers}
    own = row.get("published_geo") or row["geo"]
    if own not in units or any(other["value"] is None for other in units.values()):
        return None
    rest = [other for unit, other in units.items() if unit != own]
    if any(map(has_interval, (row, *rest))):
        words = [classify_difference(other, row) for other in rest]
        return 1 + words.count("higher"), len(units) - words.count("lower"), len(units)
    words = [compare_printed_values(other, row, indicator) for other in rest]
    return 1 + words.count("above"), len(units) - words.count("below"), len(units)


def format_rank(row: dict, peers: list[dict], indicator: Indicator, lang: str) -> str:
    """The place in words; "" where the set is not complete and official, or holds amounts."""
    found = (
        get_rank_range(row, peers, indicator)
        if peers
        and indicator.unit not in UNITS_WITHOUT_BENCHMARK
        and {get_source_kind(other) for other in peers} <= set(RANKABLE_SOURCE_KINDS)
        else None
    )
    if found is None:
        return ""
    first, last, count = found
    if any(map(has_interval, (row, *peers))):
        return (
            t("place_between", lang, first=first, last=last, count=count)
            if first < last
            else t("place", lang, first=first, count=count)
        )
    return (
        t("place", lang, first=first, count=count)
        if first == last
        else t("place_tied", lang, first=first, last=last, count=count)
    )


def get_source_kind(row: dict) -> str:
    """What kind of source a figure comes from."""
    known = catalogue.load_sources().get(row["source"])
    return known.kind if known else ""


def format_row_period(row: dict, lang: str) -> str:
    """The period of a figure, and that it is provisional."""
    return format_period(row["period"], lang) + (
        f", {t('status_provisional', lang)}" if is_provisional(row) else ""
    )


def describe_precision(row: dict, indicator: Indicator, lang: str) -> str:
    """The interval of a figure, or why it has none; with the counts it comes from and what makes it weak."""
    interval = format_interval(
        row.get("ci_low"), row.get("ci_high"), indicator.unit, indicator.decimals, lang
    )
    note = row.get("sample_size_note") or format_number(row.get("n"), lang).strip(MISSING_TEXT)
    counts = (
        note
        if "/" in note
        else t("counts", lang, n=int(note) if note.isdigit() else PluralNumber(PLURAL_COUNT, lang, note))
        if note
        else ""
    )
    reason = row.get("no_ci_reason") or ""
    known = (
        t("sure_interval", lang, interval=interval)
        if interval
        else t(f"sure_{reason}", lang)
        if reason
        else ""
    )
    weak = [
        t("weak_small", lang) if is_small_sample(row) else "",
        t("weak_old", lang) if is_old_survey(row) else "",
        t("weak_vintage", lang) if is_old_vintage(row) else "",
    ]
    return "; ".join(part for part in (known, counts, *weak) if part)


def describe_recovery(way: dict | None, indicator: Indicator, lang: str, shown: str = "") -> str:
    """From 2019 to now; "" where there is nothing to tell. The worst period and whether the level of 2019 has been regained are told of complete counts and
    accounts only: in a survey they may be chance, and of a rate of growth they are no recovery.

    way: a row of queries/profile_recovery; shown: the period of the figure beside it, which need not be said again.
    """
    if way is None or is_missing(way["baseline"]) or way["period"] == way["baseline_period"]:
        return ""
    judged = classify_difference(
        {name: way[name] for name in ("value", "ci_low", "ci_high")},
        {"value": way["baseline"], "ci_low": way["baseline_ci_low"], "ci_high": way["baseline_ci_high"]},
    )
    words = {
        "baseline": format_value(way["baseline"], indicator.unit, indicator.decimals, lang),
        "period": format_period(way["period"], lang),
        "latest": _format_recovery_value(way["value"], way["baseline"], indicator, lang),
    }
    defined = indicator.id.endswith("_vs_2019")  # 2019 is zero by definition
    sentences = [] if defined else [t("since_start", lang, **words)]
    told = get_source_kind(way) in RANKABLE_SOURCE_KINDS and (defined or indicator.unit != "percent_change")
    if (
        told
        and not judged
        and way["complete"]
        and indicator.desired_direction != "neither"
        and not is_missing(way["worst"])
    ):
        words |= {
            "worst": _format_recovery_value(way["worst"], way["baseline"], indicator, lang),
            "extreme": format_value(way["worst"], indicator.unit, indicator.decimals, lang),
            "worst_period": format_period(way["worst_period"], lang),
            "regained_period": format_period(way["regained_period"] or "", lang),
        }
        sentences.append(t(f"since_{_classify_recovery(way, indicator)}", lang, **words))
    if _is_relative_change(way["baseline"], indicator):
        sentences.append(t("since_amount", lang, **words))
    elif way["period"] != shown:
        sentences.append(t("since_latest", lang, **words))
    return " ".join(sentences + ([t("since_indistinct", lang, **words)] if judged == "indistinct" else []))


def _classify_recovery(way: dict, indicator: Indicator) -> str:
    """How the line went: never_lower or never_higher than 2019, worst_now, not_yet back, regained, or lost again."""
    sign = -1 if indicator.desired_direction == "lower" else 1
    if sign * way["worst"] >= sign * way["baseline"]:
        return f"never_{indicator.desired_direction}"
    if is_missing(way["regained_period"]):
        return "worst_now" if way["worst_period"] == way["period"] else "not_yet"
    return "lost" if sign * way["value"] < sign * way["baseline"] else "regained"


def _format_recovery_value(value, baseline, indicator: Indicator, lang: str) -> str:
    """A share as it is; an amount as its distance from 2019."""
    if _is_relative_change(baseline, indicator):
        return format_value((value / baseline - 1) * 100, "percent_change", 1, lang)
    return format_value(value, indicator.unit, indicator.decimals, lang)


def _is_relative_change(baseline, indicator: Indicator) -> bool:
    """Whether the way since 2019 is told in percent: an amount that starts above zero and cannot fall below it."""
    return (
        indicator.unit in RELATIVE_CHANGE_UNITS
        and baseline > 0
        and not (indicator.range and indicator.range[0] < 0)
    )
