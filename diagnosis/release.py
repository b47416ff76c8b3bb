"""The quarterly release: data/raw/diagnosis_release.csv, the only thing the dashboard knows about contributed diagnoses.

    python -m diagnosis.release [2026-Q3]     the last complete quarter, or the one named

A release counts the diagnoses that can no longer be withdrawn. It is written only when the audit passes; the store remembers what was
counted, so that the next release is audited together with this one.
"""

import csv
import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from math import floor
from pathlib import Path

from diagnosis.audit import Snapshot, exposed
from diagnosis.instrument import DATA, Instrument, bank
from diagnosis.intervals import median_interval, quantile, wilson
from diagnosis.store import Store, StoreError, month_before, open_store
from diagnosis.suppression import HELD, PAIRED, SHOWN, SMALL, AuditFailed, Protected, protect
from diagnosis.tables import BLANK, KINDS, Cell, Diagnosis, Domain, Partition, counted, domains, families, partition

FILE = DATA / "raw" / "diagnosis_release.csv"
SYNTHETIC = "SYNTHETIC / DATI INVENTATI"
MERGED, REPEATED, WAITING, QUALITY = "merged", "repeated", "waiting", "quality"  # with those of suppression, the statuses of a published cell
STATUSES = (SHOWN, MERGED, REPEATED, SMALL, PAIRED, WAITING, QUALITY)
FIGURES = ("n_shown", "estimate", "ci_low", "ci_high")
DOMAIN = ("area", "sector", "size_class")
KEY = ("table_id", "measure", *DOMAIN, "category")
COLUMNS = (
    "label", "release_id", "as_of", "month_from", "month_to", "version", "comparability", *KEY, *FIGURES, "status",
    "threshold", "statistics_from", "rounding", "audit", "published_on",
)
QUARTERS = (("q1", 0.25), ("median", 0.5), ("q3", 0.75))


class ReleaseError(RuntimeError):
    """There is nothing to publish: one sentence that says why."""


@dataclass(frozen=True)
class Release:
    """What is published (`rows`, as in the file) and what is remembered in private (`state`, `members`)."""

    id: str
    month_to: str
    rows: list[dict]
    state: dict
    members: list[str]


def publish(
    diagnoses: Sequence[Diagnosis], release_id: str, month_to: str, today: date, past: Sequence[dict] = (), label: str = "", instrument: Instrument | None = None
) -> Release:
    """The release of these diagnoses after the `past` ones (as the store remembers them, oldest first), still to be audited as a whole;
    ReleaseError or AuditFailed when there cannot be one."""
    instrument = instrument or bank()
    rules = instrument.privacy
    threshold, least = rules["threshold"], rules["statistics_from"]
    past = [release for release in past if release["counts"]["comparability"] == instrument.comparability]
    diagnoses, blocks = admitted(diagnoses, past, least, threshold, instrument)
    histories = _histories([release["counts"] for release in past])
    tables = families(diagnoses, blocks, least, threshold, instrument, past[-1]["counts"]["categories"] if past else None)
    protected = [protect(build, histories.get(id, ()), threshold) for id, build in tables.items()]
    snapshots = {p.family.id: p.snapshot() for p in protected}
    before = past[-1]["counts"]["rows"] if past else []
    months = sorted({d.month for d in diagnoses})
    common = {
        "label": label, "release_id": release_id, "as_of": release_id, "month_from": months[0], "month_to": month_to, "version": instrument.version,
        "comparability": instrument.comparability, "threshold": threshold, "statistics_from": least, "rounding": rules["rounding"], "audit": "passed",
        "published_on": today.isoformat(),
    }
    figures = _Figures(diagnoses, blocks, before, common, instrument)
    published = [{name: row.get(name, "") for name in COLUMNS} for row in figures.rows(protected)]
    state = {
        "comparability": instrument.comparability, "partition": asdict(blocks), "rows": published, "categories": {p.family.id: p.family.categories for p in protected},
        "n": {kind: Counter(getattr(d, kind) for d in diagnoses) for kind in KINDS}, "families": {id: s.plain() for id, s in snapshots.items()},
    }
    return Release(release_id, month_to, published, state, [d.id for d in diagnoses])


def audit(state: dict, past: Sequence[dict], threshold: int):
    """The last word before a release is written, on everything it holds and everything before it: AuditFailed unless nothing is exposed."""
    before = [release["counts"] for release in past if release["counts"]["comparability"] == state["comparability"]]
    if faults := exposed(_histories([*before, state]), threshold):
        raise AuditFailed(f"The audit found {len(faults)} exposed cells, the first in the table {faults[0].family}: nothing is published.")


