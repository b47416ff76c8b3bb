"""A profile as HTML: the same words and marks for the page and for the sheet that is printed. No Streamlit here."""

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from ripresa import catalogue
from ripresa.database.query import ask, version
from ripresa.filters import Filters, offers, resolve
from ripresa.i18n import language_name, noted, number, period_text, t, value_text
from ripresa.narrative import benchmark
from ripresa.narrative.benchmark import ALONE
from ripresa.observations.rows import is_provisional
from ripresa.profiles.area_profile import BEHIND, Area, Entry

DENSE = 24  # figures; more are set smaller, so that a sheet has two pages at most
STYLE = Path(__file__).with_name("sheet.css")


def image(drawing: str) -> str:
    """A drawing as a picture, for pages that let no SVG through: its words become the alternative text."""
    if not drawing:
        return ""
    head, _, rest = drawing.partition('aria-label="')
    alt = rest.partition('"')[0] if rest else ""
    width, height = (drawing.partition(f'{name}="')[2].partition('"')[0] for name in ("width", "height"))
    return f'<img width="{width}" height="{height}" alt="{alt}" src="data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}">'


# --- the parts of a profile ---


def brief(area: Area) -> str:
    """The summary of an area."""
    return paragraphs(sentences(area), area.lang)


def paragraphs(said: list[str], lang: str) -> str:
    """The sentences of a summary."""
    return f'<section class="brief" aria-label="{escape(t("profile_brief", lang))}">{"".join(f"<p>{escape(sentence)}</p>" for sentence in said)}</section>'


def sentences(area: Area) -> list[str]:
    """The summary: the first figure of each topic with its comparison and its way since 2019, never saying more than the figures do."""
    return [told(entry, area.lang) for entry in area.brief] + (
        [t("profile_lacks_brief", area.lang)] if area.elsewhere or area.above else []
    )


def told(entry: Entry, lang: str) -> str:
    """A figure with its comparison and its way since 2019."""
    return " ".join(
        part
        for part in (
            says(entry, lang),
            benchmark.since_2019(entry.way, entry.indicator, lang, entry.row["period"]),
        )
        if part
    )


def says(entry: Entry, lang: str) -> str:
    """One figure as a sentence."""
    indicator, row = entry.indicator, entry.row
    told = benchmark.against(row, entry.others, indicator, lang)
    own = f"profile_says_{indicator.id}"
    scope = _scope(entry)
    return t(
        own if own in OWN else "profile_says",
        lang,
        label=indicator.label[lang],
        number=number(row["value"], lang, indicator.decimals),
        value=_value(row, indicator, lang),
        period=period_text(row["period"], lang)
        + (f", {t('profile_joined', lang)}" if row.get("published_geo") else ""),
        status=t("profile_provisional", lang) if is_provisional(row) else "",
        told=f", {told}" if told else "",
        scope="".join(f", {part}" for part in scope),
        among=f" ({', '.join(scope)})" if scope else "",
    )


OWN = ("profile_says_death_rate", "profile_says_gva_change_vs_2019", "profile_says_lower_sales_yoy")


def table(
    area: Area, topic: str, theme: str = "light", draw: Callable[[str], str] = image, tab: str = "_self"
) -> str:
    """The figures of a topic that may be compared, one a line; "" where there are none. tab: where their links open; "" for none (on paper)."""
    entries = [entry for entry in area.entries.get(topic, ()) if entry.indicator.unit not in ALONE]
    if not entries:
        return ""
    lines = "".join(_line(entry, area, theme, draw, tab) for entry in entries)
    about = t("profile_two_years", area.lang) if any(entry.then for entry in entries) else ""
    return f'{_title(topic, catalogue.topics()[topic].title[area.lang], about)}<table class="figures" role="table" aria-labelledby="of_{topic}">{_heads(("indicator", "figure", "since", "against"), area.lang)}<tbody role="rowgroup">{lines}</tbody></table>'


