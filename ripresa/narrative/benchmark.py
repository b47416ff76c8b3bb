"""One figure set beside others: what may be said, in words, and three marks small enough for a table. Pure.

Where intervals exist they decide ("higher", "lower", "not distinguishable"); elsewhere the words give the plain difference and call it so.
Amounts (numbers of firms, euros) are never set beside a whole: the whole is their sum.
"""

from dataclasses import dataclass
from html import escape

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.charts import theme as look
from ripresa.i18n import (
    MISSING_TEXT,
    PluralNumber,
    format_interval,
    format_items,
    format_number,
    format_period,
    format_value,
    round_half_up,
    t,
)
from ripresa.narrative.phrases import format_difference, format_indicator_value, format_short_period
from ripresa.narrative.significance import classify_difference
from ripresa.observations.rows import (
    AMOUNT_UNITS,
    get_decimal_year,
    has_interval,
    is_old_survey,
    is_old_vintage,
    is_provisional,
    is_small_sample,
    with_values,
)
from ripresa.observations.series import build_series, split_segments

RANKABLE_SOURCE_KINDS = ("register", "accounts")  # sources whose complete set of areas may be put in order
UNITS_WITHOUT_BENCHMARK = ("rank", *AMOUNT_UNITS)  # units that are not compared with a whole
RELATIVE_CHANGE_UNITS = (*AMOUNT_UNITS, "index")  # units whose way since 2019 is told in percent
SPARKLINE_SIZE, STRIP_PLOT_SIZE, BAR_SIZE = (128, 40), (176, 30), (72, 10)
MARGIN = 7
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


# --- words ---


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
    if way is None or _is_missing(way["baseline"]) or way["period"] == way["baseline_period"]:
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
        and not _is_missing(way["worst"])
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
    if _is_missing(way["regained_period"]):
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


def _is_missing(value) -> bool:
    return value is None or value != value


# --- marks: small drawings as SVG text ---


def render_sparkline(
    line: list[dict], shown: dict, known: list[dict], indicator: Indicator, lang: str, theme: str
) -> str:
    """The figures of one area over time, cut where they cannot be joined: 2019 dotted, the one shown larger, provisional ones hollow. "" for one alone.

    known: the same choice for other areas too, which says which periods there are."""
    points = with_values(line)
    if len({get_decimal_year(row) for row in points}) < 2 or is_old_vintage(shown):
        return ""
    colours = look.get_palette(theme)
    width, height = SPARKLINE_SIZE
    first, last = min(map(get_decimal_year, points)), max(map(get_decimal_year, points))
    values = [row["value"] for row in points]
    low, high = (
        min(*values, max(values) - abs(max(values)) * 0.2),
        max(values),
    )  # a fifth of the figure at least, so that a still line looks still

    def x(row: dict) -> float:
        return MARGIN + (get_decimal_year(row) - first) / (last - first) * (width - 2 * MARGIN)

    def y(value: float) -> float:
        return 4 + (high - value) / ((high - low) or 1) * (height - 20)

    base = next(
        (row for row in points if row["period"] == "2019" and row["edition"] == shown["edition"]), None
    )
    parts = (
        [
            f'<path d="M{MARGIN} {y(base["value"]):.1f}H{width - MARGIN}" stroke="{colours.muted}" stroke-dasharray="2 3"/>'
        ]
        if base
        else []
    )
    for one in build_series(points):
        colour = colours.qualitative[0] if one.edition == shown["edition"] else colours.muted
        for part in split_segments(one, known, indicator.breaks):
            dots = " ".join(f"{x(row):.1f},{y(row['value']):.1f}" for row in part)
            parts.append(
                f'<polyline points="{dots}" fill="none" stroke="{colour}" stroke-width="1.8" stroke-linejoin="round"/>'
                if len(part) > 1
                else ""
            )
            parts += [
                f'<circle cx="{x(row):.1f}" cy="{y(row["value"]):.1f}" r="{3.4 if row is shown else 1.8}" fill="{colours.background if is_provisional(row) else colour}" '
                f'stroke="{colour}" stroke-width="1.4"/>'
                for row in part
                if row is shown or len(part) == 1 or row in (part[0], part[-1])
            ]
    names = [
        end["period"][:4] if len(end["period"]) != 7 else format_short_period(end["period"], lang)
        for end in (min(points, key=get_decimal_year), max(points, key=get_decimal_year))
    ]
    parts += [
        f'<text x="{MARGIN - 5}" y="{height - 2}">{escape(names[0])}</text><text x="{width - MARGIN + 5}" y="{height - 2}" text-anchor="end">{escape(names[1])}</text>'
    ]
    ends = {
        "first": format_value(
            min(points, key=get_decimal_year)["value"], indicator.unit, indicator.decimals, lang
        ),
        "start": names[0],
        "last": format_value(
            max(points, key=get_decimal_year)["value"], indicator.unit, indicator.decimals, lang
        ),
        "end": names[1],
    }
    return _render_svg(SPARKLINE_SIZE, parts, t("mark_spark", lang, **ends), colours.secondary_text)


