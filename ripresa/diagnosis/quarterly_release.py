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

from ripresa.diagnosis.contribution_store import ContributionStore, subtract_months
from ripresa.diagnosis.diagnosis_records import DIMENSIONS, DiagnosisRecord, build_records
from ripresa.diagnosis.domain_recoding import Recoding, build_recoding
from ripresa.diagnosis.output_rows import ReleaseRowBuilder
from ripresa.diagnosis.published_file import COLUMNS, RELEASE_PATH, STATUSES, write_release
from ripresa.diagnosis.questionnaire import Questionnaire
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.tabulation import DETAIL_LEVELS, get_table_builders
from ripresa.disclosure.audit import TableSnapshot, find_exposed_sums
from ripresa.disclosure.suppression import DisclosureAuditError, suppress_cells


class ReleaseError(RuntimeError):
    """There is nothing to publish: one sentence that says why."""


@dataclass(frozen=True)
class QuarterlyRelease:
    """What is published (`rows`, as in the file) and what is remembered in private (`state`, `members`)."""

    id: str
    month_to: str
    rows: list[dict]
    audit_state: dict
    member_ids: list[str]


def build_release(
    diagnoses: Sequence[DiagnosisRecord],
    release_id: str,
    month_to: str,
    today: date,
    past_releases: Sequence[dict] = (),
    label: str = "",
    questionnaire: Questionnaire | None = None,
) -> QuarterlyRelease:
    """The release of these diagnoses after the `past` ones (as the store remembers them, oldest first), still to be audited as a whole;
    ReleaseError or AuditFailed when there cannot be one."""
    questionnaire = questionnaire or get_questionnaire()
    rules = questionnaire.privacy
    threshold, least = rules["threshold"], rules["statistics_from"]
    past_releases = [
        release
        for release in past_releases
        if release["counts"]["comparability"] == questionnaire.comparability_class
    ]
    diagnoses, blocks = select_diagnoses(diagnoses, past_releases, least, threshold, questionnaire)
    histories = _collect_snapshots([release["counts"] for release in past_releases])
    tables = get_table_builders(
        diagnoses,
        blocks,
        least,
        threshold,
        questionnaire,
        past_releases[-1]["counts"]["categories"] if past_releases else None,
    )
    protected = [
        suppress_cells(map(build, DETAIL_LEVELS), histories.get(id, ()), threshold)
        for id, build in tables.items()
    ]
    snapshots = {p.table.name: p.build_snapshot() for p in protected}
    before = past_releases[-1]["counts"]["rows"] if past_releases else []
    months = sorted({d.month for d in diagnoses})
    common = {
        "label": label,
        "release_id": release_id,
        "as_of": release_id,
        "month_from": months[0],
        "month_to": month_to,
        "version": questionnaire.version,
        "comparability": questionnaire.comparability_class,
        "threshold": threshold,
        "statistics_from": least,
        "rounding": rules["rounding"],
        "audit": "passed",
        "published_on": today.isoformat(),
    }
    figures = ReleaseRowBuilder(diagnoses, blocks, before, common, questionnaire)
    published = [{name: row.get(name, "") for name in COLUMNS} for row in figures.build_rows(protected)]
    state = {
        "comparability": questionnaire.comparability_class,
        "partition": asdict(blocks),
        "rows": published,
        "categories": {p.table.name: p.table.categories for p in protected},
        "n": {kind: Counter(getattr(d, kind) for d in diagnoses) for kind in DIMENSIONS},
        "families": {id: s.to_dict() for id, s in snapshots.items()},
    }
    return QuarterlyRelease(release_id, month_to, published, state, [d.id for d in diagnoses])


def audit_release(audit_state: dict, past_releases: Sequence[dict], threshold: int):
    """The last word before a release is written, on everything it holds and everything before it: AuditFailed unless nothing is exposed."""
    before = [
        release["counts"]
        for release in past_releases
        if release["counts"]["comparability"] == audit_state["comparability"]
    ]
    if faults := find_exposed_sums(_collect_snapshots([*before, audit_state]), threshold):
        raise DisclosureAuditError(
            f"The audit found {len(faults)} exposed cells, the first in the table {faults[0].table_name}: nothing is published."
        )