def _heads(columns: tuple[str, ...], lang: str) -> str:
    """The names of the columns. Roles are written out because a narrow screen lays the table out as blocks."""
    cells = "".join(
        f'<th scope="col" role="columnheader">{escape(t(f"profile_column_{name}", lang))}</th>'
        for name in columns
    )
    return f'<thead role="rowgroup"><tr role="row">{cells}</tr></thead>'


def _line(entry: Entry, area: Area, theme: str, draw: Callable[[str], str], tab: str) -> str:
    indicator, row, lang = entry.indicator, entry.row, area.lang
    label = escape(indicator.label[lang])
    way = door(entry, area) if tab else ""
    name = f'<a href="{escape(way)}" target="{tab}">{label}</a>' if way else label
    scope = "".join(f"<small>{escape(part)}</small>" for part in _scope(entry))
    sure = "; ".join(
        part
        for part in (
            benchmark.sure(row, indicator, lang),
            t("profile_joined", lang) if row.get("published_geo") else "",
        )
        if part
    )
    spark = draw(benchmark.spark(list(entry.line), row, list(entry.known), indicator, lang, theme))
    return (
        f'<tr role="row"><th scope="row" role="rowheader">{name}{scope}</th>'
        f'<td class="value" role="cell"><strong>{escape(_value(row, indicator, lang))}</strong> <span>{escape(benchmark.when(row, lang))}</span><small>{escape(sure)}</small></td>'
        f'<td class="since" role="cell">{spark}<span>{escape(since(entry, lang))}</span></td>'
        f'<td class="against" role="cell">{_beside(entry, draw(benchmark.strip(row, list(entry.others), list(entry.peers), indicator, lang, theme)), lang)}</td></tr>'
    )


def since(entry: Entry, lang: str) -> str:
    """The way since 2019; where that cannot be told, the newest figure if it is not the one shown."""
    words = benchmark.since_2019(entry.way, entry.indicator, lang, entry.row["period"])
    newest = entry.newest
    if words and entry.way["edition"] == newest["edition"] or newest["period"] == entry.row["period"]:
        return words
    key = "profile_newest" if newest["edition"] == entry.row["edition"] else "profile_newest_edition"
    return f"{words} {t(key, lang, value=_value(newest, entry.indicator, lang), period=period_text(newest['period'], lang))}".strip()


def _beside(entry: Entry, strip: str, lang: str) -> str:
    """The place among the peers and the comparisons; where there are two years, each under its own with the figure that is compared."""
    then = entry.then
    if then is None:
        return strip + _told(entry, lang)
    now, before = (
        f"<p>{escape(when(one, lang))}: {escape(_value(one.row, one.indicator, lang))}</p>"
        for one in (entry, then)
    )
    return now + strip + _told(entry, lang) + before + (_told(then, lang) if then.others else "")


def _told(entry: Entry, lang: str) -> str:
    """The comparisons as a list, their kind said once, and the place among the peers."""
    told = [
        one
        for one in (benchmark.compared(entry.row, other, entry.indicator, lang) for other in entry.others)
        if one
    ]
    if not told:
        return (
            "" if len(entry.peers) >= benchmark.FEW else f"<small>{escape(t('profile_alone', lang))}</small>"
        )
    items = "".join(f'<li><span aria-hidden="true">{one.mark}</span> {escape(one.text)}</li>' for one in told)
    kind = (
        [t("plain_differences" if len(told) > 1 else "plain_difference", lang)]
        if all(one.plain for one in told)
        else []
    )
    place = (
        benchmark.place_text(entry.row, list(entry.peers), entry.indicator, lang) if entry.complete else ""
    )
    more = "; ".join(part for part in (*kind, place) if part)
    return f"<ul>{items}</ul>" + (f"<small>{escape(_capital(more))}</small>" if more else "")


