"""The quarterly release: data/raw/diagnosis_release.csv, the only thing the dashboard knows about contributed diagnoses.

    python -m ripresa diagnosis release [2026-Q3]     the last complete quarter, or the one named

A release counts the diagnoses that can no longer be withdrawn. It is written only when the audit passes; the store remembers what was
counted, so that the next release is audited together with this one.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from ripresa.diagnosis.contribution_store import Store, month_before
from ripresa.diagnosis.questionnaire import Instrument, bank
from ripresa.disclosure.audit import Snapshot, exposed
from ripresa.disclosure.output_rows import Figures
from ripresa.disclosure.published_file import COLUMNS, FILE, STATUSES, write
from ripresa.disclosure.recoding import KINDS, Partition, partition
from ripresa.disclosure.suppression import AuditFailed, protect
from ripresa.disclosure.tabulation import Diagnosis, counted, families


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
    diagnoses: Sequence[Diagnosis],
    release_id: str,
    month_to: str,
    today: date,
    past: Sequence[dict] = (),
    label: str = "",
    instrument: Instrument | None = None,
) -> Release:
    """The release of these diagnoses after the `past` ones (as the store remembers them, oldest first), still to be audited as a whole;
    ReleaseError or AuditFailed when there cannot be one."""
    instrument = instrument or bank()
    rules = instrument.privacy
    threshold, least = rules["threshold"], rules["statistics_from"]
    past = [release for release in past if release["counts"]["comparability"] == instrument.comparability]
    diagnoses, blocks = admitted(diagnoses, past, least, threshold, instrument)
    histories = _histories([release["counts"] for release in past])
    tables = families(
        diagnoses, blocks, least, threshold, instrument, past[-1]["counts"]["categories"] if past else None
    )
    protected = [protect(build, histories.get(id, ()), threshold) for id, build in tables.items()]
    snapshots = {p.family.id: p.snapshot() for p in protected}
    before = past[-1]["counts"]["rows"] if past else []
    months = sorted({d.month for d in diagnoses})
    common = {
        "label": label,
        "release_id": release_id,
        "as_of": release_id,
        "month_from": months[0],
        "month_to": month_to,
        "version": instrument.version,
        "comparability": instrument.comparability,
        "threshold": threshold,
        "statistics_from": least,
        "rounding": rules["rounding"],
        "audit": "passed",
        "published_on": today.isoformat(),
    }
    figures = Figures(diagnoses, blocks, before, common, instrument)
    published = [{name: row.get(name, "") for name in COLUMNS} for row in figures.rows(protected)]
    state = {
        "comparability": instrument.comparability,
        "partition": asdict(blocks),
        "rows": published,
        "categories": {p.family.id: p.family.categories for p in protected},
        "n": {kind: Counter(getattr(d, kind) for d in diagnoses) for kind in KINDS},
        "families": {id: s.plain() for id, s in snapshots.items()},
    }
    return Release(release_id, month_to, published, state, [d.id for d in diagnoses])


def audit(state: dict, past: Sequence[dict], threshold: int):
    """The last word before a release is written, on everything it holds and everything before it: AuditFailed unless nothing is exposed."""
    before = [
        release["counts"] for release in past if release["counts"]["comparability"] == state["comparability"]
    ]
    if faults := exposed(_histories([*before, state]), threshold):
        raise AuditFailed(
            f"The audit found {len(faults)} exposed cells, the first in the table {faults[0].family}: nothing is published."
        )


def admitted(
    diagnoses: Sequence[Diagnosis],
    past: Sequence[dict],
    least: int,
    threshold: int,
    instrument: Instrument | None = None,
) -> tuple[list, Partition]:
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
        blocks = partition(
            chosen, least, instrument, past[-1]["counts"]["partition"], change.too_small_for_good
        )
        stay = [
            d
            for d in waiting
            if not any(change.too_small(kind, getattr(d, kind), getattr(blocks, kind)) for kind in KINDS)
        ]
        if not stay and waiting:
            raise ReleaseError(
                f"Fewer than {threshold} new diagnoses in every area, sector or size class: the last release stands."
            )
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
            wider = codes.union(
                *(b for b in (*blocks, *map(tuple, self.last["partition"][kind])) if codes & set(b))
            )
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
        return 0 < abs(self._of(kind, codes)) < self.threshold and not any(
            self.new[kind][code] for code in codes
        )


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
        raise ReleaseError(
            f"{past[-1]['release_id']} is already published: earlier quarters cannot follow it."
        )
    release = publish(counted(store.settled(month_to, today)), quarter, month_to, today, past)
    audit(release.state, past, bank().privacy["threshold"])
    store.remember(
        quarter,
        month_to,
        release.state,
        release.members,
        month_before(today, bank().privacy["retention_months"]),
    )
    write(release.rows, path)
    store.purge(today)
    return release


def last_month(quarter: str) -> str:
    """ "2026-Q3" -> "2026-09"."""
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
