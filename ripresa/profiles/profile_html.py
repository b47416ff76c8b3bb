"""HTML of an area profile: the tables and texts of the profile page, and the sheet for printing.

No Streamlit here.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.charts import sparkline
from ripresa.database.query import get_data_version, run_query
from ripresa.filters import Filters, get_available_indicators, resolve_view
from ripresa.i18n import format_number, format_period, format_value, t, translate_fragments
from ripresa.narrative import benchmark, phrases
from ripresa.narrative.benchmark import UNITS_WITHOUT_BENCHMARK
from ripresa.observations.rows import Row, is_provisional
from ripresa.profiles.area_profile import CONTEXT_TOPICS, AreaProfile, ProfileEntry
from ripresa.templating import Markup, render_template

DENSE_ENTRY_COUNT = 24  # with more entries the sheet is set smaller, to stay within two pages
STYLE_PATH = Path(__file__).with_name("sheet.css")
INDICATOR_PHRASES = (  # translation keys of indicators with a sentence of their own
    "profile_says_death_rate",
    "profile_says_gva_change_vs_2019",
    "profile_says_lower_sales_yoy",
)
MAP_LEVELS = {  # levels of the topic pages that show an area of each profile level
    "area": ("italy",),
    "macro": ("italy",),
    "italy": ("europe", "italy", "world"),
    "europe": ("europe", "world"),
    "world": ("world",),
}


@dataclass(frozen=True)
class _ComparisonSummary:
    """The comparisons of an entry with its benchmarks, and a note on their kind and the area's rank."""

    comparisons: tuple[benchmark.Comparison, ...]
    note: str


def embed_svg_as_img(svg: str) -> str:
    """An SVG image as <img> with its aria-label as alt, for pages that strip inline SVG."""
    if not svg:
        return ""

    def get_attribute(name: str) -> str:
        return unescape(svg.partition(f'{name}="')[2].partition('"')[0])

    return Markup('<img width="{}" height="{}" alt="{}" src="data:image/svg+xml;base64,{}">').format(
        get_attribute("width"),
        get_attribute("height"),
        get_attribute("aria-label"),
        b64encode(svg.encode()).decode(),
    )


# --- parts of a profile ---


def render_summary(area: AreaProfile) -> Markup:
    """The summary of an area as HTML."""
    return render_summary_paragraphs(build_summary_sentences(area), area.lang)


def render_summary_paragraphs(sentences: list[str], lang: str) -> Markup:
    """The sentences of a summary as HTML paragraphs."""
    return render_template("profiles/summary.html", sentences=sentences, lang=lang, t=t)


def build_summary_sentences(area: AreaProfile) -> list[str]:
    """The sentences of the summary: one for each summary entry, and a last one where data are missing."""
    sentences = [describe_entry_and_recovery(entry, area.lang) for entry in area.summary_entries]
    if area.missing or area.country_only:
        sentences.append(t("profile_lacks_brief", area.lang))
    return sentences


def describe_entry_and_recovery(entry: ProfileEntry, lang: str) -> str:
    """An entry's value with its comparisons and its change since 2019."""
    recovery = benchmark.describe_recovery(entry.recovery, entry.indicator, lang, entry.row["period"])
    return f"{describe_entry(entry, lang)} {recovery}".strip()


def describe_entry(entry: ProfileEntry, lang: str) -> str:
    """An entry's value and its comparisons as a sentence."""
    indicator, row = entry.indicator, entry.row
    comparisons = benchmark.describe_comparisons(row, entry.benchmarks, indicator, lang)
    key = f"profile_says_{indicator.id}"
    scope = _get_scope(entry)
    period = format_period(row["period"], lang)
    if row.get("published_geo"):
        period += f", {t('profile_joined', lang)}"
    return t(
        key if key in INDICATOR_PHRASES else "profile_says",
        lang,
        label=indicator.label[lang],
        number=format_number(row["value"], lang, indicator.decimals),
        value=_format_value(row, indicator, lang),
        period=period,
        status=t("profile_provisional", lang) if is_provisional(row) else "",
        told=f", {comparisons}" if comparisons else "",
        scope="".join(f", {part}" for part in scope),
        among=f" ({', '.join(scope)})" if scope else "",
    )


