"""The table of a view that every export format contains: codes, labels and provenance of each value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, cast

import pandas as pd

from ripresa import catalogue
from ripresa.database.published_observation import KEY_COLUMNS
from ripresa.database.query import get_data_version, run_query
from ripresa.exports import links
from ripresa.exports.seal import Seal, build_seal, checksum_rows
from ripresa.filters import View
from ripresa.i18n import translate_fragments
from ripresa.narrative.figure_text import FigureText, build_figure_text
from ripresa.observations.rows import Row, get_row_roles

BREAKDOWN_DIMENSIONS = ("sector", "gender", "size")
NUMERIC_COLUMNS = ("value", "ci_low", "ci_high", "n")
COLUMNS = {  # name: type, description in Italian and in English; in the order of the file
    "indicator": ("string", "Codice dell'indicatore", "Indicator code"),
    "indicator_name": ("string", "Indicatore", "Indicator"),
    "unit": (
        "string",
        "Unità: percent, points, percent_change, count, meur, keur, index, rank",
        "Unit: percent, points, percent_change, count, meur, keur, index, rank",
    ),
    "geo": (
        "string",
        "Codice dell'area: NUTS 2021, ISO 3166-1 alpha-3 o nome di un gruppo",
        "Area code: NUTS 2021, ISO 3166-1 alpha-3 or the name of a group",
    ),
    "geo_name": ("string", "Area", "Area"),
    "role": (
        "string",
        "area, o reference: il termine di confronto (Italia, UE, mondo), "
        "fuori dall'ordine e dal conto delle aree",
        "area, or reference: what the areas are read against (Italy, EU, world), "
        "neither ranked nor counted among them",
    ),
    "sector": (
        "string",
        "Codice del settore (NACE Rev. 2); all = totale della fonte",
        "Sector code (NACE Rev. 2); all = the source's total",
    ),
    "sector_name": ("string", "Settore", "Sector"),
    "gender": (
        "string",
        "Chi guida l'impresa: all, female, male, female-male",
        "Who leads the firm: all, female, male, female-male",
    ),
    "gender_name": ("string", "Chi guida l'impresa", "Who leads the firm"),
    "size": (
        "string",
        "Classe di addetti; all = totale della fonte",
        "Size class by persons employed; all = the source's total",
    ),
    "size_name": ("string", "Classe di addetti", "Size class"),
    "period": (
        "string",
        "Anno, semestre, trimestre, mese, giorno o intervallo",
        "Year, half, quarter, month, day or interval",
    ),
    "period_start": ("date", "Primo giorno del periodo", "First day of the period"),
    "edition": (
        "string",
        "Edizione: edizioni diverse non si confrontano nel tempo",
        "Edition: different editions cannot be compared over time",
    ),
    "edition_name": ("string", "Edizione", "Edition"),
    "value": (
        "number",
        "Valore nell'unità dell'indicatore; vuoto se manca, mai zero al suo posto",
        "Value in the indicator's unit; empty where missing, never zero instead",
    ),
    "ci_low": (
        "number",
        "Estremo basso dell'intervallo al 95%; vuoto se non c'è",
        "Lower end of the 95% interval; empty where there is none",
    ),
    "ci_high": (
        "number",
        "Estremo alto dell'intervallo al 95%; vuoto se non c'è",
        "Upper end of the 95% interval; empty where there is none",
    ),
    "no_ci_reason": (
        "string",
        "Perché l'intervallo manca: register, no_error_published, derived",
        "Why there is no interval: register, no_error_published, derived",
    ),
    "n": (
        "integer",
        "Numerosità del campione, o denominatore di una quota da registro",
        "Sample size, or denominator of a register share",
    ),
    "sample_size_note": (
        "string",
        "Numerosità con le parole della fonte",
        "Sample size in the source's words",
    ),
    "status": (
        "string",
        "ok, provisional (provvisorio), derived (calcolato)",
        "ok, provisional, derived (computed)",
    ),
    "flags": (
        "string",
        "b serie interrotta, c riservato, d definizione diversa, e stimato, n non significativo, "
        "p provvisorio, u poco affidabile, z non applicabile; "
        "o indagine prima del 2019, s base sotto 30, v vecchia edizione",
        "b break, c confidential, d definition differs, e estimated, n not significant, p provisional, "
        "u low reliability, z not applicable; "
        "o survey before 2019, s base under 30, v old vintage",
    ),
    "population": (
        "string",
        "La popolazione di cui si parla, nella lingua del file; in inglese nella base dati",
        "The population the figure is of, in the language of the file; in English in the database",
    ),
    "source": ("string", "Codice della fonte", "Source code"),
    "source_name": ("string", "Fonte", "Source"),
    "published_geo": (
        "string",
        "Codice dell'area pubblicata, se la fonte ne unisce più d'una",
        "Code of the published area where the source joins several",
    ),
    "citations": (
        "string",
        "Documenti in cui la cifra è stata letta, separati da |",
        "Documents the figure was read in, separated by |",
    ),
    "data_version": ("string", "Versione dei dati", "Data version"),
    "check": (
        "string",
        "Controllo della riga: cambia se cambia una cella",
        "Check of the row: it changes when a cell changes",
    ),
}


@dataclass(frozen=True, eq=False)
class ExportedTable:
    """A view to export: table, texts of the figure, data version, day of access and base URL of the site."""

    view: View
    table: pd.DataFrame
    text: FigureText
    version: str
    access_date: date
    site: str

    @cached_property
    def permalink(self) -> str:
        """The URL to cite, with every parameter and the data version."""
        return links.build_page_url(
            self.site, self.view, links.get_permalink_parameters(self.view, self.version)
        )

    @cached_property
    def short_link(self) -> str:
        """The URL to print, with the fewest parameters and without https."""
        url = links.build_page_url(self.site, self.view, links.get_short_parameters(self.view))
        return url.partition("://")[2]

    @cached_property
    def seal(self) -> Seal:
        """The integrity seal of the table."""
        return build_seal(self.version, links.canonicalize_view(self.view), self.table)

    def format_label(self, lang: str) -> str:
        """The indicator and the breakdown that all rows have in common."""
        breakdown = {
            name: self.table[name].iloc[0] for name in BREAKDOWN_DIMENSIONS if self.table[name].nunique() == 1
        }
        return format_indicator_label(self.view.indicator, breakdown, lang)

    @cached_property
    def sources(self) -> list[catalogue.Source]:
        """The sources of the rows, the one with most rows first."""
        ids = list(self.table["source"].value_counts().index) or [self.view.indicator.source]
        return [catalogue.load_sources()[id] for id in ids]


def format_indicator_label(indicator: catalogue.Indicator, breakdown: Mapping[str, object], lang: str) -> str:
    """An indicator with the sector, gender and size of the breakdown, where that is not all firms."""
    labels = run_query("labels", lang=lang)
    names: dict[object, str] = dict(
        zip(zip(labels["kind"], labels["code"], strict=True), labels["name"], strict=True)
    )
    parts = [
        names[name, breakdown[name]]
        for name in BREAKDOWN_DIMENSIONS
        if breakdown.get(name, "all") not in ("all", "female-male")
    ]
    return ", ".join([indicator.label[lang], *parts])


def build_export(
    rows: pd.DataFrame,
    view: View,
    site: str,
    day: date,
    text: FigureText | None = None,
    data_version: str = "",
) -> ExportedTable:
    """An export of the rows of a figure, with its texts; `data_version` is by default the current one."""
    version = data_version or get_data_version()
    table = flatten_rows(rows, view, version)
    return ExportedTable(view, table, text or build_figure_text(rows, view), version, day, site)


def flatten_rows(rows: pd.DataFrame, view: View, data_version: str = "") -> pd.DataFrame:
    """The rows of a view with exactly the COLUMNS; missing numbers stay missing, missing texts are empty."""
    table = pd.DataFrame(index=range(len(rows)))
    rows = rows.reset_index(drop=True)
    for name, (kind, *_) in COLUMNS.items():
        column = rows[name] if name in rows else pd.Series([None] * len(rows), dtype="object")
        table[name] = _coerce_column(column, kind)
    ids = list(rows["indicator"]) if "indicator" in rows else [view.indicator.id] * len(rows)
    indicators = {id: catalogue.get_indicator(id) for id in dict.fromkeys(ids)}
    table["role"] = get_row_roles(cast(list[Row], rows.to_dict("records")), view)
    table["indicator"] = pd.Series(ids, dtype="object")
    table["indicator_name"] = [indicators[id].label[view.lang] for id in ids]
    table["unit"] = [indicators[id].unit for id in ids]
    table["citations"] = [translate_fragments(text, view.lang) for text in _load_citations(table)]
    table["population"] = [
        translate_fragments(text, view.lang, "population_") for text in table["population"]
    ]
    table["data_version"] = data_version or get_data_version()
    table["check"] = checksum_rows(table)
    return table


def get_observation_keys(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """The key of each row as published: parts of a joined area have the code of the joined area."""
    published = table.assign(geo=table["published_geo"].where(table["published_geo"] != "", table["geo"]))
    return list(published[list(KEY_COLUMNS)].itertuples(index=False, name=None))


def _coerce_column(column: "pd.Series[Any]", kind: str) -> "pd.Series[Any]":
    if kind == "number":
        return pd.to_numeric(column).astype("float64")
    if kind == "integer":
        return pd.to_numeric(column).astype("Int64")
    if kind == "date":
        return pd.Series(
            [None if pd.isna(day) else pd.Timestamp(day).date() for day in column], dtype="object"
        )
    return pd.Series(["" if pd.isna(text) else str(text) for text in column], dtype="object")


def _load_citations(table: pd.DataFrame) -> list[str]:
    """The documents of each row, with one query per indicator and breakdown in the table."""
    citations: dict[tuple[str, ...], str] = {}
    selections = table[["indicator", *BREAKDOWN_DIMENSIONS]].drop_duplicates()
    for indicator, sector, gender, size in selections.itertuples(index=False, name=None):
        documents = run_query(
            "observation_citations", indicator=indicator, sector=sector, gender=gender, size=size
        )
        for geo, period, edition, text in documents[["geo", "period", "edition", "citations"]].itertuples(
            index=False, name=None
        ):
            citations[indicator, geo, sector, gender, size, period, edition] = text
    return [citations.get(key, "") for key in get_observation_keys(table)]
