"""Comparisons of one value with benchmarks and with the past, in words and as symbols.

Where confidence intervals exist they decide ("higher", "lower", "not distinguishable"); elsewhere the text
gives the plain difference and calls it that. Amounts (numbers of firms, euros) are not compared with a total,
which is their sum.
"""

from collections.abc import Callable, Iterable, Sequence
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
from ripresa.narrative.phrases import FormatContext, format_difference, format_indicator_value
from ripresa.narrative.significance import classify_difference
from ripresa.observations.rows import (
    AMOUNT_UNITS,
    Row,
    has_interval,
    is_old_survey,
    is_old_vintage,
    is_small_sample,
)

RANKABLE_SOURCE_KINDS = {"register", "accounts"}  # complete enumerations, whose areas may be ranked
UNITS_WITHOUT_BENCHMARK = ("rank", *AMOUNT_UNITS)  # units that are not compared with a total
RELATIVE_CHANGE_UNITS = (*AMOUNT_UNITS, "index")  # units whose change since 2019 is in percent
PLURAL_COUNT = 2  # a sample size in words, such as "nearly 24000", takes the plural
MIN_STRIP_PLOT_AREAS = 10  # fewer areas get no strip plot
AREAS_WITH_ARTICLE = (
    "ITA",
    "ITC",
    "ITH",
    "ITI",
    "ITF+ITG",
    "EU27_2020",
    "WORLD",
    "whole",
)  # in locales/*.toml
OUTCOME_SYMBOLS = {
    "higher": "▲",
    "lower": "▼",
    "indistinct": "≈",
    "above": "△",
    "below": "▽",
    "same": "=",
}


@dataclass(frozen=True)
class Comparison:
    """One value compared with another.

    The outcome is higher, lower or indistinct if intervals decided it; above, below or same otherwise.
    """

    outcome: str
    text: str

    @property
    def is_untested(self) -> bool:
        return self.outcome in ("above", "below", "same")

    @property
    def symbol(self) -> str:
        return OUTCOME_SYMBOLS[self.outcome]


def compare_rows(
    row: Row, other: Row, indicator: Indicator, lang: str, other_name: str = "", from_other: str = ""
) -> Comparison | None:
    """Compares two rows of the same period and edition; None if they are not comparable.

    other_name, from_other: the name of the other with its article, and after "different from"; by default
    those of its area.
    """
    if (
        indicator.unit in UNITS_WITHOUT_BENCHMARK
        or row["value"] is None
        or other["value"] is None
        or is_same_joined_area(row, other)
    ):
        return None
    context = FormatContext(indicator, lang)
    outcome = classify_difference(row, other) or compare_printed_values(row, other, indicator)
    text = t(
        f"told_{outcome}",
        lang,
        other=other_name or format_area_with_article(other, lang),
        from_other=from_other or format_area_with_article(other, lang, "from"),
        value=format_indicator_value(other["value"], context),
        difference=format_difference(row["value"], other["value"], context),
    )
    return Comparison(outcome, text)


def is_same_joined_area(row: Row, other: Row) -> bool:
    """Whether both rows carry the value of one joined area."""
    return bool(row.get("published_geo")) and row["published_geo"] == other.get("published_geo")


def compare_printed_values(row: Row, other: Row, indicator: Indicator) -> str:
    """above, below or same, after rounding to the decimals of the indicator."""
    a, b = (round_half_up(item["value"], indicator.decimals) for item in (row, other))
    return "above" if a > b else "below" if a < b else "same"


def format_area_with_article(row: Row, lang: str, form: str = "the") -> str:
    """The name of an area inside a sentence: "l'Italia", or after "different from" with form="from"."""
    if row["geo"] in AREAS_WITH_ARTICLE:
        return t(f"{form}_{row['geo'].replace('+', '_')}", lang)
    return t(f"{form}_area", lang, name=row["geo_name"])


def describe_comparisons(row: Row, others: Iterable[Row], indicator: Indicator, lang: str) -> str:
    """All comparisons of a row as one phrase, the untested ones named as such; "" without any."""
    comparisons = [
        comparison for other in others if (comparison := compare_rows(row, other, indicator, lang))
    ]
    tested = [comparison.text for comparison in comparisons if not comparison.is_untested]
    untested = [comparison.text for comparison in comparisons if comparison.is_untested]
    untested_key = "told_plain_one" if len(untested) == 1 else "told_plain"
    return "; ".join(
        t(key, lang, told=format_items(texts, lang))
        for key, texts in (("told_tested", tested), (untested_key, untested))
        if texts
    )


def get_rank_range(row: Row, peers: Iterable[Row], indicator: Indicator) -> tuple[int, int, int] | None:
    """The highest and lowest rank of a row among its peers and their number; a joined area counts once.

    None unless every peer has a value. With intervals, the ranks that significant differences leave open;
    without, the rank of the printed value with its ties.
    """
    peers_by_area = {peer.get("published_geo") or peer["geo"]: peer for peer in peers}
    area = row.get("published_geo") or row["geo"]
    if area not in peers_by_area or any(peer["value"] is None for peer in peers_by_area.values()):
        return None
    count = len(peers_by_area)
    del peers_by_area[area]
    others = list(peers_by_area.values())
    if any(map(has_interval, (row, *others))):
        outcomes = [classify_difference(other, row) for other in others]
        return 1 + outcomes.count("higher"), count - outcomes.count("lower"), count
    outcomes = [compare_printed_values(other, row, indicator) for other in others]
    return 1 + outcomes.count("above"), count - outcomes.count("below"), count


