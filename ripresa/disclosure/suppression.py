"""What a release withholds: small cells, then others in pairs, until the audit finds nothing exposed. Threshold suppression, not k-anonymity.

Statuses of a cell: shown; small (fewer than the threshold); paired (withheld to protect a small one); held (too little has changed since it
was last shown: the old figure stays). Algorithm and trial: docs/diagnosis-method.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ripresa.disclosure.audit import BaseKeys, ExposedSum, TableSnapshot, find_exposed_sums
from ripresa.disclosure.published_file import PAIRED, SHOWN, SMALL
from ripresa.disclosure.tabulation import DETAIL_LEVELS, AdditiveRelation, LinkedTable

CARRIED_FORWARD = "held"
MAX_ROUNDS = 40
SMALL_DOMAIN_SIZE = 50  # in a domain smaller than this an empty category is withheld like a small one: "nobody" and "everybody" tell on each


class DisclosureAuditError(RuntimeError):
    """A table exposes somebody even at its coarsest: nothing may be published."""


@dataclass(frozen=True)
class SuppressedTable:
    """A family with the status of each of its cells."""

    table: LinkedTable
    statuses: tuple[str, ...]

    def build_snapshot(self) -> TableSnapshot:
        family = self.table
        sums = {
            kind: tuple(c.base_keys for c, s in zip(family.cells, self.statuses, strict=True) if s == kind)
            for kind in (SHOWN, SMALL, PAIRED)
        }
        return TableSnapshot(
            x=family.base_counts,
            **sums,
            totals=family.published_totals,
            same=family.equal_sums,
            candidates=tuple(c.base_keys for c in family.cells),
        )


def suppress_cells(
    build_table: Callable[[str], LinkedTable], past_snapshots: Sequence[TableSnapshot], threshold: int
) -> SuppressedTable:
    """The family that `build(grain)` gives, with what must be withheld, at the finest grain where nothing is exposed; AuditFailed when
    there is none. `past` holds its earlier snapshots, oldest first."""
    tried = None
    for family in map(build_table, DETAIL_LEVELS):
        if family.cells == tried:  # this grain coarsens nothing here
            continue
        tried = family.cells
        status = apply_primary_suppression(family, past_snapshots, threshold)
        if _suppress_until_safe(family, status, past_snapshots, threshold):
            return SuppressedTable(family, tuple(status))
    raise DisclosureAuditError(
        f"The table {family.name} exposes somebody even when nothing of it is shown: wait for more diagnoses."
    )


def apply_primary_suppression(
    table: LinkedTable, past_snapshots: Sequence[TableSnapshot], threshold: int
) -> list[str]:
    """The first statuses: what has changed too little is held, what is under the threshold is small."""
    status = [SHOWN] * len(table.cells)
    for unit in table.update_groups:
        if any(
            0 < abs(table.cells[i].count - last) < threshold
            for i in unit
            if (last := _get_last_published_count(table.cells[i].base_keys, past_snapshots)) is not None
        ):
            _set_statuses(status, unit, CARRIED_FORWARD)
        else:
            alone = len(unit) == 1
            for i in unit:
                cell = table.cells[i]
                if 0 < cell.count < threshold or (
                    cell.count == 0 and not alone and cell.domain_count < SMALL_DOMAIN_SIZE
                ):
                    status[i] = SMALL
    return status


def apply_secondary_suppression(
    table: LinkedTable, statuses: list[str], past_snapshots: Sequence[TableSnapshot], threshold: int
):
    """Withhold more until no sum gives a withheld cell away: at least two in a line, together at least twice the threshold; where a change
    is hidden, together changed by as much."""
    changed = True
    while changed:
        changed = False
        for line in table.relations:
            gone = [i for i in line.children if statuses[i] != SHOWN]
            held = past_snapshots and any(
                statuses[i] == CARRIED_FORWARD for i in (*gone, *_get_parent_cells(line))
            )
            if _is_derivable(table, statuses, line, gone, past_snapshots[-1] if held else None, threshold):
                more = _find_complement(table, statuses, line, gone)
                if more is not None:
                    _suppress_cell(table, statuses, more, hold=bool(held))
                    changed = True


def _is_derivable(
    family: LinkedTable,
    status: list[str],
    line: AdditiveRelation,
    gone: list[int],
    last: TableSnapshot | None,
    threshold: int,
) -> bool:
    if any(
        status[i] != SHOWN for i in _get_parent_cells(line)
    ):  # the sum is not known: one hidden part is enough to keep it so
        return not gone and any(family.cells[i].count for i in line.children)
    if not gone:
        return False
    together = sum(family.cells[i].count for i in gone)
    change = (
        sum(abs(family.cells[i].count - last.sum_counts(family.cells[i].base_keys)) for i in gone)
        if last
        else together
    )
    return len(gone) < 2 or min(together, change) < 2 * threshold


def _get_parent_cells(line: AdditiveRelation) -> tuple[int, ...]:
    return () if line.parent is None else (line.parent,)


def _suppress_until_safe(
    family: LinkedTable, status: list[str], past: Sequence[TableSnapshot], threshold: int
) -> bool:
    """Pair, audit and mend until nothing is exposed; False when it cannot be mended."""
    for _ in range(MAX_ROUNDS):
        apply_secondary_suppression(family, status, past, threshold)
        faults = find_exposed_sums(
            {family.name: (*past, SuppressedTable(family, tuple(status)).build_snapshot())},
            threshold,
            exhaustive=False,
        )
        if not faults:
            return True
        if not all([_suppress_exposed_sum(family, status, fault) for fault in faults]):  # noqa: C419 - a list: every fault is mended, not only up to the first failure
            return False
    return False


def _suppress_exposed_sum(family: LinkedTable, status: list[str], fault: ExposedSum) -> bool:
    """Withhold the exposed cell if it is shown, else its smallest neighbour; False when there is none left."""
    here = [i for i, cell in enumerate(family.cells) if cell.base_keys == fault.base_keys] or [
        i for i, cell in enumerate(family.cells) if set(cell.base_keys) & set(fault.base_keys)
    ]
    own = [i for i in here if status[i] == SHOWN]
    near = [
        i
        for line in family.relations
        if set(here) & {*line.children, *_get_parent_cells(line)}
        for i in (*line.children, *_get_parent_cells(line))
    ]
    shown = own or [i for i in near if status[i] == SHOWN and family.cells[i].count]
    if not shown:
        return False
    _suppress_cell(family, status, min(shown, key=lambda i: (family.cells[i].count, i)), hold=fault.is_change)
    return True


def _find_complement(
    family: LinkedTable, status: list[str], line: AdditiveRelation, gone: list[int]
) -> int | None:
    """The cell to withhold beside the others: one next to them in the table if there is one, the smallest of those; never an empty one."""
    shown = [i for i in line.children if status[i] == SHOWN and family.cells[i].count]
    if not shown:
        return None
    places = {i: place for place, i in enumerate(line.children)}
    inside_row = any(set(line.children) <= set(unit) for unit in family.update_groups if len(unit) > 1)
    near = [i for i in shown if any(abs(places[i] - places[j]) == 1 for j in gone)] if inside_row else []
    return min(near or shown, key=lambda i: (family.cells[i].count, i))


def _suppress_cell(family: LinkedTable, status: list[str], i: int, hold: bool):
    """Hold the whole unit when it is a matter of change, else pair the one cell."""
    if hold:
        _set_statuses(status, next(unit for unit in family.update_groups if i in unit), CARRIED_FORWARD)
    else:
        status[i] = PAIRED


def _get_last_published_count(keys: BaseKeys, past: Sequence[TableSnapshot]) -> int | None:
    return next((snapshot.sum_counts(keys) for snapshot in reversed(past) if keys in snapshot.shown), None)


def _set_statuses(status: list[str], unit: Sequence[int], kind: str):
    for i in unit:
        status[i] = kind