def admitted(diagnoses: Sequence[Diagnosis], past: Sequence[dict], least: int, threshold: int, instrument: Instrument | None = None) -> tuple[list, Partition]:
    """The diagnoses that enter a release and the blocks they are counted in. New ones wait while their area, sector or size class has gained
    fewer than `threshold` since the last release: then everything about it repeats the old figure, and no total changes by less."""
    members = set(past[-1]["members"]) if past else set()
    waiting = [d for d in diagnoses if d.id not in members]
    old = [d for d in diagnoses if d.id in members]
    while True:
        chosen = old + waiting
        if len(chosen) < least:
            raise ReleaseError(f"{len(chosen)} diagnoses can be counted; a release needs {least}.")
        if not past:
            return chosen, partition(chosen, least, instrument)
        change = _Change(past[-1]["counts"], chosen, waiting, threshold)
        blocks = partition(chosen, least, instrument, past[-1]["counts"]["partition"], change.too_small_for_good)
        stay = [d for d in waiting if not any(change.too_small(kind, getattr(d, kind), getattr(blocks, kind)) for kind in KINDS)]
        if not stay and waiting:
            raise ReleaseError(f"Fewer than {threshold} new diagnoses in every area, sector or size class: the last release stands.")
        if len(stay) == len(waiting):
            if not waiting:
                raise ReleaseError("There is no new diagnosis: the last release stands.")
            return chosen, blocks
        waiting = stay


class _Change:
    """How much each area, sector and size class has changed since the last release."""

    def __init__(self, last: dict, chosen: Sequence[Diagnosis], waiting: Sequence[Diagnosis], threshold: int):
        self.last, self.threshold = last, threshold
        self.now = {kind: Counter(getattr(d, kind) for d in chosen) for kind in KINDS}
        self.new = {kind: Counter(getattr(d, kind) for d in waiting) for kind in KINDS}

    def _together(self, kind: str, codes: set[str], blocks) -> set[str]:
        """The codes whose change can be worked out as a sum: blocks of both releases that overlap, taken together."""
        while True:
            wider = codes.union(*(b for b in (*blocks, *map(tuple, self.last["partition"][kind])) if codes & set(b)))
            if wider == codes:
                return codes
            codes = wider

    def _of(self, kind: str, codes: set[str]) -> int:
        return sum(self.now[kind][code] - self.last["n"][kind].get(code, 0) for code in codes)

    def too_small(self, kind: str, code: str, blocks) -> bool:
        return 0 < abs(self._of(kind, self._together(kind, {code}, blocks))) < self.threshold

    def too_small_for_good(self, kind: str, block, blocks) -> bool:
        """Too small a change with no new diagnosis to leave out (old ones past their time have gone): the block must join another."""
        codes = self._together(kind, set(block), blocks)
        return 0 < abs(self._of(kind, codes)) < self.threshold and not any(self.new[kind][code] for code in codes)


class _Figures:
    """Turns protected counts into the rows of the file."""

    def __init__(self, diagnoses: list[Diagnosis], blocks: Partition, before: list[dict], common: dict, instrument: Instrument):
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
        return [row for first in old if all(first[name] in blocks[name] for name in DOMAIN) for row in self._repeated(first)]

    def _row(self, table: str, measure: str, domain: Domain, category: str, status: str, **figures) -> dict:
        place = {"table_id": table, "measure": measure, "area": domain.area, "sector": domain.sector, "size_class": domain.size, "category": category}
        return self.common | place | figures | {"status": status}

    def _totals(self) -> list[dict]:
        """How many diagnoses each block holds: never small, because blocks were merged for that."""
        found = {}
        for kind in KINDS:
            n = Counter(getattr(d, kind) for d in self.diagnoses)
            for level, domain, _, codes in domains(kind, self.blocks, self.instrument):
                status = MERGED if level in ("region", "wide") and len(codes) > 1 else SHOWN
                found[domain] = self._row("diagnoses", "all", domain, "", status, n_shown=self._round(sum(n[code] for code in codes)))
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
            for table in (p.family.table, *{"level": ["score"], "answer": ["official"]}.get(p.family.table, [])):
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
            found.append(first | {"category": "+".join(c.category for c in gone), "status": MERGED} | self._share(sum(c.n for c in gone), n))
        return found

    def _scores(self, first: dict, cell: Cell, whole: bool) -> list[dict]:
        """Median and quartiles of the score, only where no level is withheld: they would tell how many lie below a limit."""
        part, codes = cell.keys[0].split("|")[0], {key.split("|")[1] for key in cell.keys}
        scores = [d.scores[first["measure"]] for d in self.diagnoses if getattr(d, part) in codes]
        found = []
        for name, share in QUARTERS:
            row = first | {"category": name, "status": SHOWN if whole else PAIRED, "n_shown": self._round(len(scores))}
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
            yes = sum(n for category, n in count.items() if category.isdigit() and int(category) >= ref.yes_from)
            status = PAIRED if not whole else QUALITY if known < self.least else SHOWN
            found.append(first | {"category": ref.code, "status": status} | (self._share(yes, known) if status == SHOWN else {}))
        return found

    def _share(self, x: int, n: int) -> dict:
        low, high = wilson(x, n)
        return {"n_shown": self._round(n)} | {name: round(100 * share, 1) for name, share in zip(FIGURES[1:], (x / n, low, high), strict=True)}

    def _repeated(self, row: dict) -> list[dict]:
        """The figures of the release they were last renewed in; a cell that never had one waits."""
        old = self.before.get(_place(row), [])
        kept = [self.common | {k: o[k] for k in (*KEY, *FIGURES, "as_of", "status")} for o in old]
        return [r | {"status": REPEATED} if r["status"] in (SHOWN, MERGED) else r for r in kept] or [row | {"status": WAITING}]

    def _round(self, n: int) -> int:
        return self.base * floor(n / self.base + 0.5)