def amounts(area: Area) -> str:
    """Numbers, sums and ranks in one table, without comparisons; "" where there are none."""
    lang = area.lang
    lines = "".join(
        f'<tr role="row"><th scope="row" role="rowheader">{escape(entry.indicator.label[lang])}{"".join(f"<small>{escape(part)}</small>" for part in _scope(entry))}</th>'
        f'<td class="value" role="cell"><strong>{escape(_value(entry.row, entry.indicator, lang))}</strong> <span>{escape(when(entry, lang))}</span></td>'
        f'<td class="since" role="cell"><span>{escape(since(entry, lang))}</span></td></tr>'
        for entry in _alone(area)
    )
    if not lines:
        return ""
    return f'{_amounts("", lang)}{_heads(("indicator", "figure", "since"), lang)}<tbody role="rowgroup">{lines}</tbody></table>'


def amounts_in_brief(area: Area) -> str:
    """The same in two columns without their history: for an area with so many figures that two pages would not hold them."""
    lang = area.lang
    cells = [
        f'<th scope="row" role="rowheader">{escape(", ".join((entry.indicator.label[lang], *_scope(entry))))}</th><td class="value" role="cell"><strong>{escape(_value(entry.row, entry.indicator, lang))}</strong> '
        f"<span>{escape(when(entry, lang))}</span></td>"
        for entry in _alone(area)
    ]
    lines = "".join(
        f'<tr role="row">{"".join(cells[place : place + 2])}</tr>' for place in range(0, len(cells), 2)
    )
    return f'{_amounts(" two", lang)}<tbody role="rowgroup">{lines}</tbody></table>' if lines else ""


def _alone(area: Area) -> list[Entry]:
    return [entry for entry in area.all if entry.indicator.unit in ALONE]


def _amounts(columns: str, lang: str) -> str:
    return f'{_title("amounts", t("profile_amounts", lang), t("profile_amounts_about", lang))}<table class="figures amounts{columns}" role="table" aria-labelledby="of_amounts">'


def _title(name: str, title: str, about: str = "") -> str:
    """Before the table, not in a caption of it: a table with its roles written out may hold rows alone."""
    return f'<div class="title"><h2 id="of_{name}">{escape(title)}</h2> {f"<small>{escape(about)}</small>" if about else ""}</div>'


def when(entry: Entry, lang: str) -> str:
    """The period of a figure, whether it is provisional, and whether it is that of a larger area."""
    joined = f"; {t('profile_joined', lang)}" if entry.row.get("published_geo") else ""
    return benchmark.when(entry.row, lang) + joined


def lacking(area: Area) -> str:
    """What is not published for the area, by name."""
    lang = area.lang
    parts = [
        (key, found)
        for key, found in (
            ("profile_missing_elsewhere", area.elsewhere),
            ("profile_missing_above", area.above),
        )
        if found
    ]
    items = "".join(
        f"<p><strong>{escape(t(key, lang))}</strong> {escape('; '.join(indicator.label[lang] for indicator in found))}.</p>"
        for key, found in parts
    )
    return f'<section class="lacking"><h2>{escape(t("profile_missing", lang))}</h2>{items or "<p>" + escape(t("profile_missing_nothing", lang)) + "</p>"}</section>'


def sources(area: Area) -> str:
    """Publisher, name and licence of every source the profile uses."""
    known = [catalogue.sources()[id] for id in area.sources]
    items = "".join(
        f"<li>{escape(noted(one.publisher, area.lang))}, {escape(one.name[area.lang])} ({escape(one.licence[area.lang])})</li>"
        for one in known
    )
    return f'<section class="sources"><h2>{escape(t("profile_sources", area.lang))}</h2><ul>{items}</ul></section>'


