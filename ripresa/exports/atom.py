"""The data revisions as an Atom feed: one entry per release with what was revised, added and withdrawn."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from ripresa import catalogue, settings
from ripresa.coverage import get_area_names
from ripresa.i18n import format_items, format_number, format_period, format_value, t
from ripresa.templating import render_template

FEED_PATH = "/revisions.atom"
MAX_CHANGES_PER_ENTRY = 40
MAX_ENTRIES = 30
NO_RELEASE_TIMESTAMP = "1970-01-01T00:00:00Z"

Record = Mapping[str, str]  # a line of releases.csv or revisions.csv by column name


def render_feed(releases: Iterable[Record], revisions: Iterable[Record], site: str, lang: str) -> str:
    """The feed as XML. releases: oldest first; site: base URL of the pages."""
    site = site.rstrip("/")
    revisions_by_version: dict[str, list[Record]] = {}
    for revision in revisions:
        revisions_by_version.setdefault(revision["version"], []).append(revision)
    entries = [
        _build_entry(release, index, revisions_by_version.get(release["version"], []), lang)
        for index, release in enumerate(releases)
    ][::-1][:MAX_ENTRIES]
    feed = render_template(
        "exports/revisions.atom",
        lang=lang,
        t=t,
        site=site,
        site_name=settings.SITE_NAME,
        feed_url=f"{site}{FEED_PATH}",
        updated=entries[0]["updated"] if entries else NO_RELEASE_TIMESTAMP,
        entries=entries,
    )
    return f"{feed}\n"


def _build_entry(release: Record, index: int, revisions: list[Record], lang: str) -> dict[str, object]:
    """The entry of a release; `index` is its place among all, the oldest first."""
    changes = [describe_revision(revision, lang) for revision in revisions[:MAX_CHANGES_PER_ENTRY]]
    if len(revisions) > MAX_CHANGES_PER_ENTRY:
        changes.append(t("detail_more", lang, count=len(revisions) - MAX_CHANGES_PER_ENTRY))
    # A second per earlier release keeps the order of those of one day, and none lies in the future.
    updated = datetime.fromisoformat(release["date"]) + timedelta(seconds=index)
    counts = format_revision_counts(revisions, lang)
    return {
        "title": t("feed_entry", lang, version=release["version"], counts=counts),
        "version": release["version"],
        "updated": f"{updated:%Y-%m-%dT%H:%M:%SZ}",
        "content": render_template("exports/changes.html", changes=changes) if changes else "",
    }


def format_revision_counts(revisions: Iterable[Record], lang: str) -> str:
    """How many observations were revised, added and withdrawn: "3 riviste, 120 nuove"."""
    counts = dict.fromkeys(("revised", "new", "withdrawn"), 0)
    for revision in revisions:
        if revision["kind"] in counts:
            counts[revision["kind"]] += int(revision["observations"])
    phrases = [t(f"count_{kind}", lang, count=count) for kind, count in counts.items() if count]
    return format_items(phrases, lang) if phrases else t("count_none", lang)


def describe_revision(revision: Record, lang: str) -> str:
    """A line of revisions.csv as a phrase."""
    indicator = catalogue.load_indicators().get(revision["indicator"])
    parts = [
        indicator.label[lang] if indicator else revision["indicator"] or t("all_indicators", lang),
        get_area_names(lang).get(revision["geo"], revision["geo"]),
        *(revision[name] for name in ("sector", "size") if revision[name] != "all"),
        format_period(revision["period"], lang),
    ]
    subject = ", ".join(filter(None, parts))
    if revision["observations"] != "1" or revision["kind"] == "new":
        count = format_number(int(revision["observations"]), lang)
        return t(f"several_{revision['kind']}", lang, what=subject, count=count)
    return t(
        f"one_{revision['kind']}",
        lang,
        what=subject,
        was=_format_value(revision["old_value"], indicator, lang),
        now=_format_value(revision["new_value"], indicator, lang),
    )


def _format_value(text: str, indicator: catalogue.Indicator | None, lang: str) -> str:
    """A value of revisions.csv in the language, with every decimal it has."""
    if not indicator:
        return text
    decimals = max(indicator.decimals, len(text.partition(".")[2]))
    try:
        return format_value(float(text), indicator.unit, decimals, lang)
    except ValueError:
        return text
