"""A profile as HTML: the same words and marks for the page and for the sheet that is printed. No Streamlit here."""

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from ripresa import catalogue, settings
from ripresa.charts import sparkline
from ripresa.database.query import get_data_version, run_query
from ripresa.filters import Filters, get_available_indicators, resolve_view
from ripresa.i18n import format_number, format_period, format_value, get_language_name, t, translate_fragments
from ripresa.narrative import benchmark, phrases
from ripresa.narrative.benchmark import UNITS_WITHOUT_BENCHMARK
from ripresa.observations.rows import is_provisional
from ripresa.profiles.area_profile import CONTEXT_TOPICS, AreaProfile, ProfileEntry

DENSE_ENTRY_COUNT = 24  # figures; more are set smaller, so that a sheet has two pages at most
STYLE_PATH = Path(__file__).with_name("sheet.css")


def embed_svg_as_img(drawing: str) -> str:
    """A drawing as a picture, for pages that let no SVG through: its words become the alternative text."""
    if not drawing:
        return ""
    head, _, rest = drawing.partition('aria-label="')
    alt = rest.partition('"')[0] if rest else ""
    width, height = (drawing.partition(f'{name}="')[2].partition('"')[0] for name in ("width", "height"))
    return f'<img width="{width}" height="{height}" alt="{alt}" src="data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}">'


# --- the parts of a profile ---


def render_summary(area: AreaProfile) -> str:
    """The summary of an area."""
    return render_summary_paragraphs(build_summary_sentences(area), area.lang)


def render_summary_paragraphs(said: list[str], lang: str) -> str:
    """The sentences of a summary."""
    return f'<section class="summary" aria-label="{escape(t("profile_brief", lang))}">{"".join(f"<p>{escape(sentence)}</p>" for sentence in said)}</section>'


def build_summary_sentences(area: AreaProfile) -> list[str]:
    """The summary: the first figure of each topic with its comparison and its way since 2019, never saying more than the figures do."""
    return [describe_entry_and_recovery(entry, area.lang) for entry in area.summary_entries] + (
        [t("profile_lacks_brief", area.lang)] if area.missing or area.country_only else []
    )


def describe_entry_and_recovery(entry: ProfileEntry, lang: str) -> str:
    """A figure with its comparison and its way since 2019."""
    return " ".join(
        part
        for part in (
            describe_entry(entry, lang),
            benchmark.describe_recovery(entry.recovery, entry.indicator, lang, entry.row["period"]),
        )
        if part
    )


def describe_entry(entry: ProfileEntry, lang: str) -> str:
    """One figure as a sentence."""
    indicator, row = entry.indicator, entry.row
    told = benchmark.describe_comparisons(row, entry.benchmarks, indicator, lang)
    own = f"profile_says_{indicator.id}"
    scope = _get_scope(entry)
    return t(
        own if own in INDICATOR_PHRASES else "profile_says",
        lang,
        label=indicator.label[lang],
        number=format_number(row["value"], lang, indicator.decimals),
        value=_format_value(row, indicator, lang),
        period=format_period(row["period"], lang)
        + (f", {t('profile_joined', lang)}" if row.get("published_geo") else ""),
        status=t("profile_provisional", lang) if is_provisional(row) else "",
        told=f", {told}" if told else "",
        scope="".join(f", {part}" for part in scope),
        among=f" ({', '.join(scope)})" if scope else "",
    )


INDICATOR_PHRASES = (
    "profile_says_death_rate",
    "profile_says_gva_change_vs_2019",
    "profile_says_lower_sales_yoy",
)


def render_topic_table(
    area: AreaProfile,
    topic: str,
    theme: str = "light",
    render_svg: Callable[[str], str] = embed_svg_as_img,
    link_target: str = "_self",
) -> str:
    """The figures of a topic that may be compared, one a line; "" where there are none. tab: where their links open; "" for none (on paper)."""
    entries = [
        entry for entry in area.entries.get(topic, ()) if entry.indicator.unit not in UNITS_WITHOUT_BENCHMARK
    ]
    if not entries:
        return ""
    lines = "".join(_render_entry_row(entry, area, theme, render_svg, link_target) for entry in entries)
    about = t("profile_two_years", area.lang) if any(entry.at_opening_year for entry in entries) else ""
    return f'{_render_table_title(topic, catalogue.load_topics()[topic].title[area.lang], about)}<table class="indicators" role="table" aria-labelledby="of_{topic}">{_render_table_head(("indicator", "figure", "since", "against"), area.lang)}<tbody role="rowgroup">{lines}</tbody></table>'