def door(entry: Entry, area: Area) -> str:
    """The address of an indicator's own page with this area's figure on it; "" where no page shows it."""
    indicator, row, name = entry.indicator, entry.row, entry.indicator.topic
    level = next(
        (
            level
            for level in DRAWN[area.level]
            if name not in BEHIND and indicator.id in offers(catalogue.topics()[name], level)
        ),
        "",
    )
    if not level:
        return ""
    opening = indicator.view(level)
    cut = (row[part] if row[part] != opening[part] else "" for part in ("sector", "gender", "size"))
    chosen = Filters(area.lang, level, (area.geo,), indicator.id, *cut, row["period"])
    view = resolve(chosen, name)
    return (
        f"{name}?{urlencode(chosen.to_address(), doseq=True)}"
        if row["edition"] in view.editions and not view.notes
        else ""
    )


DRAWN = {
    "area": ("italy",),
    "macro": ("italy",),
    "italy": ("europe", "italy", "world"),
    "europe": ("europe", "world"),
    "world": ("world",),
}  # the maps and lists an area is on


def _scope(entry: Entry) -> list[str]:
    """What the figure is limited to: sector and size, nothing for all firms; and its edition where there are several."""
    return [entry.row[f"{name}_name"] for name in ("sector", "size") if entry.row[name] != "all"] + (
        [entry.edition] if entry.edition else []
    )


def _value(row: dict, indicator, lang: str) -> str:
    return value_text(row["value"], indicator.unit, indicator.decimals, lang)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- the sheet ---


@cache
def style() -> str:
    """The style of sheets and profiles."""
    return STYLE.read_text(encoding="utf-8")


def document(area: Area) -> str:
    """The sheet: a whole HTML page that needs nothing else, for paper and for PDF."""
    lang = area.lang
    build = ask("build").iloc[0]
    dense = len(area.all) > DENSE
    tables = "".join(table(area, topic, draw=str, tab="") for topic in catalogue.topics()) + (
        amounts_in_brief(area) if dense else amounts(area)
    )
    site = t("site", lang)
    foot = t(
        "sheet_foot", lang, site=site, version=version(), date=period_text(str(build.data_date)[:10], lang)
    )
    title = t("sheet_title", lang, name=area.name)
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f'<meta name="author" content="{site}"><meta name="description" content="{escape(" ".join(sentences(area)[:1]))}"><style>{style()}</style></head>'
        f'<body class="sheet{" dense" if dense else ""}"><header><p>{site}</p><h1>{escape(title)}</h1></header><main class="profile">{brief(area)}{tables}{lacking(area)}'
        f'<p class="key">{escape(t("profile_key", lang))}</p>{sources(area)}</main><footer>{escape(foot)}</footer></body></html>'
    )


def file_name(geo: str) -> str:
    """The name of an area's PDF."""
    return f"{geo.replace('+', '-')}.pdf"


def group(geo: str, level: str, europe: bool) -> str:
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


def index(areas: list[tuple[str, str, str]], lang: str) -> str:
    """The list of sheets beside it as a whole page. areas: (group, code, name) in reading order."""
    groups: dict[str, str] = {}
    for name, code, label in areas:
        groups[name] = groups.get(name, "") + f'<li><a href="{file_name(code)}">{escape(label)}</a></li>'
    lists = "".join(
        f"<h2>{escape(t(f'group_{name}', lang))}</h2><ul>{items}</ul>" for name, items in groups.items()
    )
    others = " ".join(
        f'<a href="../{other}/index.html" hreflang="{other}" lang="{other}">{escape(language_name(other))}</a>'
        for other in catalogue.LANGS
        if other != lang
    )
    title = t("sheet_index", lang)
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)} · {escape(t("site", lang))}</title>'
        f'<style>{style()}</style></head><body class="sheet list"><header><p>{others} · <a href="../../profile?lang={lang}">{escape(t("site", lang))}</a></p><h1>{escape(title)}</h1></header><main>'
        f"<p>{escape(t('sheet_index_about', lang, version=version()))}</p>{lists}</main></body></html>\n"
    )