def format_rank(row: Row, peers: Sequence[Row], indicator: Indicator, lang: str) -> str:
    """The rank in words; "" for amounts and where the areas are not a complete enumeration."""
    if indicator.unit in UNITS_WITHOUT_BENCHMARK or not peers:
        return ""
    if not {get_source_kind(peer) for peer in peers} <= RANKABLE_SOURCE_KINDS:
        return ""
    rank_range = get_rank_range(row, peers, indicator)
    if rank_range is None:
        return ""
    first, last, count = rank_range
    if first == last:
        key = "place"
    elif any(map(has_interval, (row, *peers))):
        key = "place_between" if first < last else "place"
    else:
        key = "place_tied"
    return t(key, lang, first=first, last=last, count=count)


def get_source_kind(row: Row) -> str:
    """The kind of the row's source; "" for a source that is not in the catalogue."""
    source = catalogue.load_sources().get(row["source"])
    return source.kind if source else ""


def describe_precision(row: Row, indicator: Indicator, lang: str) -> str:
    """The interval of a value or why it has none, the sample size and the warnings, in one phrase."""
    interval = format_interval(
        row.get("ci_low"), row.get("ci_high"), indicator.unit, indicator.decimals, lang
    )
    parts = []
    if interval:
        parts.append(t("sure_interval", lang, interval=interval))
    elif reason := row.get("no_ci_reason"):
        parts.append(t(f"sure_{reason}", lang))
    parts.append(_format_sample_size(row, lang))
    warnings: tuple[tuple[Callable[[Row], bool], str], ...] = (
        (is_small_sample, "weak_small"),
        (is_old_survey, "weak_old"),
        (is_old_vintage, "weak_vintage"),
    )
    parts += [t(key, lang) for has_warning, key in warnings if has_warning(row)]
    return "; ".join(filter(None, parts))


def _format_sample_size(row: Row, lang: str) -> str:
    note: str = row.get("sample_size_note") or format_number(row.get("n"), lang).strip(MISSING_TEXT)
    if "/" in note or not note:
        return note
    return t("counts", lang, n=int(note) if note.isdigit() else PluralNumber(PLURAL_COUNT, lang, note))


def describe_recovery(recovery: Row | None, indicator: Indicator, lang: str, row_period: str = "") -> str:
    """The change since 2019; "" without a baseline.

    The worst period and the return to the level of 2019 are described for complete enumerations only: in a
    survey they may be chance, and a growth rate does not recover.

    recovery: a row of queries/profile_recovery. row_period: the period in the surrounding text.
    """
    if recovery is None or is_missing(recovery["baseline"]):
        return ""
    if recovery["period"] == recovery["baseline_period"]:
        return ""
    outcome = classify_difference(
        {name: recovery[name] for name in ("value", "ci_low", "ci_high")},
        {"value": recovery["baseline"]}
        | {name: recovery[f"baseline_{name}"] for name in ("ci_low", "ci_high")},
    )
    context = FormatContext(indicator, lang)
    values = {
        "baseline": format_indicator_value(recovery["baseline"], context),
        "period": format_period(recovery["period"], lang),
        "latest": _format_recovery_value(recovery["value"], recovery["baseline"], context),
    }
    keys = []
    is_relative_to_2019 = indicator.id.endswith("_vs_2019")  # then 2019 is zero by definition
    if not is_relative_to_2019:
        keys.append("since_start")
    if not outcome and _has_recovery_path(recovery, indicator):
        keys.append(f"since_{_classify_recovery(recovery, indicator)}")
        values |= {
            "worst": _format_recovery_value(recovery["worst"], recovery["baseline"], context),
            "extreme": format_indicator_value(recovery["worst"], context),
            "worst_period": format_period(recovery["worst_period"], lang),
            "regained_period": format_period(recovery["regained_period"] or "", lang),
        }
    if _is_relative_change(recovery["baseline"], indicator):
        keys.append("since_amount")
    elif recovery["period"] != row_period:
        keys.append("since_latest")
    if outcome == "indistinct":
        keys.append("since_indistinct")
    return " ".join(t(key, lang, **values) for key in keys)


def _has_recovery_path(recovery: Row, indicator: Indicator) -> bool:
    """Whether the worst period and the return to the level of 2019 are meaningful."""
    return (
        get_source_kind(recovery) in RANKABLE_SOURCE_KINDS
        and (indicator.id.endswith("_vs_2019") or indicator.unit != "percent_change")
        and bool(recovery["complete"])
        and indicator.desired_direction != "neither"
        and not is_missing(recovery["worst"])
    )


def _classify_recovery(recovery: Row, indicator: Indicator) -> str:
    """never_lower or never_higher than 2019, worst_now, not_yet, regained, or lost (again)."""
    sign = -1 if indicator.desired_direction == "lower" else 1
    if sign * recovery["worst"] >= sign * recovery["baseline"]:
        return f"never_{indicator.desired_direction}"
    if is_missing(recovery["regained_period"]):
        return "worst_now" if recovery["worst_period"] == recovery["period"] else "not_yet"
    return "lost" if sign * recovery["value"] < sign * recovery["baseline"] else "regained"


def _format_recovery_value(value: float, baseline: float, context: FormatContext) -> str:
    """The value itself, or for an amount its change since the baseline in percent."""
    if _is_relative_change(baseline, context.indicator):
        return format_value((value / baseline - 1) * 100, "percent_change", 1, context.lang)
    return format_indicator_value(value, context)


def _is_relative_change(baseline: float, indicator: Indicator) -> bool:
    """Whether the change since 2019 is in percent: for an amount that is positive and cannot be negative."""
    return (
        indicator.unit in RELATIVE_CHANGE_UNITS
        and baseline > 0
        and not (indicator.range and indicator.range[0] < 0)
    )
