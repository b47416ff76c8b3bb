"""Cell suppression: cells under a threshold, then complementary ones, until the audit finds nothing exposed.

Statuses of a cell: shown; small (fewer units than the threshold: primary suppression); paired (withheld to
protect a small one: secondary suppression); held (it has changed too little since it was last published: the
old figure is carried forward). Algorithm and simulation: docs/diagnosis-method.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ripresa.disclosure.audit import ExposedSum, TableSnapshot, find_exposed_sums
from ripresa.disclosure.linked_tables import (
    CARRIED_FORWARD,
    PAIRED,
    SHOWN,
    SMALL,
    AdditiveRelation,
    BaseKeys,
    LinkedTable,
)

MAX_ROUNDS = 40
# In a domain smaller than this an empty category is withheld like a small one: that nobody, or everybody, of
# so few is in a category discloses each of them.
SMALL_DOMAIN_SIZE = 50


class DisclosureAuditError(RuntimeError):
    """A table exposes somebody even at its coarsest: nothing may be published."""


@dataclass(frozen=True)
class SuppressedTable:
    """A table with the status of each of its cells."""

    table: LinkedTable
    statuses: tuple[str, ...]

    def build_snapshot(self) -> TableSnapshot:
        """What an attacker would read in this table, for the audit."""
        keys_by_status: dict[str, list[BaseKeys]] = {}
        for cell, status in zip(self.table.cells, self.statuses, strict=True):
            keys_by_status.setdefault(status, []).append(cell.base_keys)
        return TableSnapshot(
            base_counts=self.table.base_counts,
            shown=tuple(keys_by_status.get(SHOWN, ())),
            small=tuple(keys_by_status.get(SMALL, ())),
            paired=tuple(keys_by_status.get(PAIRED, ())),
            published_totals=self.table.published_totals,
            equal_sums=self.table.equal_sums,
            candidates=tuple(cell.base_keys for cell in self.table.cells),
        )


def suppress_cells(
    tables: Iterable[LinkedTable], past_snapshots: Sequence[TableSnapshot], threshold: int
) -> SuppressedTable:
    """The most detailed of `tables` that suppression can protect, with the status of each cell.

    `tables` are versions of one table, from fine to coarse (at least one); `past_snapshots` are those of
    earlier releases, oldest first. Raises DisclosureAuditError when not even the coarsest is safe.
    """
    previous_cells = None
    for table in tables:
        if table.cells == previous_cells:  # not coarser than the last one
            continue
        previous_cells = table.cells
        statuses = apply_primary_suppression(table, past_snapshots, threshold)
        if _suppress_until_safe(table, statuses, past_snapshots, threshold):
            return SuppressedTable(table, tuple(statuses))
    raise DisclosureAuditError(
        f"The table {table.name} exposes somebody even when nothing of it is shown: wait for more diagnoses."
    )


def apply_primary_suppression(
    table: LinkedTable, past_snapshots: Sequence[TableSnapshot], threshold: int
) -> list[str]:
    """The first statuses: groups that changed too little are held, cells under the threshold are small."""
    statuses = [SHOWN] * len(table.cells)
    for group in table.update_groups:
        if any(_has_small_change(table, i, past_snapshots, threshold) for i in group):
            _carry_forward(statuses, group)
            continue
        for i in group:
            cell = table.cells[i]
            is_revealing_zero = cell.count == 0 and len(group) > 1 and cell.domain_count < SMALL_DOMAIN_SIZE
            if 0 < cell.count < threshold or is_revealing_zero:
                statuses[i] = SMALL
    return statuses


def apply_secondary_suppression(
    table: LinkedTable, statuses: list[str], past_snapshots: Sequence[TableSnapshot], threshold: int
) -> None:
    """Withholds more cells, in `statuses`, until no sum reveals a withheld one.

    In each relation at least two cells are withheld, with at least twice the threshold of units together;
    where a change is hidden, they have changed by as much together.
    """
    changed = True
    while changed:
        changed = False
        for relation in table.relations:
            withheld = [i for i in relation.children if statuses[i] != SHOWN]
            hides_change = bool(past_snapshots) and any(
                statuses[i] == CARRIED_FORWARD for i in (*withheld, *relation.parents)
            )
            last = past_snapshots[-1] if hides_change else None
            if not _is_derivable(table, statuses, relation, last, threshold):
                continue
            complement = _find_complement(table, statuses, relation)
            if complement is not None:
                _suppress_cell(table, statuses, complement, hold=hides_change)
                changed = True


def _has_small_change(
    table: LinkedTable, i: int, past_snapshots: Sequence[TableSnapshot], threshold: int
) -> bool:
    keys = table.cells[i].base_keys
    for snapshot in reversed(past_snapshots):
        if keys in snapshot.shown:
            return 0 < abs(table.cells[i].count - snapshot.sum_counts(keys)) < threshold
    return False


def _is_derivable(
    table: LinkedTable,
    statuses: Sequence[str],
    relation: AdditiveRelation,
    last: TableSnapshot | None,
    threshold: int,
) -> bool:
    """Whether the relation narrows its withheld cells too much; `last` is set if it hides a change."""
    withheld = [table.cells[i] for i in relation.children if statuses[i] != SHOWN]
    if any(statuses[i] != SHOWN for i in relation.parents):  # one withheld part keeps the sum unknown
        return not withheld and any(table.cells[i].count for i in relation.children)
    if not withheld:
        return False
    hidden_count = sum(cell.count for cell in withheld)
    if last:
        hidden_change = sum(abs(cell.count - last.sum_counts(cell.base_keys)) for cell in withheld)
        hidden_count = min(hidden_count, hidden_change)
    return len(withheld) < 2 or hidden_count < 2 * threshold


def _suppress_until_safe(
    table: LinkedTable, statuses: list[str], past_snapshots: Sequence[TableSnapshot], threshold: int
) -> bool:
    """Secondary suppression and audit in turn until nothing is exposed; False when that cannot be reached."""
    for _ in range(MAX_ROUNDS):
        apply_secondary_suppression(table, statuses, past_snapshots, threshold)
        snapshots = (*past_snapshots, SuppressedTable(table, tuple(statuses)).build_snapshot())
        exposed_sums = find_exposed_sums({table.name: snapshots}, threshold, exhaustive=False)
        if not exposed_sums:
            return True
        suppressed = [_suppress_exposed_sum(table, statuses, exposed) for exposed in exposed_sums]
        if not all(suppressed):
            return False
    return False


def _suppress_exposed_sum(table: LinkedTable, statuses: list[str], exposed: ExposedSum) -> bool:
    """Withholds the exposed cell, or its smallest visible neighbour; False when none is left."""
    cells = [i for i, cell in enumerate(table.cells) if cell.base_keys == exposed.base_keys] or [
        i for i, cell in enumerate(table.cells) if set(cell.base_keys) & set(exposed.base_keys)
    ]
    candidates = [i for i in cells if statuses[i] == SHOWN]
    if not candidates:
        related = [(*relation.children, *relation.parents) for relation in table.relations]
        neighbours = {i for members in related if set(cells) & set(members) for i in members}
        candidates = [i for i in neighbours if statuses[i] == SHOWN and table.cells[i].count]
    if not candidates:
        return False
    _suppress_cell(table, statuses, _pick_smallest_cell(table, candidates), hold=exposed.is_change)
    return True


def _find_complement(table: LinkedTable, statuses: Sequence[str], relation: AdditiveRelation) -> int | None:
    """The next cell to withhold in a relation: the smallest shown one that is not empty.

    In a distribution it is adjacent to a withheld category where possible.
    """
    candidates = [i for i in relation.children if statuses[i] == SHOWN and table.cells[i].count]
    if not candidates:
        return None
    places = {i: place for place, i in enumerate(relation.children)}
    withheld_places = {places[i] for i in relation.children if statuses[i] != SHOWN}
    is_distribution = any(
        set(relation.children) <= set(group) for group in table.update_groups if len(group) > 1
    )
    adjacent = [i for i in candidates if is_distribution and {places[i] - 1, places[i] + 1} & withheld_places]
    return _pick_smallest_cell(table, adjacent or candidates)


def _pick_smallest_cell(table: LinkedTable, positions: Iterable[int]) -> int:
    return min(positions, key=lambda i: (table.cells[i].count, i))


def _suppress_cell(table: LinkedTable, statuses: list[str], i: int, hold: bool) -> None:
    """Holds the whole update group of the cell to hide a change, else pairs the one cell."""
    if hold:
        _carry_forward(statuses, next(group for group in table.update_groups if i in group))
    else:
        statuses[i] = PAIRED


def _carry_forward(statuses: list[str], group: Iterable[int]) -> None:
    for i in group:
        statuses[i] = CARRIED_FORWARD
