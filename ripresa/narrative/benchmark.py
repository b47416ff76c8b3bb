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
    MISSING,
    Counted,
    interval_text,
    list_text,
    number,
    period_text,
    rounded,
    t,
    value_text,
)
from ripresa.narrative.phrases import difference, short_period, show
from ripresa.narrative.significance import verdict
from ripresa.observations.rows import (
    AMOUNTS,
    has_interval,
    is_old,
    is_provisional,
    is_small,
    no_direction,
    valued,
    year,
)
from ripresa.observations.series import segments, series

OFFICIAL = ("register", "accounts")  # sources whose complete set of areas may be put in order
ALONE = ("rank", *AMOUNTS)  # units that are not compared with a whole
LEVELS = (*AMOUNTS, "index")  # units whose way since 2019 is told in percent
SPARK, STRIP, BAR = (128, 40), (176, 30), (72, 10)
EDGE = 7
SEVERAL = 2  # a sample told in words, such as "nearly 24000", is more than one
FEW = 10  # areas; fewer are not drawn as a row of ticks
NAMED = (
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
class Reading:
    """An indicator read in a language: what the phrases of the figures ask of a view."""

    indicator: Indicator
    lang: str


@dataclass(frozen=True)
class Told:
    """A comparison: `word` is higher, lower or indistinct where intervals judged, else above, below or same (plain); `mark` says it in one sign."""

    word: str
    text: str

    @property
    def plain(self) -> bool:
        return self.word in ("above", "below", "same")

    @property
    def mark(self) -> str:
        return MARKS[self.word]


MARKS = {"higher": "▲", "lower": "▼", "indistinct": "≈", "above": "△", "below": "▽", "same": "="}


# --- words ---


def compared(
    row: dict, other: dict, indicator: Indicator, lang: str, the: str = "", of: str = ""
) -> Told | None:
    """One figure against another of the same period and edition; None where they may not be compared, or are one figure of a joined area. the, of: the other's name with article, and after
    "different from"; by default those of its area."""
    if indicator.unit in ALONE or row["value"] is None or other["value"] is None or is_one(row, other):
        return None
    reading = Reading(indicator, lang)
    word = verdict(row, other) or plain(row, other, indicator)
    named = {
        "other": the or article(other, lang),
        "from_other": of or article(other, lang, "from"),
        "value": show(other["value"], reading),
        "difference": difference(row["value"], other["value"], reading),
    }
    return Told(word, t(f"told_{word}", lang, **named))


def is_one(row: dict, other: dict) -> bool:
    """Whether two areas carry the figure of one joined area, which is nothing to compare with itself."""
    return bool(row.get("published_geo")) and row["published_geo"] == other.get("published_geo")


def plain(row: dict, other: dict, indicator: Indicator) -> str:
    """above, below or same, as the figures are printed."""
    a, b = (rounded(one["value"], indicator.decimals) for one in (row, other))
    return "above" if a > b else "below" if a < b else "same"


def article(row: dict, lang: str, form: str = "the") -> str:
    """An area as it stands inside a sentence: "l'Italia", or after "different from" with form="from"."""
    return (
        t(f"{form}_{row['geo'].replace('+', '_')}", lang)
        if row["geo"] in NAMED
        else t(f"{form}_area", lang, name=row["geo_name"])
    )


def against(row: dict, others, indicator: Indicator, lang: str) -> str:
    """All comparisons of a figure as one phrase, the plain ones called so; "" where there are none."""
    told = [one for one in (compared(row, other, indicator, lang) for other in others) if one]
    kinds = [("told_tested", [one.text for one in told if not one.plain])]
    loose = [one.text for one in told if one.plain]
    kinds.append(("told_plain_one" if len(loose) == 1 else "told_plain", loose))
    return "; ".join(t(key, lang, told=list_text(texts, lang)) for key, texts in kinds if texts)


def place(row: dict, peers: list[dict], indicator: Indicator) -> tuple[int, int, int] | None:
    """First and last place the figure may have among its peers, highest first, and how many they are; a joined area counts once.

    None unless every peer has a figure. With intervals the places that the verdicts leave open; without, that of the printed value, ties included.
    """
    units = {other.get("published_geo") or other["geo"]: other for other in peers}
    own = row.get("published_geo") or row["geo"]
    if own not in units or any(other["value"] is None for other in units.values()):
        return None
    rest = [other for unit, other in units.items() if unit != own]
    if any(map(has_interval, (row, *rest))):
        words = [verdict(other, row) for other in rest]
        return 1 + words.count("higher"), len(units) - words.count("lower"), len(units)
    words = [plain(other, row, indicator) for other in rest]
    return 1 + words.count("above"), len(units) - words.count("below"), len(units)


def place_text(row: dict, peers: list[dict], indicator: Indicator, lang: str) -> str:
    """The place in words; "" where the set is not complete and official, or holds amounts."""
    found = (
        place(row, peers, indicator)
        if peers and indicator.unit not in ALONE and {kind(other) for other in peers} <= set(OFFICIAL)
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


def kind(row: dict) -> str:
    """What kind of source a figure comes from."""
    known = catalogue.sources().get(row["source"])
    return known.kind if known else ""


def when(row: dict, lang: str) -> str:
    """The period of a figure, and that it is provisional."""
    return period_text(row["period"], lang) + (
        f", {t('status_provisional', lang)}" if is_provisional(row) else ""
    )


def sure(row: dict, indicator: Indicator, lang: str) -> str:
    """The interval of a figure, or why it has none; with the counts it comes from and what makes it weak."""
    interval = interval_text(row.get("ci_low"), row.get("ci_high"), indicator.unit, indicator.decimals, lang)
    note = row.get("sample_size_note") or number(row.get("n"), lang).strip(MISSING)
    counts = (
        note
        if "/" in note
        else t("counts", lang, n=int(note) if note.isdigit() else Counted(SEVERAL, lang, note))
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
        t("weak_small", lang) if is_small(row) else "",
        t("weak_old", lang) if is_old(row) else "",
        t("weak_vintage", lang) if no_direction(row) else "",
    ]
    return "; ".join(part for part in (known, counts, *weak) if part)


def since_2019(way: dict | None, indicator: Indicator, lang: str, shown: str = "") -> str:
    """From 2019 to now; "" where there is nothing to tell. The worst period and whether the level of 2019 has been regained are told of complete counts and
    accounts only: in a survey they may be chance, and of a rate of growth they are no recovery.

    way: a row of queries/profile_recovery; shown: the period of the figure beside it, which need not be said again.
    """
    if way is None or _gone(way["baseline"]) or way["period"] == way["baseline_period"]:
        return ""
    judged = verdict(
        {name: way[name] for name in ("value", "ci_low", "ci_high")},
        {"value": way["baseline"], "ci_low": way["baseline_ci_low"], "ci_high": way["baseline_ci_high"]},
    )
    words = {
        "baseline": value_text(way["baseline"], indicator.unit, indicator.decimals, lang),
        "period": period_text(way["period"], lang),
        "latest": _way(way["value"], way["baseline"], indicator, lang),
    }
    defined = indicator.id.endswith("_vs_2019")  # 2019 is zero by definition
    sentences = [] if defined else [t("since_start", lang, **words)]
    told = kind(way) in OFFICIAL and (defined or indicator.unit != "percent_change")
    if (
        told
        and not judged
        and way["complete"]
        and indicator.desired_direction != "neither"
        and not _gone(way["worst"])
    ):
        words |= {
            "worst": _way(way["worst"], way["baseline"], indicator, lang),
            "extreme": value_text(way["worst"], indicator.unit, indicator.decimals, lang),
            "worst_period": period_text(way["worst_period"], lang),
            "regained_period": period_text(way["regained_period"] or "", lang),
        }
        sentences.append(t(f"since_{_course(way, indicator)}", lang, **words))
    if _in_percent(way["baseline"], indicator):
        sentences.append(t("since_amount", lang, **words))
    elif way["period"] != shown:
        sentences.append(t("since_latest", lang, **words))
    return " ".join(sentences + ([t("since_indistinct", lang, **words)] if judged == "indistinct" else []))


def _course(way: dict, indicator: Indicator) -> str:
    """How the line went: never_lower or never_higher than 2019, worst_now, not_yet back, regained, or lost again."""
    sign = -1 if indicator.desired_direction == "lower" else 1
    if sign * way["worst"] >= sign * way["baseline"]:
        return f"never_{indicator.desired_direction}"
    if _gone(way["regained_period"]):
        return "worst_now" if way["worst_period"] == way["period"] else "not_yet"
    return "lost" if sign * way["value"] < sign * way["baseline"] else "regained"


def _way(value, baseline, indicator: Indicator, lang: str) -> str:
    """A share as it is; an amount as its distance from 2019."""
    if _in_percent(baseline, indicator):
        return value_text((value / baseline - 1) * 100, "percent_change", 1, lang)
    return value_text(value, indicator.unit, indicator.decimals, lang)


def _in_percent(baseline, indicator: Indicator) -> bool:
    """Whether the way since 2019 is told in percent: an amount that starts above zero and cannot fall below it."""
    return indicator.unit in LEVELS and baseline > 0 and not (indicator.range and indicator.range[0] < 0)


def _gone(value) -> bool:
    return value is None or value != value


# --- marks: small drawings as SVG text ---


def spark(
    line: list[dict], shown: dict, known: list[dict], indicator: Indicator, lang: str, theme: str
) -> str:
    """The figures of one area over time, cut where they cannot be joined: 2019 dotted, the one shown larger, provisional ones hollow. "" for one alone.

    known: the same choice for other areas too, which says which periods there are."""
    points = valued(line)
    if len({year(row) for row in points}) < 2 or no_direction(shown):
        return ""
    colours = look.palette(theme)
    width, height = SPARK
    first, last = min(map(year, points)), max(map(year, points))
    values = [row["value"] for row in points]
    low, high = (
        min(*values, max(values) - abs(max(values)) * 0.2),
        max(values),
    )  # a fifth of the figure at least, so that a still line looks still

    def x(row: dict) -> float:
        return EDGE + (year(row) - first) / (last - first) * (width - 2 * EDGE)

    def y(value: float) -> float:
        return 4 + (high - value) / ((high - low) or 1) * (height - 20)

    base = next(
        (row for row in points if row["period"] == "2019" and row["edition"] == shown["edition"]), None
    )
    parts = (
        [
            f'<path d="M{EDGE} {y(base["value"]):.1f}H{width - EDGE}" stroke="{colours.mute}" stroke-dasharray="2 3"/>'
        ]
        if base
        else []
    )
    for one in series(points):
        colour = colours.qualitative[0] if one.edition == shown["edition"] else colours.mute
        for part in segments(one, known, indicator.breaks):
            dots = " ".join(f"{x(row):.1f},{y(row['value']):.1f}" for row in part)
            parts.append(
                f'<polyline points="{dots}" fill="none" stroke="{colour}" stroke-width="1.8" stroke-linejoin="round"/>'
                if len(part) > 1
                else ""
            )
            parts += [
                f'<circle cx="{x(row):.1f}" cy="{y(row["value"]):.1f}" r="{3.4 if row is shown else 1.8}" fill="{colours.page if is_provisional(row) else colour}" '
                f'stroke="{colour}" stroke-width="1.4"/>'
                for row in part
                if row is shown or len(part) == 1 or row in (part[0], part[-1])
            ]
    names = [
        end["period"][:4] if len(end["period"]) != 7 else short_period(end["period"], lang)
        for end in (min(points, key=year), max(points, key=year))
    ]
    parts += [
        f'<text x="{EDGE - 5}" y="{height - 2}">{escape(names[0])}</text><text x="{width - EDGE + 5}" y="{height - 2}" text-anchor="end">{escape(names[1])}</text>'
    ]
    ends = {
        "first": value_text(min(points, key=year)["value"], indicator.unit, indicator.decimals, lang),
        "start": names[0],
        "last": value_text(max(points, key=year)["value"], indicator.unit, indicator.decimals, lang),
        "end": names[1],
    }
    return _svg(SPARK, parts, t("mark_spark", lang, **ends), colours.soft)


def strip(
    row: dict, others: list[dict], peers: list[dict], indicator: Indicator, lang: str, theme: str
) -> str:
    """Where a figure stands among its peers: a tick for each, a tall line for the widest whole it is compared with, the figure as a dot with its interval."""
    known = valued(peers)
    if len(known) < FEW:
        return ""
    colours = look.palette(theme)
    width, height = STRIP
    ends = [one["value"] for one in (row, *others, *known)]
    low, high = min(ends), max(ends)

    def x(value: float) -> float:
        return EDGE + (min(max(value, low), high) - low) / ((high - low) or 1) * (
            width - 2 * EDGE
        )  # an interval ends where the scale does

    middle = 9
    ticks = "".join(f"M{x(one['value']):.1f} {middle - 4}v8" for one in known)
    parts = [
        f'<path d="M{EDGE} {middle}H{width - EDGE}" stroke="{colours.grid}" stroke-width="1"/>',
        f'<path d="{ticks}" stroke="{colours.mute}" stroke-width="1.1"/>',
    ]
    if others:
        parts.append(
            f'<path d="M{x(others[-1]["value"]):.1f} {middle - 8}v16" stroke="{colours.ink}" stroke-width="2"/>'
        )
    if has_interval(row):
        parts.append(
            f'<path d="M{x(row["ci_low"]):.1f} {middle}H{x(row["ci_high"]):.1f}" stroke="{colours.qualitative[0]}" stroke-width="3" opacity=".45"/>'
        )
    parts.append(
        f'<circle cx="{x(row["value"]):.1f}" cy="{middle}" r="4.6" fill="{colours.page if is_provisional(row) else colours.qualitative[0]}" '
        f'stroke="{colours.qualitative[0]}" stroke-width="2"/>'
    )
    least, most = (value_text(end, indicator.unit, indicator.decimals, lang) for end in (low, high))
    parts += [
        f'<text x="{EDGE - 5}" y="{height - 1}">{escape(least)}</text><text x="{width - EDGE + 5}" y="{height - 1}" text-anchor="end">{escape(most)}</text>'
    ]
    value = value_text(row["value"], indicator.unit, indicator.decimals, lang)
    return _svg(
        STRIP, parts, t("mark_strip", lang, value=value, low=least, high=most, count=len(known)), colours.soft
    )


def bar(
    value: float | None, most: float, least: float = 0.0, theme: str = "light", plain: bool = True
) -> str:
    """A bar for a cell of a table, from zero: `least` and `most` are the ends of its row. Not for the ears: the figure stands beside it."""
    if _gone(value) or most <= least:
        return ""
    colours = look.palette(theme)
    width, height = BAR
    low, high = min(least, 0.0), max(most, 0.0)
    zero, end = (width * (at - low) / (high - low) for at in (0.0, value))
    colour = colours.bar if plain else colours.mute
    axis = f'<path d="M{zero:.1f} 0v{height}" stroke="{colours.border}" stroke-width="1"/>' if low < 0 else ""
    return _svg(
        BAR,
        [
            f'<rect x="{min(zero, end):.1f}" y="1" width="{max(abs(end - zero), 0.6):.1f}" height="{height - 2}" fill="{colour}"/>',
            axis,
        ],
        "",
        colours.soft,
    )


def _svg(size: tuple[int, int], parts: list[str], words: str, ink: str) -> str:
    width, height = size
    heard = f'role="img" aria-label="{escape(words)}"' if words else 'aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" {heard} '
        f'font-family="system-ui, sans-serif" font-size="9.5" fill="{ink}">{"".join(parts)}</svg>'
    )
