"""From protected counts to the rows of a release: totals, shares with their intervals, medians, and what stands in place of a figure."""

from collections import Counter
from math import floor

from ripresa.diagnosis.diagnosis_records import DIMENSIONS, UNKNOWN_CATEGORY, DiagnosisRecord
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
)
from ripresa.diagnosis.questionnaire import Questionnaire
from ripresa.diagnosis.tabulation import list_domains
from ripresa.disclosure.linked_tables import CARRIED_FORWARD, PAIRED, SHOWN, Cell, Domain
from ripresa.disclosure.suppression import SuppressedTable

QUARTILE_SHARES = (("q1", 0.25), ("median", 0.5), ("q3", 0.75))


class ReleaseRowBuilder:
    """Turns protected counts into the rows of the file."""

    def __init__(
        self,
        diagnoses: list[DiagnosisRecord],
        recoding: Recoding,
        previous_rows: list[dict],
        shared_fields: dict,
        questionnaire: Questionnaire,
    ):
        self.diagnoses, self.recoding, self.shared_fields, self.questionnaire = (
            diagnoses,
            recoding,
            shared_fields,
            questionnaire,
        )
        self.min_count, self.rounding_base = shared_fields["statistics_from"], shared_fields["rounding"]
        self.previous_rows: dict[tuple, list[dict]] = {}
        for row in previous_rows:
            self.previous_rows.setdefault(_get_repeat_key(row), []).append(row)

    def build_rows(self, protected: list[SuppressedTable]) -> list[dict]:
        found = self._build_total_rows()
        for p in protected:
            found += (
                self._build_count_rows(p)
                if p.table.table_id == "diagnoses"
                else self._build_distribution_rows(p)
            )
        return found + self._repeat_missing_rows(found)

    def _repeat_missing_rows(self, found: list[dict]) -> list[dict]:
        """What the last release showed of the same domains and this one, coarser, does not: it adds nothing to show it again."""
        places = {_get_repeat_key(row) for row in found}
        blocks = {name: {row[name] for row in found} for name in DOMAIN_COLUMNS}
        old = [rows[0] for place, rows in self.previous_rows.items() if place not in places]
        return [
            row
            for first in old
            if all(first[name] in blocks[name] for name in DOMAIN_COLUMNS)
            for row in self._repeat_row(first)
        ]

    def _build_row(
        self, table: str, measure: str, domain: Domain, category: str, status: str, **figures
    ) -> dict:
        place = {
            "table_id": table,
            "measure": measure,
            "area": domain.area,
            "sector": domain.sector,
            "size_class": domain.size,
            "category": category,
        }
        return self.shared_fields | place | figures | {"status": status}

    def _build_total_rows(self) -> list[dict]:
        """How many diagnoses each block holds: never small, because blocks were merged for that."""
        found = {}
        for kind in DIMENSIONS:
            n = Counter(getattr(d, kind) for d in self.diagnoses)
            for d in list_domains(kind, self.recoding, self.questionnaire):
                status = MERGED if d.level in ("region", "wide") and len(d.codes) > 1 else SHOWN
                found[d.domain] = self._build_row(
                    "diagnoses",
                    "all",
                    d.domain,
                    "",
                    status,
                    n_shown=self._round_count(sum(n[code] for code in d.codes)),
                )
        return list(found.values())

    def _build_count_rows(self, p: SuppressedTable) -> list[dict]:
        """Counts of diagnoses, each cell on its own: by area and sector, or by month."""
        found = []
        for cell, status in zip(p.table.cells, p.statuses, strict=True):
            crossed = p.table.measure == "sector"
            domain = Domain(cell.domain.area, sector=cell.category) if crossed else cell.domain
            row = self._build_row(
                "diagnoses", p.table.measure, domain, "" if crossed else cell.category, status
            )
            if status == SHOWN:
                row["n_shown"] = self._round_count(cell.count)
            found += self._repeat_row(row) if status == CARRIED_FORWARD else [row]
        return found

    def _build_distribution_rows(self, p: SuppressedTable) -> list[dict]:
        """Shares of each category in each domain, and what can be said when all of them are shown."""
        found = []
        for unit in p.table.update_groups:
            cells, status = [p.table.cells[i] for i in unit], [p.statuses[i] for i in unit]
            whole = all(s == SHOWN for s in status)
            for table in (
                p.table.table_id,
                *{"level": ["score"], "answer": ["official"]}.get(p.table.table_id, []),
            ):
                first = self._build_row(table, p.table.measure, cells[0].domain, "", status[0])
                if CARRIED_FORWARD in status:
                    found += self._repeat_row(first)
                elif table == "score":
                    found += self._build_score_rows(first, cells[0], whole)
                elif table == "official":
                    found += self._build_official_rows(first, cells, whole)
                else:
                    found += self._build_share_rows(first, cells, status)
        return found

    def _build_share_rows(self, first: dict, cells, status: list[str]) -> list[dict]:
        n = cells[0].domain_count
        found = []
        for cell, kind in zip(cells, status, strict=True):
            figures = self._build_share(cell.count, n) if kind == SHOWN else {"n_shown": self._round_count(n)}
            found.append(first | {"category": cell.category, "status": kind} | figures)
        gone = [cell for cell, kind in zip(cells, status, strict=True) if kind != SHOWN]
        if 0 < len(gone) < len(cells):  # what the shown ones leave: it adds nothing they do not tell
            found.append(
                first
                | {"category": "+".join(c.category for c in gone), "status": MERGED}
                | self._build_share(sum(c.count for c in gone), n)
            )
        return found

    def _build_score_rows(self, first: dict, cell: Cell, whole: bool) -> list[dict]:
        """Median and quartiles of the score, only where no level is withheld: they would tell how many lie below a limit."""
        part, codes = cell.base_keys[0].split("|")[0], {key.split("|")[1] for key in cell.base_keys}
        scores = [d.scores[first["measure"]] for d in self.diagnoses if getattr(d, part) in codes]
        found = []
        for name, share in QUARTILE_SHARES:
            row = first | {
                "category": name,
                "status": SHOWN if whole else PAIRED,
                "n_shown": self._round_count(len(scores)),
            }
            if whole:
                row["estimate"] = round(quantile(scores, share))
            if whole and name == "median":
                row["ci_low"], row["ci_high"] = map(round, median_interval(scores))
            found.append(row)
        return found

    def _build_official_rows(self, first: dict, cells, whole: bool) -> list[dict]:
        """The share that answers yes to the official question, among those whose answer is known."""
        count = {cell.category: cell.count for cell in cells}
        known = sum(count.values()) - count[UNKNOWN_CATEGORY]
        found = []
        for ref in self.questionnaire.get_item(first["measure"]).official_questions:
            yes = sum(
                n
                for category, n in count.items()
                if category.isdigit() and int(category) >= ref.min_yes_points
            )
            status = PAIRED if not whole else QUALITY if known < self.min_count else SHOWN
            found.append(
                first
                | {"category": ref.code, "status": status}
                | (self._build_share(yes, known) if status == SHOWN else {})
            )
        return found

    def _build_share(self, x: int, n: int) -> dict:
        low, high = wilson_interval(x, n)
        return {"n_shown": self._round_count(n)} | {
            name: round(100 * share, 1)
            for name, share in zip(VALUE_COLUMNS[1:], (x / n, low, high), strict=True)
        }

    def _repeat_row(self, row: dict) -> list[dict]:
        """The figures of the release they were last renewed in; a cell that never had one waits."""
        old = self.previous_rows.get(_get_repeat_key(row), [])
        kept = [
            self.shared_fields | {k: o[k] for k in (*KEY_COLUMNS, *VALUE_COLUMNS, "as_of", "status")}
            for o in old
        ]
        return [r | {"status": REPEATED} if r["status"] in (SHOWN, MERGED) else r for r in kept] or [
            row | {"status": WAITING}
        ]

    def _round_count(self, n: int) -> int:
        return self.rounding_base * floor(n / self.rounding_base + 0.5)


def _get_repeat_key(row: dict) -> tuple:
    """What is repeated together: a distribution whole, a count of diagnoses alone."""
    return tuple(row[k] for k in KEY_COLUMNS[:-1]) + (
        (row["category"],) if row["table_id"] == "diagnoses" else ()
    )