def render_topic_table(
    area: AreaProfile,
    topic: str,
    theme: str = "light",
    render_svg: Callable[[str], str] = embed_svg_as_img,
    link_target: str = "_self",
) -> Markup:
    """The comparable indicators of a topic as an HTML table, one per row; "" where there are none.

    link_target: where the indicators' links open; "" for no links (on paper).
    """
    entries = [
        entry for entry in area.entries.get(topic, ()) if entry.indicator.unit not in UNITS_WITHOUT_BENCHMARK
    ]
    if not entries:
        return Markup()
    has_two_years = any(entry.at_opening_year for entry in entries)
    rows = []
    for entry in entries:
        row = _build_table_row(entry, area.lang, theme, render_svg)
        rows.append(row | {"url": build_indicator_url(entry, area) if link_target else ""})
    return render_template(
        "profiles/topic_table.html",
        topic=topic,
        title=catalogue.load_topics()[topic].title[area.lang],
        about=t("profile_two_years", area.lang) if has_two_years else "",
        rows=rows,
        link_target=link_target,
        lang=area.lang,
        t=t,
    )


def _build_table_row(
    entry: ProfileEntry, lang: str, theme: str, render_svg: Callable[[str], str]
) -> dict[str, object]:
    """The cells of an entry in topic_table.html."""
    indicator, row = entry.indicator, entry.row
    precision = [
        benchmark.describe_precision(row, indicator, lang),
        t("profile_joined", lang) if row.get("published_geo") else "",
    ]
    history, with_benchmarks = list(entry.history), list(entry.history_with_benchmarks)
    benchmarks, peers = list(entry.benchmarks), list(entry.peers)
    opening = entry.at_opening_year
    return {
        "label": indicator.label[lang],
        "scope": _get_scope(entry),
        "value": _format_value(row, indicator, lang),
        "period": phrases.format_row_period(row, lang),
        "precision": "; ".join(filter(None, precision)),
        "sparkline": render_svg(
            sparkline.render_sparkline(history, row, with_benchmarks, indicator, lang, theme)
        ),
        "recovery": describe_recovery(entry, lang),
        "strip_plot": render_svg(sparkline.render_strip_plot(row, benchmarks, peers, indicator, lang, theme)),
        "comparisons": _summarize_comparisons(entry, lang),
        "dated_value": _format_dated_value(entry, lang),
        "opening": opening
        and {
            "dated_value": _format_dated_value(opening, lang),
            "comparisons": _summarize_comparisons(opening, lang) if opening.benchmarks else None,
        },
    }


def describe_recovery(entry: ProfileEntry, lang: str) -> str:
    """The change since 2019, and the newest value where neither that nor the row shows it."""
    sentence = benchmark.describe_recovery(entry.recovery, entry.indicator, lang, entry.row["period"])
    newest = entry.latest
    is_in_sentence = bool(sentence and entry.recovery and entry.recovery["edition"] == newest["edition"])
    if is_in_sentence or newest["period"] == entry.row["period"]:
        return sentence
    key = "profile_newest" if newest["edition"] == entry.row["edition"] else "profile_newest_edition"
    value, period = _format_value(newest, entry.indicator, lang), format_period(newest["period"], lang)
    return f"{sentence} {t(key, lang, value=value, period=period)}".strip()


def _format_dated_value(entry: ProfileEntry, lang: str) -> str:
    return f"{format_entry_period(entry, lang)}: {_format_value(entry.row, entry.indicator, lang)}"


def _summarize_comparisons(entry: ProfileEntry, lang: str) -> _ComparisonSummary:
    """The comparisons with the benchmarks; the note gives their common kind and the rank among the peers."""
    comparisons = [
        comparison
        for other in entry.benchmarks
        if (comparison := benchmark.compare_rows(entry.row, other, entry.indicator, lang))
    ]
    if not comparisons:
        has_strip_plot = len(entry.peers) >= benchmark.MIN_STRIP_PLOT_AREAS
        return _ComparisonSummary((), "" if has_strip_plot else t("profile_alone", lang))
    notes = []
    if all(comparison.is_untested for comparison in comparisons):
        notes.append(t("plain_differences" if len(comparisons) > 1 else "plain_difference", lang))
    if entry.has_all_peers:
        notes.append(benchmark.format_rank(entry.row, list(entry.peers), entry.indicator, lang))
    note = "; ".join(filter(None, notes))
    return _ComparisonSummary(tuple(comparisons), note[:1].upper() + note[1:])


def render_amounts(area: AreaProfile) -> Markup:
    """Counts, sums and ranks as one HTML table without comparisons; "" where there are none."""
    return _render_amounts(area, "profiles/amounts.html")


def render_compact_amounts(area: AreaProfile) -> Markup:
    """The amounts in two columns without their history, for the sheet of an area with many indicators."""
    return _render_amounts(area, "profiles/compact_amounts.html")