def read(path: Path = FILE) -> list[dict]:
    """The rows of a release file, as text; none when there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(release_rows: Sequence[dict], path: Path = FILE):
    """The file, whole or not at all."""
    draft = path.with_suffix(".csv.new")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(release_rows)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def make(store: Store, quarter: str, today: date, path: Path = FILE) -> Release | None:
    """Publish a quarter from the store; when it was already published, only write its file again (None)."""
    month_to = last_month(quarter)
    if month_to >= f"{today:%Y-%m}":
        raise ReleaseError(f"{quarter} is not over: a release counts complete quarters.")
    past = store.releases()
    if done := [release for release in past if release["release_id"] == quarter]:
        write(done[0]["counts"]["rows"], path)
        return None
    if past and past[-1]["month_to"] > month_to:
        raise ReleaseError(f"{past[-1]['release_id']} is already published: earlier quarters cannot follow it.")
    release = publish(counted(store.settled(month_to, today)), quarter, month_to, today, past)
    audit(release.state, past, bank().privacy["threshold"])
    store.remember(quarter, month_to, release.state, release.members, month_before(today, bank().privacy["retention_months"]))
    write(release.rows, path)
    store.purge(today)
    return release


def last_month(quarter: str) -> str:
    """"2026-Q3" -> "2026-09"."""
    if not (found := re.fullmatch(r"(\d{4})-Q([1-4])", quarter)):
        raise ReleaseError(f'"{quarter}" is not a quarter: write it as 2026-Q3.')
    return f"{found[1]}-{int(found[2]) * 3:02}"


def last_quarter(today: date) -> str:
    """The last complete quarter before a day."""
    quarters = today.year * 4 + (today.month - 1) // 3 - 1
    return f"{quarters // 4}-Q{quarters % 4 + 1}"


def summary(rows: Sequence[dict]) -> str:
    """What a release shows and withholds, for whoever made it."""
    kinds = Counter(row["status"] for row in rows)
    return ", ".join(f"{kinds[kind]} {kind}" for kind in STATUSES if kinds[kind])


def _histories(states: Sequence[dict]) -> dict[str, list[Snapshot]]:
    """What these releases, oldest first, say about each family."""
    found: dict[str, list[Snapshot]] = {}
    for state in states:
        for id, table in state["families"].items():
            found.setdefault(id, []).append(Snapshot.from_plain(table))
    return found


def _place(row: dict) -> tuple:
    """What is repeated together: a distribution whole, a count of diagnoses alone."""
    return tuple(row[k] for k in KEY[:-1]) + ((row["category"],) if row["table_id"] == "diagnoses" else ())


def main(arguments: list[str]) -> str:
    """Make a release and say what it shows."""
    today = date.today()
    quarter = arguments[0] if arguments else last_quarter(today)
    release = make(open_store(), quarter, today)
    return f"{quarter}: already published, its file is written again." if release is None else f"{quarter}: audit passed; {summary(release.rows)}."


if __name__ == "__main__":
    try:
        print(main(sys.argv[1:]))
    except (ReleaseError, AuditFailed, StoreError) as fault:
        sys.exit(str(fault))
