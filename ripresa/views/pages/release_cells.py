"""The published release of the diagnoses as names, cells and texts for a page. No Streamlit."""

from collections.abc import Sequence
from dataclasses import dataclass

from ripresa.diagnosis.diagnosis_records import OVERALL
from ripresa.diagnosis.italian_areas import ITALY, load_italian_areas
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.disclosure.linked_tables import ALL
from ripresa.i18n import MISSING_TEXT, format_interval, format_items, format_number, format_value, t
from ripresa.observations.rows import Row

TOTAL_CODES = {"area": ITALY, "sector": ALL, "size_class": ALL}  # by kind of group, the code of all firms
GROUP_KINDS = tuple(TOTAL_CODES)
PUBLISHED_STATUSES = ("shown", "merged", "repeated")  # of cells with a figure
WITHHELD_STATUSES = ("small", "paired", "waiting", "quality")
DEFAULT_SIZE = "10-49"  # the smallest class of the official surveys

ReleaseRow = dict[str, str]  # a line of the published file by column name


@dataclass(frozen=True)
class Release:
    """The rows of the published release, and the language of the page."""

    rows: Sequence[ReleaseRow]
    lang: str

    @property
    def label(self) -> str:
        """The label of a synthetic sample in the page's language; "" for real contributions."""
        is_synthetic = bool(self.rows) and bool(self.rows[0]["label"])
        return get_questionnaire().format_message("synthetic", self.lang) if is_synthetic else ""

    def add_label(self, text: str) -> str:
        """The text after the label of a synthetic sample, if it is one."""
        return f"{self.label} · {text}" if self.label else text

    def select(self, table_id: str, **values: str) -> list[ReleaseRow]:
        """The rows of a table with these values in these columns."""
        return [
            row
            for row in self.rows
            if row["table_id"] == table_id and all(row[column] == value for column, value in values.items())
        ]

    def select_groups(self, table_id: str, measure: str, kind: str) -> list[ReleaseRow]:
        """The rows of a measure by groups of one kind, with all firms in the other dimensions."""
        other_totals = {other: code for other, code in TOTAL_CODES.items() if other != kind}
        return self.select(table_id, measure=measure, **other_totals)


def get_group_codes(rows: Sequence[ReleaseRow], kind: str) -> list[str]:
    """The codes of the groups of a kind, in the order of the release."""
    return list(dict.fromkeys(row[kind] for row in rows))


def get_group_name(kind: str, code: str, lang: str) -> str:
    """The name of a group of firms; codes that are published together ("A+B") are named together."""
    if code == TOTAL_CODES[kind]:
        return t("italy" if kind == "area" else f"results_all_{kind}", lang)
    if kind == "area":
        names = {id: area[lang] for id, area in load_italian_areas().items()}
    else:
        question = get_questionnaire().get_profile_question("size" if kind == "size_class" else kind)
        names = {option.id: option.text[lang] for option in question.options}
    return names.get(code) or format_items((names[part] for part in code.split("+")), lang)


def get_level_names(lang: str) -> dict[str, str]:
    """The names of the levels of a score by id."""
    return {str(level.id): level.label[lang] for level in get_questionnaire().levels}


def get_measure_name(measure: str, lang: str) -> str:
    """The name of a score: overall, or that of a goal."""
    if measure == OVERALL:
        return t("scores_overall", lang)
    return get_questionnaire().get_goal(measure).label[lang]


def get_default_size(rows: Sequence[ReleaseRow], sizes: Sequence[str]) -> str:
    """The size class to open with: one with a published share, if there is any."""
    published = {
        row["size_class"]
        for row in rows
        if row["table_id"] == "official" and row["status"] in PUBLISHED_STATUSES
    }
    return next((size for size in (DEFAULT_SIZE, *sizes) if size in published), sizes[0])


def get_file_stem(rows: Sequence[ReleaseRow]) -> str:
    """The beginning of the names of files; that of synthetic data is different."""
    return "SYNTHETIC_diagnosis" if rows and rows[0]["label"] else "diagnosis"


def build_cells(rows: Sequence[ReleaseRow], lang: str) -> list[Row]:
    """The cells by category; categories published together ("1+2") replace the withheld single ones."""
    merged = {
        code
        for row in rows
        if row["status"] in PUBLISHED_STATUSES and "+" in row["category"]
        for code in row["category"].split("+")
    }
    cells = [build_cell(row, lang) for row in rows if row["category"] not in merged]
    return sorted(cells, key=lambda cell: str(cell["category"]))


def build_cell(row: ReleaseRow, lang: str) -> Row:
    """A cell: category, value (None when withheld), ci_low, ci_high, reason ("" unless withheld)."""
    value, low, high = (float(row[name]) if row[name] else None for name in ("estimate", "ci_low", "ci_high"))
    is_shown = row["status"] in PUBLISHED_STATUSES and value is not None
    return {
        "category": row["category"],
        "value": value if is_shown else None,
        "ci_low": low,
        "ci_high": high,
        "reason": "" if is_shown else format_withheld_reason(row["status"], row, lang),
    }


def format_withheld_reason(status: str, row: ReleaseRow, lang: str) -> str:
    """Why a cell with this status is withheld, with the thresholds of the release."""
    return t(f"withheld_{status}", lang, threshold=row["threshold"], least=row["statistics_from"])


def format_cell(cell: Row, lang: str) -> str:
    """The share of a cell with its interval, or why it is withheld."""
    if cell["reason"]:
        return str(cell["reason"])
    interval = format_interval(cell["ci_low"], cell["ci_high"], "percent", 1, lang)
    return f"{format_value(cell['value'], 'percent', 1, lang)} ({interval})"


def format_sample_size(row: ReleaseRow, lang: str) -> str:
    """The published number of diagnoses behind a row."""
    return format_number(int(row["n_shown"]), lang) if row["n_shown"] else MISSING_TEXT
