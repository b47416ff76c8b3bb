"""From protected counts to the rows of a release: totals, shares with their intervals, medians, and what stands in place of a figure."""

from collections import Counter
from math import floor

from ripresa.diagnosis.intervals import median_interval, quantile, wilson
from ripresa.diagnosis.questionnaire import Instrument
from ripresa.disclosure.published_file import (
    DOMAIN,
    FIGURES,
    KEY,
    MERGED,
    PAIRED,
    QUALITY,
    REPEATED,
    SHOWN,
    WAITING,
)
from ripresa.disclosure.recoding import KINDS, Partition
from ripresa.disclosure.suppression import HELD, Protected
from ripresa.disclosure.tabulation import BLANK, Cell, Diagnosis, Domain, domains

QUARTERS = (("q1", 0.25), ("median", 0.5), ("q3", 0.75))


class Figures:
    """Turns protected counts into the rows of the file."""

    def __init__(
        self,
        diagnoses: list[Diagnosis],
        blocks: Partition,
        before: list[dict],
        common: dict,
        instrument: Instrument,
    ):
        self.diagnoses, self.blocks, self.common, self.instrument = diagnoses, blocks, common, instrument
        self.least, self.base = common["statistics_from"], common["rounding"]
        self.before: dict[tuple, list[dict]] = {}
        for row in before:
            self.before.setdefault(_place(row), []).append(row)

    def rows(self, protected: list[Protected]) -> list[dict]:
        found = self._totals()
        for p in protected:
            found += self._counts(p) if p.family.table == "diagnoses" else self._distributions(p)
        return found + self._left_out(found)

    def _left_out(self, found: list[dict]) -> list[dict]:
        """What the last release showed of the same domains and this one, coarser, does not: it adds nothing to show it again."""
        places = {_place(row) for row in found}
        blocks = {name: {row[name] for row in found} for name in DOMAIN}
        old = [rows[0] for place, rows in self.before.items() if place not in places]
        return [
            row
            for first in old
            if all(first[name] in blocks[name] for name in DOMAIN)
            for row in self._repeated(first)
        ]

    def _row(self, table: str, measure: str, domain: Domain, category: str, status: str, **figures) -> dict:
        place = {
            "table_id": table,
            "measure": measure,
            "area": domain.area,
            "sector": domain.sector,
            "size_class": domain.size,
            "category": category,
        }
        return self.common | place | figures | {"status": status}

    def _totals(self) -> list[dict]:
        """How many diagnoses each block holds: never small, because blocks were merged for that."""
        found = {}
        for kind in KINDS:
            n = Counter(getattr(d, kind) for d in self.diagnoses)
            for level, domain, _, codes in domains(kind, self.blocks, self.instrument):
                status = MERGED if level in ("region", "wide") and len(codes) > 1 else SHOWN
                found[domain] = self._row(
                    "diagnoses",
                    "all",
                    domain,
                    "",
                    status,
                    n_shown=self._round(sum(n[code] for code in codes)),
                )
        return list(found.values())

    def _counts(self, p: Protected) -> list[dict]:
        """Counts of diagnoses, each cell on its own: by area and sector, or by month."""
        found = []
        for cell, status in zip(p.family.cells, p.status, strict=True):
            crossed = p.family.measure == "sector"
            domain = Domain(cell.domain.area, sector=cell.category) if crossed else cell.domain
            row = self._row("diagnoses", p.family.measure, domain, "" if crossed else cell.category, status)
            if status == SHOWN:
                row["n_shown"] = self._round(cell.n)
            found += self._repeated(row) if status == HELD else [row]
        return found

    def _distributions(self, p: Protected) -> list[dict]:
        """Shares of each category in each domain, and what can be said when all of them are shown."""
        found = []
        for unit in p.family.units:
            cells, status = [p.family.cells[i] for i in unit], [p.status[i] for i in unit]
            whole = all(s == SHOWN for s in status)
            for table in (
                p.family.table,
                *{"level": ["score"], "answer": ["official"]}.get(p.family.table, []),
            ):
                first = self._row(table, p.family.measure, cells[0].domain, "", status[0])
                if HELD in status:
                    found += self._repeated(first)
                elif table == "score":
                    found += self._scores(first, cells[0], whole)
                elif table == "official":
                    found += self._official(first, cells, whole)
                else:
                    found += self._shares(first, cells, status)
        return found

    def _shares(self, first: dict, cells, status: list[str]) -> list[dict]:
        n = cells[0].base
        found = []
        for cell, kind in zip(cells, status, strict=True):
            figures = self._share(cell.n, n) if kind == SHOWN else {"n_shown": self._round(n)}
            found.append(first | {"category": cell.category, "status": kind} | figures)
        gone = [cell for cell, kind in zip(cells, status, strict=True) if kind != SHOWN]
        if 0 < len(gone) < len(cells):  # what the shown ones leave: it adds nothing they do not tell
            found.append(
                first
                | {"category": "+".join(c.category for c in gone), "status": MERGED}
                | self._share(sum(c.n for c in gone), n)
            )
        return found

    def _scores(self, first: dict, cell: Cell, whole: bool) -> list[dict]:
        """Median and quartiles of the score, only where no level is withheld: they would tell how many lie below a limit."""
        part, codes = cell.keys[0].split("|")[0], {key.split("|")[1] for key in cell.keys}
        scores = [d.scores[first["measure"]] for d in self.diagnoses if getattr(d, part) in codes]
        found = []
        for name, share in QUARTERS:
            row = first | {
                "category": name,
                "status": SHOWN if whole else PAIRED,
                "n_shown": self._round(len(scores)),
            }
            if whole:
                row["estimate"] = round(quantile(scores, share))
            if whole and name == "median":
                row["ci_low"], row["ci_high"] = map(round, median_interval(scores))
            found.append(row)
        return found

    def _official(self, first: dict, cells, whole: bool) -> list[dict]:
        """The share that answers yes to the official question, among those whose answer is known."""
        count = {cell.category: cell.n for cell in cells}
        known = sum(count.values()) - count[BLANK]
        found = []
        for ref in self.instrument.item(first["measure"]).official:
            yes = sum(
                n for category, n in count.items() if category.isdigit() and int(category) >= ref.yes_from
            )
            status = PAIRED if not whole else QUALITY if known < self.least else SHOWN
            found.append(
                first
                | {"category": ref.code, "status": status}
                | (self._share(yes, known) if status == SHOWN else {})
            )
        return found

    def _share(self, x: int, n: int) -> dict:
        low, high = wilson(x, n)
        return {"n_shown": self._round(n)} | {
            name: round(100 * share, 1) for name, share in zip(FIGURES[1:], (x / n, low, high), strict=True)
        }

    def _repeated(self, row: dict) -> list[dict]:
        """The figures of the release they were last renewed in; a cell that never had one waits."""
        old = self.before.get(_place(row), [])
        kept = [self.common | {k: o[k] for k in (*KEY, *FIGURES, "as_of", "status")} for o in old]
        return [r | {"status": REPEATED} if r["status"] in (SHOWN, MERGED) else r for r in kept] or [
            row | {"status": WAITING}
        ]

    def _round(self, n: int) -> int:
        return self.base * floor(n / self.base + 0.5)


def _place(row: dict) -> tuple:
    """What is repeated together: a distribution whole, a count of diagnoses alone."""
    return tuple(row[k] for k in KEY[:-1]) + ((row["category"],) if row["table_id"] == "diagnoses" else ())