def select_diagnoses(
    diagnoses: Sequence[DiagnosisRecord],
    past_releases: Sequence[dict],
    min_count: int,
    threshold: int,
    questionnaire: Questionnaire | None = None,
) -> tuple[list, Recoding]:
    """The diagnoses that enter a release and the blocks they are counted in. New ones wait while their area, sector or size class has gained
    fewer than `threshold` since the last release: then everything about it repeats the old figure, and no total changes by less."""
    members = set(past_releases[-1]["members"]) if past_releases else set()
    waiting = [d for d in diagnoses if d.id not in members]
    old = [d for d in diagnoses if d.id in members]
    while True:
        chosen = old + waiting
        if len(chosen) < min_count:
            raise ReleaseError(f"{len(chosen)} diagnoses can be counted; a release needs {min_count}.")
        if not past_releases:
            return chosen, build_recoding(chosen, min_count, questionnaire)
        change = _ChangeSinceRelease(past_releases[-1]["counts"], chosen, waiting, threshold)
        blocks = build_recoding(
            chosen,
            min_count,
            questionnaire,
            past_releases[-1]["counts"]["partition"],
            change.is_permanently_too_small,
        )
        stay = [
            d
            for d in waiting
            if not any(
                change.is_too_small(kind, getattr(d, kind), getattr(blocks, kind)) for kind in DIMENSIONS
            )
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


class _ChangeSinceRelease:
    """How much each area, sector and size class has changed since the last release."""

    def __init__(
        self,
        last: dict,
        chosen: Sequence[DiagnosisRecord],
        waiting: Sequence[DiagnosisRecord],
        threshold: int,
    ):
        self.previous_state, self.threshold = last, threshold
        self.current_counts = {kind: Counter(getattr(d, kind) for d in chosen) for kind in DIMENSIONS}
        self.new_counts = {kind: Counter(getattr(d, kind) for d in waiting) for kind in DIMENSIONS}

    def _merge_overlapping_blocks(self, kind: str, codes: set[str], blocks) -> set[str]:
        """The codes whose change can be worked out as a sum: blocks of both releases that overlap, taken together."""
        while True:
            wider = codes.union(
                *(b for b in (*blocks, *map(tuple, self.previous_state["partition"][kind])) if codes & set(b))
            )
            if wider == codes:
                return codes
            codes = wider

    def _net_change(self, kind: str, codes: set[str]) -> int:
        return sum(
            self.current_counts[kind][code] - self.previous_state["n"][kind].get(code, 0) for code in codes
        )

    def is_too_small(self, kind: str, code: str, blocks) -> bool:
        return (
            0
            < abs(self._net_change(kind, self._merge_overlapping_blocks(kind, {code}, blocks)))
            < self.threshold
        )

    def is_permanently_too_small(self, kind: str, block, blocks) -> bool:
        """Too small a change with no new diagnosis to leave out (old ones past their time have gone): the block must join another."""
        codes = self._merge_overlapping_blocks(kind, set(block), blocks)
        return 0 < abs(self._net_change(kind, codes)) < self.threshold and not any(
            self.new_counts[kind][code] for code in codes
        )


def publish_quarter(
    store: ContributionStore, quarter: str, today: date, path: Path = RELEASE_PATH
) -> QuarterlyRelease | None:
    """Publish a quarter from the store; when it was already published, only write its file again (None)."""
    month_to = get_last_month(quarter)
    if month_to >= f"{today:%Y-%m}":
        raise ReleaseError(f"{quarter} is not over: a release counts complete quarters.")
    past = store.list_releases()
    if done := [release for release in past if release["release_id"] == quarter]:
        write_release(done[0]["counts"]["rows"], path)
        return None
    if past and past[-1]["month_to"] > month_to:
        raise ReleaseError(
            f"{past[-1]['release_id']} is already published: earlier quarters cannot follow it."
        )
    release = build_release(
        build_records(store.list_settled_contributions(month_to, today)), quarter, month_to, today, past
    )
    audit_release(release.audit_state, past, get_questionnaire().privacy["threshold"])
    store.record_release(
        quarter,
        month_to,
        release.audit_state,
        release.member_ids,
        subtract_months(today, get_questionnaire().privacy["retention_months"]),
    )
    write_release(release.rows, path)
    store.purge(today)
    return release


def get_last_month(quarter: str) -> str:
    """ "2026-Q3" -> "2026-09"."""
    if not (found := re.fullmatch(r"(\d{4})-Q([1-4])", quarter)):
        raise ReleaseError(f'"{quarter}" is not a quarter: write it as 2026-Q3.')
    return f"{found[1]}-{int(found[2]) * 3:02}"


def get_last_complete_quarter(today: date) -> str:
    """The last complete quarter before a day."""
    quarters = today.year * 4 + (today.month - 1) // 3 - 1
    return f"{quarters // 4}-Q{quarters % 4 + 1}"


def format_summary(rows: Sequence[dict]) -> str:
    """What a release shows and withholds, for whoever made it."""
    kinds = Counter(row["status"] for row in rows)
    return ", ".join(f"{kinds[kind]} {kind}" for kind in STATUSES if kinds[kind])


def _collect_snapshots(states: Sequence[dict]) -> dict[str, list[TableSnapshot]]:
    """What these releases, oldest first, say about each family."""
    found: dict[str, list[TableSnapshot]] = {}
    for state in states:
        for id, table in state["families"].items():
            found.setdefault(id, []).append(TableSnapshot.from_dict(table))
    return found
