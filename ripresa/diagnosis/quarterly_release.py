"""The quarterly release, data/raw/diagnosis_release.csv: what pages read of contributed diagnoses.

    python -m ripresa diagnosis release [2026-Q3]     the last complete quarter, or the one given

A release counts the diagnoses that can no longer be withdrawn. It is written only when the audit passes; the
store records what it counted, so that the next release is audited together with it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from ripresa.diagnosis.contribution_store import (
    ContributionStore,
    ReleaseState,
    StoredRelease,
    subtract_months,
)
from ripresa.diagnosis.diagnosis_records import (
    DIMENSIONS,
    DiagnosisRecord,
    build_records,
    count_by_dimension,
)
from ripresa.diagnosis.domain_recoding import Recoding, build_recoding
from ripresa.diagnosis.output_rows import ReleaseRowBuilder
from ripresa.diagnosis.published_file import COLUMNS, RELEASE_PATH, STATUSES, ReleaseRow, write_release
from ripresa.diagnosis.questionnaire import Questionnaire
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.tabulation import DETAIL_LEVELS, get_table_builders
from ripresa.disclosure.audit import TableSnapshot, find_exposed_sums
from ripresa.disclosure.recoding import Block, Blocks
from ripresa.disclosure.suppression import DisclosureAuditError, suppress_cells


class ReleaseError(RuntimeError):
    """Nothing can be published: one sentence with the reason."""


@dataclass(frozen=True)
class QuarterlyRelease:
    """What is published (`rows`), and what is stored to audit the next release (state, members)."""

    id: str
    month_to: str
    rows: list[ReleaseRow]
    audit_state: ReleaseState
    member_ids: list[str]


def build_release(
    diagnoses: Sequence[DiagnosisRecord],
    release_id: str,
    month_to: str,
    today: date,
    past_releases: Sequence[StoredRelease] = (),
    label: str = "",
    questionnaire: Questionnaire | None = None,
) -> QuarterlyRelease:
    """The release of these diagnoses after `past_releases` (oldest first), still to be audited as a whole.

    Raises ReleaseError or DisclosureAuditError when there cannot be one.
    """
    questionnaire = questionnaire or get_questionnaire()
    rules = questionnaire.privacy
    past_releases = [
        release
        for release in past_releases
        if release["counts"]["comparability"] == questionnaire.comparability_class
    ]
    past_states = [release["counts"] for release in past_releases]
    selected, recoding = select_diagnoses(diagnoses, past_releases, questionnaire)
    histories = _collect_snapshots(past_states)
    previous_categories = past_states[-1]["categories"] if past_states else {}
    previous_rows = past_states[-1]["rows"] if past_states else []
    builders = get_table_builders(selected, recoding, questionnaire, previous_categories)
    tables = [
        suppress_cells(map(build, DETAIL_LEVELS), histories.get(name, ()), rules["threshold"])
        for name, build in builders.items()
    ]
    shared_fields: ReleaseRow = {
        "label": label,
        "release_id": release_id,
        "as_of": release_id,
        "month_from": min(d.month for d in selected),
        "month_to": month_to,
        "version": questionnaire.version,
        "comparability": questionnaire.comparability_class,
        "threshold": rules["threshold"],
        "statistics_from": rules["statistics_from"],
        "rounding": rules["rounding"],
        "audit": "passed",
        "published_on": today.isoformat(),
    }
    row_builder = ReleaseRowBuilder(selected, recoding, previous_rows, shared_fields, questionnaire)
    rows = [{column: row.get(column, "") for column in COLUMNS} for row in row_builder.build_rows(tables)]
    state = ReleaseState(
        comparability=questionnaire.comparability_class,
        partition=asdict(recoding),
        rows=rows,
        categories={table.table.name: table.table.categories for table in tables},
        n=count_by_dimension(selected),
        families={table.table.name: table.build_snapshot().to_record() for table in tables},
    )
    return QuarterlyRelease(release_id, month_to, rows, state, [d.id for d in selected])


def audit_release(audit_state: ReleaseState, past_releases: Iterable[StoredRelease], threshold: int) -> None:
    """Audits a release together with all earlier ones. Raises DisclosureAuditError if anything is exposed."""
    past_states = [
        release["counts"]
        for release in past_releases
        if release["counts"]["comparability"] == audit_state["comparability"]
    ]
    exposed_sums = find_exposed_sums(_collect_snapshots([*past_states, audit_state]), threshold)
    if exposed_sums:
        raise DisclosureAuditError(
            f"The audit found {len(exposed_sums)} exposed cells, "
            f"the first in the table {exposed_sums[0].table_name}: nothing is published."
        )


def select_diagnoses(
    diagnoses: Sequence[DiagnosisRecord],
    past_releases: Sequence[StoredRelease],
    questionnaire: Questionnaire,
) -> tuple[list[DiagnosisRecord], Recoding]:
    """The diagnoses that enter a release and the blocks they are counted in.

    New diagnoses wait while their area, sector or size class has gained fewer than the threshold since the
    last release: every figure about it then repeats the old one, and no total changes by less than that.
    """
    threshold, min_count = questionnaire.privacy["threshold"], questionnaire.privacy["statistics_from"]
    members = set(past_releases[-1]["members"]) if past_releases else set()
    old = [d for d in diagnoses if d.id in members]
    new = [d for d in diagnoses if d.id not in members]
    while True:
        selected = old + new
        if len(selected) < min_count:
            raise ReleaseError(f"{len(selected)} diagnoses can be counted; a release needs {min_count}.")
        if not past_releases:
            return selected, build_recoding(selected, questionnaire)
        if not new:
            raise ReleaseError("There is no new diagnosis: the last release stands.")
        state = past_releases[-1]["counts"]
        change = _ChangeSinceRelease(state, count_by_dimension(selected), count_by_dimension(new), threshold)
        recoding = build_recoding(
            selected, questionnaire, state["partition"], change.is_permanently_too_small
        )
        ready = [d for d in new if not change.must_wait(d, recoding)]
        if not ready:
            raise ReleaseError(
                f"Fewer than {threshold} new diagnoses in every area, sector or size class: "
                "the last release stands."
            )
        if len(ready) == len(new):
            return selected, recoding
        new = ready


@dataclass(frozen=True)
class _ChangeSinceRelease:
    """How much each region, sector and size class has changed since the last release."""

    previous_state: ReleaseState
    current_counts: Mapping[str, Counter[str]]
    new_counts: Mapping[str, Counter[str]]
    threshold: int

    def must_wait(self, diagnosis: DiagnosisRecord, recoding: Recoding) -> bool:
        """Whether a dimension of this new diagnosis has changed by too little to be published."""
        return any(
            self._is_too_small(
                dimension,
                self._merge_overlapping(
                    dimension, {getattr(diagnosis, dimension)}, getattr(recoding, dimension)
                ),
            )
            for dimension in DIMENSIONS
        )

    def is_permanently_too_small(self, dimension: str, block: Block, blocks: Blocks) -> bool:
        """Too small a change with no new diagnosis to leave out, because expired ones were deleted.

        Such a block must be merged with another.
        """
        codes = self._merge_overlapping(dimension, set(block), blocks)
        has_new = any(self.new_counts[dimension][code] for code in codes)
        return not has_new and self._is_too_small(dimension, codes)

    def _merge_overlapping(self, dimension: str, codes: set[str], blocks: Blocks) -> set[str]:
        """The smallest set around `codes` whose change follows from published sums of both releases."""
        all_blocks = [*map(set, blocks), *map(set, self.previous_state["partition"][dimension])]
        while True:
            wider = codes.union(*(block for block in all_blocks if codes & block))
            if wider == codes:
                return codes
            codes = wider

    def _is_too_small(self, dimension: str, codes: set[str]) -> bool:
        current, previous = self.current_counts[dimension], self.previous_state["n"][dimension]
        change = sum(current[code] - previous.get(code, 0) for code in codes)
        return 0 < abs(change) < self.threshold


def publish_quarter(
    store: ContributionStore, quarter: str, today: date, path: Path = RELEASE_PATH
) -> QuarterlyRelease | None:
    """Publishes a quarter from the store.

    When it was published before, only its file is written again and the result is None. Raises ReleaseError
    or DisclosureAuditError when nothing may be published.
    """
    month_to = get_last_month(quarter)
    if month_to >= f"{today:%Y-%m}":
        raise ReleaseError(f"{quarter} is not over: a release counts complete quarters.")
    past_releases = store.list_releases()
    for past_release in past_releases:
        if past_release["release_id"] == quarter:
            write_release(past_release["counts"]["rows"], path)
            return None
    if past_releases and past_releases[-1]["month_to"] > month_to:
        raise ReleaseError(
            f"{past_releases[-1]['release_id']} is already published: earlier quarters cannot follow it."
        )
    records = build_records(store.list_settled_contributions(month_to, today))
    release = build_release(records, quarter, month_to, today, past_releases)
    rules = get_questionnaire().privacy
    audit_release(release.audit_state, past_releases, rules["threshold"])
    oldest_month = subtract_months(today, rules["retention_months"])
    store.record_release(quarter, month_to, release.audit_state, release.member_ids, oldest_month)
    write_release(release.rows, path)
    store.purge(today)
    return release


def get_last_month(quarter: str) -> str:
    """The last month of a quarter: "2026-Q3" -> "2026-09". Raises ReleaseError for anything else."""
    match = re.fullmatch(r"(\d{4})-Q([1-4])", quarter)
    if not match:
        raise ReleaseError(f'"{quarter}" is not a quarter: write it as 2026-Q3.')
    return f"{match[1]}-{int(match[2]) * 3:02}"


def get_last_complete_quarter(today: date) -> str:
    """The last quarter that ended before a day, as "2026-Q3"."""
    year, quarter = divmod(today.year * 4 + (today.month - 1) // 3 - 1, 4)
    return f"{year}-Q{quarter + 1}"


def format_summary(rows: Iterable[Mapping[str, object]]) -> str:
    """How many figures a release shows and withholds: "120 shown, 8 small"."""
    counts = Counter(row["status"] for row in rows)
    return ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])


def _collect_snapshots(states: Iterable[ReleaseState]) -> dict[str, list[TableSnapshot]]:
    """The snapshots of each table in these releases, oldest first."""
    snapshots: dict[str, list[TableSnapshot]] = {}
    for state in states:
        for name, record in state["families"].items():
            snapshots.setdefault(name, []).append(TableSnapshot.from_record(record))
    return snapshots
