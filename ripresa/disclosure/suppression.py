"""What a release withholds: small cells, then others in pairs, until the audit finds nothing exposed. Threshold suppression, not k-anonymity.

Statuses of a cell: shown; small (fewer than the threshold); paired (withheld to protect a small one); held (too little has changed since it
was last shown: the old figure stays). Algorithm and trial: data/diagnosis/rules.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ripresa.disclosure.audit import Exposed, Keys, Snapshot, exposed
from ripresa.disclosure.published_file import PAIRED, SHOWN, SMALL
from ripresa.disclosure.tabulation import GRAINS, Family, Line

HELD = "held"
ROUNDS = 40
FEW = 50  # in a domain smaller than this an empty category is withheld like a small one: "nobody" and "everybody" tell on each


class AuditFailed(RuntimeError):
    """A table exposes somebody even at its coarsest: nothing may be published."""


@dataclass(frozen=True)
class Protected:
    """A family with the status of each of its cells."""

    family: Family
    status: tuple[str, ...]

    def snapshot(self) -> Snapshot:
        family = self.family
        sums = {
            kind: tuple(c.keys for c, s in zip(family.cells, self.status, strict=True) if s == kind)
            for kind in (SHOWN, SMALL, PAIRED)
        }
        return Snapshot(
            x=family.x,
            **sums,
            totals=family.totals,
            same=family.same,
            candidates=tuple(c.keys for c in family.cells),
        )


def protect(build: Callable[[str], Family], past: Sequence[Snapshot], threshold: int) -> Protected:
    """The family that `build(grain)` gives, with what must be withheld, at the finest grain where nothing is exposed; AuditFailed when
    there is none. `past` holds its earlier snapshots, oldest first."""
    tried = None
    for family in map(build, GRAINS):
        if family.cells == tried:  # this grain coarsens nothing here
            continue
        tried = family.cells
        status = withheld(family, past, threshold)
        if _settled(family, status, past, threshold):
            return Protected(family, tuple(status))
    raise AuditFailed(
        f"The table {family.id} exposes somebody even when nothing of it is shown: wait for more diagnoses."
    )


def withheld(family: Family, past: Sequence[Snapshot], threshold: int) -> list[str]:
    """The first statuses: what has changed too little is held, what is under the threshold is small."""
    status = [SHOWN] * len(family.cells)
    for unit in family.units:
        if any(
            0 < abs(family.cells[i].n - last) < threshold
            for i in unit
            if (last := _last_shown(family.cells[i].keys, past)) is not None
        ):
            _set(status, unit, HELD)
        else:
            alone = len(unit) == 1
            for i in unit:
                cell = family.cells[i]
                if 0 < cell.n < threshold or (cell.n == 0 and not alone and cell.base < FEW):
                    status[i] = SMALL
    return status


def pair(family: Family, status: list[str], past: Sequence[Snapshot], threshold: int):
    """Withhold more until no sum gives a withheld cell away: at least two in a line, together at least twice the threshold; where a change
    is hidden, together changed by as much."""
    changed = True
    while changed:
        changed = False
        for line in family.lines:
            gone = [i for i in line.children if status[i] != SHOWN]
            held = past and any(status[i] == HELD for i in (*gone, *_parent(line)))
            if _given_away(family, status, line, gone, past[-1] if held else None, threshold):
                more = _complement(family, status, line, gone)
                if more is not None:
                    _withhold(family, status, more, hold=bool(held))
                    changed = True


def _given_away(
    family: Family, status: list[str], line: Line, gone: list[int], last: Snapshot | None, threshold: int
) -> bool:
    if any(
        status[i] != SHOWN for i in _parent(line)
    ):  # the sum is not known: one hidden part is enough to keep it so
        return not gone and any(family.cells[i].n for i in line.children)
    if not gone:
        return False
    together = sum(family.cells[i].n for i in gone)
    change = (
        sum(abs(family.cells[i].n - last.count(family.cells[i].keys)) for i in gone) if last else together
    )
    return len(gone) < 2 or min(together, change) < 2 * threshold


def _parent(line: Line) -> tuple[int, ...]:
    return () if line.parent is None else (line.parent,)


def _settled(family: Family, status: list[str], past: Sequence[Snapshot], threshold: int) -> bool:
    """Pair, audit and mend until nothing is exposed; False when it cannot be mended."""
    for _ in range(ROUNDS):
        pair(family, status, past, threshold)
        faults = exposed(
            {family.id: (*past, Protected(family, tuple(status)).snapshot())}, threshold, proven=False
        )
        if not faults:
            return True
        if not all([_mend(family, status, fault) for fault in faults]):  # noqa: C419 - a list: every fault is mended, not only up to the first failure
            return False
    return False


def _mend(family: Family, status: list[str], fault: Exposed) -> bool:
    """Withhold the exposed cell if it is shown, else its smallest neighbour; False when there is none left."""
    here = [i for i, cell in enumerate(family.cells) if cell.keys == fault.keys] or [
        i for i, cell in enumerate(family.cells) if set(cell.keys) & set(fault.keys)
    ]
    own = [i for i in here if status[i] == SHOWN]
    near = [
        i
        for line in family.lines
        if set(here) & {*line.children, *_parent(line)}
        for i in (*line.children, *_parent(line))
    ]
    shown = own or [i for i in near if status[i] == SHOWN and family.cells[i].n]
    if not shown:
        return False
    _withhold(family, status, min(shown, key=lambda i: (family.cells[i].n, i)), hold=fault.change)
    return True


def _complement(family: Family, status: list[str], line: Line, gone: list[int]) -> int | None:
    """The cell to withhold beside the others: one next to them in the table if there is one, the smallest of those; never an empty one."""
    shown = [i for i in line.children if status[i] == SHOWN and family.cells[i].n]
    if not shown:
        return None
    places = {i: place for place, i in enumerate(line.children)}
    inside_row = any(set(line.children) <= set(unit) for unit in family.units if len(unit) > 1)
    near = [i for i in shown if any(abs(places[i] - places[j]) == 1 for j in gone)] if inside_row else []
    return min(near or shown, key=lambda i: (family.cells[i].n, i))


def _withhold(family: Family, status: list[str], i: int, hold: bool):
    """Hold the whole unit when it is a matter of change, else pair the one cell."""
    if hold:
        _set(status, next(unit for unit in family.units if i in unit), HELD)
    else:
        status[i] = PAIRED


def _last_shown(keys: Keys, past: Sequence[Snapshot]) -> int | None:
    return next((snapshot.count(keys) for snapshot in reversed(past) if keys in snapshot.shown), None)


def _set(status: list[str], unit: Sequence[int], kind: str):
    for i in unit:
        status[i] = kind
