"""Italy's official statistics next to the answers of a diagnosis. No Streamlit."""

from ripresa import catalogue
from ripresa.database.query import query_records
from ripresa.diagnosis import official_statistics
from ripresa.disclosure.linked_tables import ALL
from ripresa.i18n import format_period, format_value
from ripresa.observations.rows import Row


def get_loaded_indicators() -> list[str]:
    """The official indicators of the questionnaire that are in the catalogue."""
    loaded = catalogue.load_indicators()
    return [id for id in official_statistics.get_official_indicators() if id in loaded]


def query_official_rows(query: str, indicator: str, lang: str, **breakdown: str) -> list[Row]:
    """Italy's newest figures of an indicator.

    query: "by_size" or "by_sector"; breakdown: the value of the other dimension."""
    return query_records(
        query,
        indicator=indicator,
        geo=official_statistics.REFERENCE_AREA,
        gender="all",
        period="latest",
        editions=catalogue.get_indicator(indicator).get_default_view("europe")["editions"],
        lang=lang,
        **breakdown,
    )


def query_official_shares(lang: str) -> list[Row]:
    """The official shares by size class, and by sector for firms of 10 or more, with the `indicator`."""
    rows: list[Row] = []
    for id in get_loaded_indicators():
        by_size = query_official_rows("by_size", id, lang, sector="all")
        by_sector = query_official_rows("by_sector", id, lang, size="GE10")
        rows += [row | {"indicator": id} for row in by_size + by_sector]
    return rows


def get_share_by_size(indicator: str, size: str, lang: str) -> tuple[float, str] | None:
    """Italy's share for a size class: the value, and a text with class, period and source; None without."""
    wanted = official_statistics.OFFICIAL_SIZE_CLASSES.get("" if size == ALL else size, size)
    for row in query_official_rows("by_size", indicator, lang, sector=ALL):
        if row["size"] == wanted:
            scope = f"{row['size_name']}, {format_period(row['period'], lang)}; {row['source_name']}"
            return row["value"], f"{format_value(row['value'], 'percent', 1, lang)} ({scope})"
    return None
