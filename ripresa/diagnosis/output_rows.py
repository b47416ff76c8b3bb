"""From protected counts to the rows of a release: totals, shares, intervals, medians."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import floor

from ripresa.diagnosis.diagnosis_records import (
    DIMENSIONS,
    UNKNOWN_CATEGORY,
    DiagnosisRecord,
    count_by_dimension,
)
from ripresa.diagnosis.domain_recoding import Recoding
from ripresa.diagnosis.intervals import median_interval, quantile, wilson_interval
from ripresa.diagnosis.published_file import (
    DOMAIN_COLUMNS,
    KEY_COLUMNS,
    MERGED,
    QUALITY,
    REPEATED,
    VALUE_COLUMNS,
    WAITING,
    ReleaseRow,
)
from ripresa.diagnosis.questionnaire import Questionnaire
from ripresa.diagnosis.tabulation import list_domains
from ripresa.disclosure.linked_tables import CARRIED_FORWARD, PAIRED, SHOWN, Cell, Domain
from ripresa.disclosure.recoding import sum_counts
from ripresa.disclosure.suppression import SuppressedTable

QUARTILE_SHARES = (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
DERIVED_TABLES = {"level": ("score",), "answer": ("official",)}  # with figures from the same cells

RepeatKey = tuple[object, ...]


class ReleaseRowBuilder:
    """Turns protected counts into rows of the published file.

    `previous_rows` are those of the last release, repeated where a figure cannot be updated; `shared_fields`
    are the columns with the same value in every row.
    """

    def __init__(
        self,
        diagnoses: Sequence[DiagnosisRecord],
        recoding: Recoding,
        previous_rows: Iterable[ReleaseRow],
        shared_fields: ReleaseRow,
        questionnaire: Questionnaire,
    ) -> None:
        self.diagnoses = diagnoses
        self.recoding = recoding
        self.shared_fields = shared_fields
        self.questionnaire = questionnaire
        self.previous_rows: dict[RepeatKey, list[ReleaseRow]] = {}
        for row in previous_rows:
            self.previous_rows.setdefault(_get_repeat_key(row), []).append(row)

    def build_rows(self, tables: Iterable[SuppressedTable]) -> list[ReleaseRow]:
        """The rows of a release, each with the columns that have a value."""
        rows = self._build_total_rows()
        for suppressed in tables:
            if suppressed.table.table_id == "diagnoses":
                rows += self._build_count_rows(suppressed)
            else:
                rows += self._build_distribution_rows(suppressed)
        return [*rows, *self._repeat_missing_rows(rows)]

    def _repeat_missing_rows(self, rows: Sequence[ReleaseRow]) -> Iterator[ReleaseRow]:
        """Figures of the last release on domains of this one that it shows in less detail.

        Publishing them again discloses nothing new.
        """
        keys = {_get_repeat_key(row) for row in rows}
        codes = {column: {row[column] for row in rows} for column in DOMAIN_COLUMNS}
        for key, previous in self.previous_rows.items():
            if key not in keys and all(previous[0][column] in codes[column] for column in DOMAIN_COLUMNS):
                yield from self._repeat_row(previous[0])

    def _build_row(
        self, table_id: str, measure: str, domain: Domain, category: str, status: str
    ) -> ReleaseRow:
        return self.shared_fields | {
            "table_id": table_id,
            "measure": measure,
            "area": domain.area,
            "sector": domain.sector,
            "size_class": domain.size,
            "category": category,
            "status": status,
        }

    def _build_total_rows(self) -> list[ReleaseRow]:
        """The number of diagnoses of each block: never small, because blocks were merged for that."""
        rows: dict[Domain, ReleaseRow] = {}
        counts = count_by_dimension(self.diagnoses)
        for dimension in DIMENSIONS:
            for row in list_domains(dimension, self.recoding, self.questionnaire):
                is_merged = row.level in ("region", "wide") and len(row.codes) > 1
                count = sum_counts(counts[dimension], row.codes)
                rows[row.domain] = self._build_row(
                    "diagnoses", "all", row.domain, "", MERGED if is_merged else SHOWN
                ) | {"n_shown": self._round_count(count)}
        return list(rows.values())

    def _build_count_rows(self, suppressed: SuppressedTable) -> Iterator[ReleaseRow]:
        """Counts of diagnoses, each cell on its own: by area and sector, or by month."""
        measure = suppressed.table.measure
        for cell, status in zip(suppressed.table.cells, suppressed.statuses, strict=True):
            domain, category = cell.domain, cell.category
            if measure == "sector":
                domain, category = replace(domain, sector=category), ""
            row = self._build_row("diagnoses", measure, domain, category, status)
            if status == SHOWN:
                row["n_shown"] = self._round_count(cell.count)
            yield from self._repeat_row(row) if status == CARRIED_FORWARD else [row]

    def _build_distribution_rows(self, suppressed: SuppressedTable) -> Iterator[ReleaseRow]:
        """The shares of the categories in each domain, and the figures derived from them."""
        table = suppressed.table
        builders = {"score": self._build_score_rows, "official": self._build_official_rows}
        for group in table.update_groups:
            cells = [table.cells[i] for i in group]
            statuses = [suppressed.statuses[i] for i in group]
            for table_id in (table.table_id, *DERIVED_TABLES.get(table.table_id, ())):
                row = self._build_row(table_id, table.measure, cells[0].domain, "", statuses[0])
                if CARRIED_FORWARD in statuses:
                    yield from self._repeat_row(row)
                else:
                    yield from builders.get(table_id, self._build_share_rows)(row, cells, statuses)

    def _build_share_rows(
        self, row: ReleaseRow, cells: Sequence[Cell], statuses: Sequence[str]
    ) -> Iterator[ReleaseRow]:
        total = cells[0].domain_count
        withheld = [cell for cell, status in zip(cells, statuses, strict=True) if status != SHOWN]
        for cell, status in zip(cells, statuses, strict=True):
            share_row = row | {"category": cell.category, "status": status}
            if status == SHOWN:
                yield share_row | self._build_share(cell.count, total)
            else:
                yield share_row | {"n_shown": self._round_count(total)}
        if 0 < len(withheld) < len(cells):  # the rest of the shown shares, which follows from them
            category = "+".join(cell.category for cell in withheld)
            rest = self._build_share(sum(cell.count for cell in withheld), total)
            yield row | {"category": category, "status": MERGED} | rest

    def _build_score_rows(
        self, row: ReleaseRow, cells: Sequence[Cell], statuses: Sequence[str]
    ) -> Iterator[ReleaseRow]:
        """Median and quartiles of the score, only where no level is withheld.

        They would reveal how many scores lie below the limit of a level.
        """
        is_complete = all(status == SHOWN for status in statuses)
        keys = [key.split("|") for key in cells[0].base_keys]
        dimension, codes = keys[0][0], {key[1] for key in keys}
        scores = [d.scores[str(row["measure"])] for d in self.diagnoses if getattr(d, dimension) in codes]
        for name, share in QUARTILE_SHARES:
            quartile = row | {"category": name, "status": PAIRED, "n_shown": self._round_count(len(scores))}
            if is_complete:
                quartile |= {"status": SHOWN, "estimate": round(quantile(scores, share))}
                if name == "median":
                    quartile["ci_low"], quartile["ci_high"] = map(round, median_interval(scores))
            yield quartile

    def _build_official_rows(
        self, row: ReleaseRow, cells: Sequence[Cell], statuses: Sequence[str]
    ) -> Iterator[ReleaseRow]:
        """The share that answers yes to the official question, among those whose answer is known."""
        counts = {cell.category: cell.count for cell in cells}
        known_count = sum(counts.values()) - counts[UNKNOWN_CATEGORY]
        for question in self.questionnaire.get_item(str(row["measure"])).official_questions:
            question_row = row | {"category": question.code, "status": PAIRED}
            if all(status == SHOWN for status in statuses):
                question_row["status"] = QUALITY
                if known_count >= self.questionnaire.privacy["statistics_from"]:
                    yes_count = sum(
                        count
                        for category, count in counts.items()
                        if category.isdigit() and int(category) >= question.min_yes_points
                    )
                    question_row |= {"status": SHOWN} | self._build_share(yes_count, known_count)
            yield question_row

    def _build_share(self, count: int, total: int) -> ReleaseRow:
        """A share with its Wilson interval, in percent."""
        values = (count / total, *wilson_interval(count, total))
        estimate, low, high = (round(100 * value, 1) for value in values)
        return {
            "n_shown": self._round_count(total),
            "estimate": estimate,
            "ci_low": low,
            "ci_high": high,
        }

    def _repeat_row(self, row: ReleaseRow) -> list[ReleaseRow]:
        """The figures of the release that last updated them; a cell that never had one waits."""
        previous = self.previous_rows.get(_get_repeat_key(row))
        if not previous:
            return [row | {"status": WAITING}]
        columns = (*KEY_COLUMNS, *VALUE_COLUMNS, "as_of", "status")
        rows = [self.shared_fields | {column: old[column] for column in columns} for old in previous]
        return [row | {"status": REPEATED} if row["status"] in (SHOWN, MERGED) else row for row in rows]

    def _round_count(self, count: int) -> int:
        """The count rounded half up to the rounding base (5): deterministic, no noise is added."""
        base = self.questionnaire.privacy["rounding"]
        return base * floor(count / base + 0.5)


def _get_repeat_key(row: Mapping[str, object]) -> RepeatKey:
    """What is repeated together: a whole distribution, or one count of diagnoses."""
    columns = KEY_COLUMNS if row["table_id"] == "diagnoses" else KEY_COLUMNS[:-1]
    return tuple(row[column] for column in columns)