def _render_amounts(area: AreaProfile, template: str) -> Markup:
    amounts = [
        {
            "label": entry.indicator.label[area.lang],
            "scope": _get_scope(entry),
            "value": _format_value(entry.row, entry.indicator, area.lang),
            "period": format_entry_period(entry, area.lang),
            "recovery": describe_recovery(entry, area.lang),
        }
        for entry in area.all_entries
        if entry.indicator.unit in UNITS_WITHOUT_BENCHMARK
    ]
    return render_template(template, amounts=amounts, lang=area.lang, t=t) if amounts else Markup()


def format_entry_period(entry: ProfileEntry, lang: str) -> str:
    """The period of an entry's row, whether it is provisional, and whether it is that of a larger area."""
    joined = f"; {t('profile_joined', lang)}" if entry.row.get("published_geo") else ""
    return phrases.format_row_period(entry.row, lang) + joined


def render_missing_data(area: AreaProfile) -> Markup:
    """The names of the indicators that are not published for the area, as HTML."""

    def get_labels(indicators: Sequence[Indicator]) -> list[str]:
        return [indicator.label[area.lang] for indicator in indicators]

    groups = [
        ("profile_missing_elsewhere", get_labels(area.missing)),
        ("profile_missing_above", get_labels(area.country_only)),
    ]
    return render_template(
        "profiles/missing_data.html",
        groups=[(key, labels) for key, labels in groups if labels],
        lang=area.lang,
        t=t,
    )


def render_sources(area: AreaProfile) -> Markup:
    """Publisher, name and licence of every source of the profile, as HTML."""
    lang = area.lang
    sources = [catalogue.load_sources()[id] for id in area.sources]
    names = [
        f"{translate_fragments(source.publisher, lang)}, {source.name[lang]} ({source.licence[lang]})"
        for source in sources
    ]
    return render_template("profiles/sources.html", sources=names, lang=lang, t=t)


def build_indicator_url(entry: ProfileEntry, area: AreaProfile) -> str:
    """The relative URL of the topic page that shows this entry's row; "" where none does."""
    indicator, row, topic = entry.indicator, entry.row, entry.indicator.topic
    if topic in CONTEXT_TOPICS:
        return ""
    for level in MAP_LEVELS[area.level]:
        if indicator.id in get_available_indicators(catalogue.load_topics()[topic], level):
            break
    else:
        return ""
    default = indicator.get_default_view(level)
    filters = Filters(
        area.lang,
        level,
        (area.geo,),
        indicator.id,
        "" if row["sector"] == default["sector"] else row["sector"],
        "" if row["gender"] == default["gender"] else row["gender"],
        "" if row["size"] == default["size"] else row["size"],
        row["period"],
    )
    view = resolve_view(filters, topic)
    if view.notices or row["edition"] not in view.editions:
        return ""
    return f"{topic}?{urlencode(filters.to_url_parameters(), doseq=True)}"


def _get_scope(entry: ProfileEntry) -> list[str]:
    """Sector and size of the row unless it is of all firms, and its edition where there are several."""
    scope = [entry.row[f"{name}_name"] for name in ("sector", "size") if entry.row[name] != "all"]
    return [*scope, entry.edition_name] if entry.edition_name else scope


def _format_value(row: Row, indicator: Indicator, lang: str) -> str:
    return format_value(row["value"], indicator.unit, indicator.decimals, lang)


# --- the sheet ---


@cache
def load_style() -> str:
    """The CSS of sheets and profiles."""
    return STYLE_PATH.read_text(encoding="utf-8")


def render_sheet(area: AreaProfile) -> Markup:
    """The sheet of an area: a self-contained HTML page for paper and for PDF."""
    lang = area.lang
    site = t("site", lang)
    data_date = str(run_query("build").iloc[0]["data_date"])[:10]
    is_dense = len(area.all_entries) > DENSE_ENTRY_COUNT
    tables = [
        render_topic_table(area, topic, render_svg=str, link_target="") for topic in catalogue.load_topics()
    ]
    amounts = render_compact_amounts(area) if is_dense else render_amounts(area)
    return render_template(
        "profiles/sheet.html",
        lang=lang,
        t=t,
        title=t("sheet_title", lang, name=area.name),
        site=site,
        style=load_style(),
        description="".join(build_summary_sentences(area)[:1]),
        is_dense=is_dense,
        parts=[render_summary(area), *tables, amounts, render_missing_data(area)],
        sources=render_sources(area),
        foot=t(
            "sheet_foot", lang, site=site, version=get_data_version(), date=format_period(data_date, lang)
        ),
    )


def build_pdf_name(geo: str) -> str:
    """The file name of an area's PDF."""
    return f"{geo.replace('+', '-')}.pdf"