def _render_table_head(columns: tuple[str, ...], lang: str) -> str:
    """The names of the columns. Roles are written out because a narrow screen lays the table out as blocks."""
    cells = "".join(
        f'<th scope="col" role="columnheader">{escape(t(f"profile_column_{name}", lang))}</th>'
        for name in columns
    )
    return f'<thead role="rowgroup"><tr role="row">{cells}</tr></thead>'


def _render_entry_row(
    entry: ProfileEntry, area: AreaProfile, theme: str, draw: Callable[[str], str], tab: str
) -> str:
    indicator, row, lang = entry.indicator, entry.row, area.lang
    label = escape(indicator.label[lang])
    way = build_indicator_url(entry, area) if tab else ""
    name = f'<a href="{escape(way)}" target="{tab}">{label}</a>' if way else label
    scope = "".join(f"<small>{escape(part)}</small>" for part in _get_scope(entry))
    sure = "; ".join(
        part
        for part in (
            benchmark.describe_precision(row, indicator, lang),
            t("profile_joined", lang) if row.get("published_geo") else "",
        )
        if part
    )
    spark = draw(
        sparkline.render_sparkline(
            list(entry.history), row, list(entry.history_with_benchmarks), indicator, lang, theme
        )
    )
    return (
        f'<tr role="row"><th scope="row" role="rowheader">{name}{scope}</th>'
        f'<td class="value" role="cell"><strong>{escape(_format_value(row, indicator, lang))}</strong> <span>{escape(phrases.format_row_period(row, lang))}</span><small>{escape(sure)}</small></td>'
        f'<td class="since" role="cell">{spark}<span>{escape(describe_recovery(entry, lang))}</span></td>'
        f'<td class="comparison" role="cell">{_render_comparison_cell(entry, draw(sparkline.render_strip_plot(row, list(entry.benchmarks), list(entry.peers), indicator, lang, theme)), lang)}</td></tr>'
    )


def describe_recovery(entry: ProfileEntry, lang: str) -> str:
    """The way since 2019; where that cannot be told, the newest figure if it is not the one shown."""
    words = benchmark.describe_recovery(entry.recovery, entry.indicator, lang, entry.row["period"])
    newest = entry.latest
    if words and entry.recovery["edition"] == newest["edition"] or newest["period"] == entry.row["period"]:
        return words
    key = "profile_newest" if newest["edition"] == entry.row["edition"] else "profile_newest_edition"
    return f"{words} {t(key, lang, value=_format_value(newest, entry.indicator, lang), period=format_period(newest['period'], lang))}".strip()


def _render_comparison_cell(entry: ProfileEntry, strip: str, lang: str) -> str:
    """The place among the peers and the comparisons; where there are two years, each under its own with the figure that is compared."""
    then = entry.at_opening_year
    if then is None:
        return strip + _render_comparisons(entry, lang)
    now, before = (
        f"<p>{escape(format_entry_period(one, lang))}: {escape(_format_value(one.row, one.indicator, lang))}</p>"
        for one in (entry, then)
    )
    return (
        now
        + strip
        + _render_comparisons(entry, lang)
        + before
        + (_render_comparisons(then, lang) if then.benchmarks else "")
    )


def _render_comparisons(entry: ProfileEntry, lang: str) -> str:
    """The comparisons as a list, their kind said once, and the place among the peers."""
    told = [
        one
        for one in (
            benchmark.compare_rows(entry.row, other, entry.indicator, lang) for other in entry.benchmarks
        )
        if one
    ]
    if not told:
        return (
            ""
            if len(entry.peers) >= benchmark.MIN_STRIP_PLOT_AREAS
            else f"<small>{escape(t('profile_alone', lang))}</small>"
        )
    items = "".join(
        f'<li><span aria-hidden="true">{one.symbol}</span> {escape(one.text)}</li>' for one in told
    )
    kind = (
        [t("plain_differences" if len(told) > 1 else "plain_difference", lang)]
        if all(one.is_untested for one in told)
        else []
    )
    place = (
        benchmark.format_rank(entry.row, list(entry.peers), entry.indicator, lang)
        if entry.has_all_peers
        else ""
    )
    more = "; ".join(part for part in (*kind, place) if part)
    return f"<ul>{items}</ul>" + (f"<small>{escape(_capitalize_first(more))}</small>" if more else "")


