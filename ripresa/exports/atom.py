"""The revisions of the data as an Atom feed: one entry a release, what was revised, added and withdrawn in words."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from html import escape

from ripresa import catalogue
from ripresa.coverage import get_area_names
from ripresa.i18n import format_items, format_number, format_period, format_value, t

FEED_PATH = "/revisions.atom"
MAX_CHANGES_PER_ENTRY = 40  # changes listed in an entry
MAX_ENTRIES = 30


def render_feed(
    releases: Iterable[Mapping[str, str]], revisions: Iterable[Mapping[str, str]], site: str, lang: str
) -> str:
    """The feed. releases (oldest first) and revisions: those of data.release; `site` is where the pages are."""
    site, made = (
        site.rstrip("/"),
        [(line, _format_timestamp(line, place)) for place, line in enumerate(releases)][::-1][:MAX_ENTRIES],
    )
    changed: dict[str, list[Mapping[str, str]]] = {}
    for line in revisions:
        changed.setdefault(line["version"], []).append(line)
    updated = made[0][1] if made else "1970-01-01T00:00:00Z"
    entries = "".join(
        _render_entry(line, moment, changed.get(line["version"], []), site, lang) for line, moment in made
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{lang}">\n<title>{escape(t("feed_title", lang))}</title>\n'
        f'<id>{escape(site)}{FEED_PATH}</id>\n<link rel="self" type="application/atom+xml" href="{escape(site)}{FEED_PATH}?lang={lang}"/>\n<link href="{escape(site)}/revisions?lang={lang}"/>\n'
        f"<updated>{updated}</updated>\n<author><name>Ripresa digitale</name></author>\n{entries}</feed>\n"
    )


def format_revision_counts(revisions: Iterable[Mapping[str, str]], lang: str) -> str:
    """How many figures were revised, added, withdrawn: "3 riviste, 120 nuove"; for a page as well."""
    counts = {
        kind: sum(int(line["observations"]) for line in revisions if line["kind"] == kind)
        for kind in ("revised", "new", "withdrawn")
    }
    said = [t(f"count_{kind}", lang, count=count) for kind, count in counts.items() if count]
    return format_items(said, lang) if said else t("count_none", lang)


def describe_revision(revision: Mapping[str, str], lang: str) -> str:
    """One line of revisions.csv in words."""
    indicator = catalogue.load_indicators().get(revision["indicator"])
    name = indicator.label[lang] if indicator else revision["indicator"] or t("all_indicators", lang)
    where = get_area_names(lang).get(revision["geo"], revision["geo"])
    what = ", ".join(
        part
        for part in (
            name,
            where,
            "" if revision["sector"] in ("", "all") else revision["sector"],
            "" if revision["size"] in ("", "all") else revision["size"],
            format_period(revision["period"], lang),
        )
        if part
    )
    if revision["observations"] != "1" or revision["kind"] == "new":
        return t(
            f"several_{revision['kind']}",
            lang,
            what=what,
            count=format_number(int(revision["observations"]), lang),
        )
    return t(
        f"one_{revision['kind']}",
        lang,
        what=what,
        was=_format_value(revision["old_value"], indicator, lang),
        now=_format_value(revision["new_value"], indicator, lang),
    )


def _format_timestamp(made: Mapping[str, str], place: int) -> str:
    """The start of a release's day, and a second for each release before it: releases of one day keep their order, none lies in the future."""
    return f"{datetime.fromisoformat(made['date']) + timedelta(seconds=place):%Y-%m-%dT%H:%M:%SZ}"


def _render_entry(
    made: Mapping[str, str], moment: str, lines: list[Mapping[str, str]], site: str, lang: str
) -> str:
    items = "".join(
        f"<li>{escape(describe_revision(line, lang))}</li>" for line in lines[:MAX_CHANGES_PER_ENTRY]
    )
    more = (
        f"<li>{escape(t('detail_more', lang, count=len(lines) - MAX_CHANGES_PER_ENTRY))}</li>"
        if len(lines) > MAX_CHANGES_PER_ENTRY
        else ""
    )
    listed = f'<content type="html">{escape(f"<ul>{items}{more}</ul>")}</content>\n' if lines else ""
    return (
        f"<entry>\n<title>{escape(t('feed_entry', lang, version=made['version'], counts=format_revision_counts(lines, lang)))}</title>\n<id>{escape(site)}{FEED_PATH}#{made['version']}</id>\n"
        f'<link href="{escape(site)}/revisions?lang={lang}#{made["version"]}"/>\n<updated>{moment}</updated>\n{listed}</entry>\n'
    )


def _format_value(text: str, indicator, lang: str) -> str:
    """A value of revisions.csv as a reader writes it, with every decimal it has."""
    try:
        return (
            format_value(
                float(text), indicator.unit, max(indicator.decimals, len(text.partition(".")[2])), lang
            )
            if indicator
            else text
        )
    except ValueError:
        return text