def render_strip_plot(
    row: dict, others: list[dict], peers: list[dict], indicator: Indicator, lang: str, theme: str
) -> str:
    """Where a figure stands among its peers: a tick for each, a tall line for the widest whole it is compared with, the figure as a dot with its interval."""
    known = with_values(peers)
    if len(known) < MIN_STRIP_PLOT_AREAS:
        return ""
    colours = look.get_palette(theme)
    width, height = STRIP_PLOT_SIZE
    ends = [one["value"] for one in (row, *others, *known)]
    low, high = min(ends), max(ends)

    def x(value: float) -> float:
        return MARGIN + (min(max(value, low), high) - low) / ((high - low) or 1) * (
            width - 2 * MARGIN
        )  # an interval ends where the scale does

    middle = 9
    ticks = "".join(f"M{x(one['value']):.1f} {middle - 4}v8" for one in known)
    parts = [
        f'<path d="M{MARGIN} {middle}H{width - MARGIN}" stroke="{colours.grid}" stroke-width="1"/>',
        f'<path d="{ticks}" stroke="{colours.muted}" stroke-width="1.1"/>',
    ]
    if others:
        parts.append(
            f'<path d="M{x(others[-1]["value"]):.1f} {middle - 8}v16" stroke="{colours.text}" stroke-width="2"/>'
        )
    if has_interval(row):
        parts.append(
            f'<path d="M{x(row["ci_low"]):.1f} {middle}H{x(row["ci_high"]):.1f}" stroke="{colours.qualitative[0]}" stroke-width="3" opacity=".45"/>'
        )
    parts.append(
        f'<circle cx="{x(row["value"]):.1f}" cy="{middle}" r="4.6" fill="{colours.background if is_provisional(row) else colours.qualitative[0]}" '
        f'stroke="{colours.qualitative[0]}" stroke-width="2"/>'
    )
    least, most = (format_value(end, indicator.unit, indicator.decimals, lang) for end in (low, high))
    parts += [
        f'<text x="{MARGIN - 5}" y="{height - 1}">{escape(least)}</text><text x="{width - MARGIN + 5}" y="{height - 1}" text-anchor="end">{escape(most)}</text>'
    ]
    value = format_value(row["value"], indicator.unit, indicator.decimals, lang)
    return _render_svg(
        STRIP_PLOT_SIZE,
        parts,
        t("mark_strip", lang, value=value, low=least, high=most, count=len(known)),
        colours.secondary_text,
    )


def render_bar(
    value: float | None, most: float, least: float = 0.0, theme: str = "light", plain: bool = True
) -> str:
    """A bar for a cell of a table, from zero: `least` and `most` are the ends of its row. Not for the ears: the figure stands beside it."""
    if _is_missing(value) or most <= least:
        return ""
    colours = look.get_palette(theme)
    width, height = BAR_SIZE
    low, high = min(least, 0.0), max(most, 0.0)
    zero, end = (width * (at - low) / (high - low) for at in (0.0, value))
    colour = colours.bar if plain else colours.muted
    axis = f'<path d="M{zero:.1f} 0v{height}" stroke="{colours.border}" stroke-width="1"/>' if low < 0 else ""
    return _render_svg(
        BAR_SIZE,
        [
            f'<rect x="{min(zero, end):.1f}" y="1" width="{max(abs(end - zero), 0.6):.1f}" height="{height - 2}" fill="{colour}"/>',
            axis,
        ],
        "",
        colours.secondary_text,
    )


def _render_svg(size: tuple[int, int], parts: list[str], words: str, ink: str) -> str:
    width, height = size
    heard = f'role="img" aria-label="{escape(words)}"' if words else 'aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" {heard} '
        f'font-family="system-ui, sans-serif" font-size="9.5" fill="{ink}">{"".join(parts)}</svg>'
    )