def render_amounts(area: AreaProfile) -> str:
    """Numbers, sums and ranks in one table, without comparisons; "" where there are none."""
    lang = area.lang
    lines = "".join(
        f'<tr role="row"><th scope="row" role="rowheader">{escape(entry.indicator.label[lang])}{"".join(f"<small>{escape(part)}</small>" for part in _get_scope(entry))}</th>'
        f'<td class="value" role="cell"><strong>{escape(_format_value(entry.row, entry.indicator, lang))}</strong> <span>{escape(format_entry_period(entry, lang))}</span></td>'
        f'<td class="since" role="cell"><span>{escape(describe_recovery(entry, lang))}</span></td></tr>'
        for entry in _get_amount_entries(area)
    )
    if not lines:
        return ""
    return f'{_render_amounts_opening("", lang)}{_render_table_head(("indicator", "figure", "since"), lang)}<tbody role="rowgroup">{lines}</tbody></table>'


def render_compact_amounts(area: AreaProfile) -> str:
    """The same in two columns without their history: for an area with so many figures that two pages would not hold them."""
    lang = area.lang
    cells = [
        f'<th scope="row" role="rowheader">{escape(", ".join((entry.indicator.label[lang], *_get_scope(entry))))}</th><td class="value" role="cell"><strong>{escape(_format_value(entry.row, entry.indicator, lang))}</strong> '
        f"<span>{escape(format_entry_period(entry, lang))}</span></td>"
        for entry in _get_amount_entries(area)
    ]
    lines = "".join(
        f'<tr role="row">{"".join(cells[place : place + 2])}</tr>' for place in range(0, len(cells), 2)
    )
    return (
        f'{_render_amounts_opening(" two-columns", lang)}<tbody role="rowgroup">{lines}</tbody></table>'
        if lines
        else ""
    )


def _get_amount_entries(area: AreaProfile) -> list[ProfileEntry]:
    return [entry for entry in area.all_entries if entry.indicator.unit in UNITS_WITHOUT_BENCHMARK]


def _render_amounts_opening(columns: str, lang: str) -> str:
    return f'{_render_table_title("amounts", t("profile_amounts", lang), t("profile_amounts_about", lang))}<table class="indicators amounts{columns}" role="table" aria-labelledby="of_amounts">'


def _render_table_title(name: str, title: str, about: str = "") -> str:
    """Before the table, not in a caption of it: a table with its roles written out may hold rows alone."""
    return f'<div class="title"><h2 id="of_{name}">{escape(title)}</h2> {f"<small>{escape(about)}</small>" if about else ""}</div>'


def format_entry_period(entry: ProfileEntry, lang: str) -> str:
    """The period of a figure, whether it is provisional, and whether it is that of a larger area."""
    joined = f"; {t('profile_joined', lang)}" if entry.row.get("published_geo") else ""
    return phrases.format_row_period(entry.row, lang) + joined


def render_missing_data(area: AreaProfile) -> str:
    """What is not published for the area, by name."""
    lang = area.lang
    parts = [
        (key, found)
        for key, found in (
            ("profile_missing_elsewhere", area.missing),
            ("profile_missing_above", area.country_only),
        )
        if found
    ]
    items = "".join(
        f"<p><strong>{escape(t(key, lang))}</strong> {escape('; '.join(indicator.label[lang] for indicator in found))}.</p>"
        for key, found in parts
    )
    return f'<section class="missing-data"><h2>{escape(t("profile_missing", lang))}</h2>{items or "<p>" + escape(t("profile_missing_nothing", lang)) + "</p>"}</section>'


def render_sources(area: AreaProfile) -> str:
    """Publisher, name and licence of every source the profile uses."""
    known = [catalogue.load_sources()[id] for id in area.sources]
    items = "".join(
        f"<li>{escape(translate_fragments(one.publisher, area.lang))}, {escape(one.name[area.lang])} ({escape(one.licence[area.lang])})</li>"
        for one in known
    )
    return f'<section class="sources"><h2>{escape(t("profile_sources", area.lang))}</h2><ul>{items}</ul></section>'


def build_indicator_url(entry: ProfileEntry, area: AreaProfile) -> str:
    """The address of an indicator's own page with this area's figure on it; "" where no page shows it."""
    indicator, row, name = entry.indicator, entry.row, entry.indicator.topic
    level = next(
        (
            level
            for level in MAP_LEVELS[area.level]
            if name not in CONTEXT_TOPICS
            and indicator.id in get_available_indicators(catalogue.load_topics()[name], level)
        ),
        "",
    )
    if not level:
        return ""
    opening = indicator.get_default_view(level)
    cut = (row[part] if row[part] != opening[part] else "" for part in ("sector", "gender", "size"))
    chosen = Filters(area.lang, level, (area.geo,), indicator.id, *cut, row["period"])
    view = resolve_view(chosen, name)
    return (
        f"{name}?{urlencode(chosen.to_url_parameters(), doseq=True)}"
        if row["edition"] in view.editions and not view.notices
        else ""
    )


MAP_LEVELS = {
    "area": ("italy",),
    "macro": ("italy",),
    "italy": ("europe", "italy", "world"),
    "europe": ("europe", "world"),
    "world": ("world",),
}  # the maps and lists an area is on


def _get_scope(entry: ProfileEntry) -> list[str]:
    """What the figure is limited to: sector and size, nothing for all firms; and its edition where there are several."""
    return [entry.row[f"{name}_name"] for name in ("sector", "size") if entry.row[name] != "all"] + (
        [entry.edition_name] if entry.edition_name else []
    )


def _format_value(row: dict, indicator, lang: str) -> str:
    return format_value(row["value"], indicator.unit, indicator.decimals, lang)


def _capitalize_first(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- the sheet ---


@cache
def load_style() -> str:
    """The style of sheets and profiles."""
    return STYLE_PATH.read_text(encoding="utf-8")


def render_sheet(area: AreaProfile) -> str:
    """The sheet: a whole HTML page that needs nothing else, for paper and for PDF."""
    lang = area.lang
    build = run_query("build").iloc[0]
    dense = len(area.all_entries) > DENSE_ENTRY_COUNT
    tables = "".join(
        render_topic_table(area, topic, render_svg=str, link_target="") for topic in catalogue.load_topics()
    ) + (render_compact_amounts(area) if dense else render_amounts(area))
    site = t("site", lang)
    foot = t(
        "sheet_foot",
        lang,
        site=site,
        version=get_data_version(),
        date=format_period(str(build.data_date)[:10], lang),
    )
    title = t("sheet_title", lang, name=area.name)
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f'<meta name="author" content="{site}"><meta name="description" content="{escape(" ".join(build_summary_sentences(area)[:1]))}"><style>{load_style()}</style></head>'
        f'<body class="sheet{" dense" if dense else ""}"><header><p>{site}</p><h1>{escape(title)}</h1></header><main class="profile">{render_summary(area)}{tables}{render_missing_data(area)}'
        f'<p class="legend">{escape(t("profile_key", lang))}</p>{render_sources(area)}</main><footer>{escape(foot)}</footer></body></html>'
    )


def build_pdf_name(geo: str) -> str:
    """The name of an area's PDF."""
    return f"{geo.replace('+', '-')}.pdf"


def get_area_group(geo: str, level: str, europe: bool) -> str:
    """The group of an area in a list: italy, area, europe or world."""
    return (
        "italy"
        if geo == "ITA" or level == "macro"
        else "area"
        if level == "area"
        else "europe"
        if europe
        else "world"
    )


def render_index(areas: list[tuple[str, str, str]], lang: str) -> str:
    """The list of sheets beside it as a whole page. areas: (group, code, name) in reading order."""
    groups: dict[str, str] = {}
    for name, code, label in areas:
        groups[name] = groups.get(name, "") + f'<li><a href="{build_pdf_name(code)}">{escape(label)}</a></li>'
    lists = "".join(
        f"<h2>{escape(t(f'group_{name}', lang))}</h2><ul>{items}</ul>" for name, items in groups.items()
    )
    others = " ".join(
        f'<a href="../{other}/index.html" hreflang="{other}" lang="{other}">{escape(get_language_name(other))}</a>'
        for other in settings.LANGS
        if other != lang
    )
    title = t("sheet_index", lang)
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)} · {escape(t("site", lang))}</title>'
        f'<style>{load_style()}</style></head><body class="sheet sheet-index"><header><p>{others} · <a href="../../profile?lang={lang}">{escape(t("site", lang))}</a></p><h1>{escape(title)}</h1></header><main>'
        f"<p>{escape(t('sheet_index_about', lang, version=get_data_version()))}</p>{lists}</main></body></html>\n"
    )
