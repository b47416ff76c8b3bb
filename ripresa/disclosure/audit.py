"""Audit of a release: bounds on each small count, by linear programming over all published figures.

The attacker is assumed to know the exact counts behind all published figures, now and in earlier releases,
all totals, the meaning of "small" (fewer than the threshold) and "paired" (at least the threshold), and that
units are only added between releases, where that is so. A count from 1 to threshold - 1, or such a change
between two releases, is safe when the values compatible with all this still reach from 1 to threshold - 1.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from ripresa.disclosure.linked_tables import BaseKeys, SnapshotRecord

TOLERANCE = 1e-6

Terms = dict[int, float]  # the factor of each column of the linear system
KeyGroup = tuple[tuple[int, int], ...]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TableSnapshot:
    """What one release discloses in one table.

    base_counts: the true counts, of which all others are sums.
    shown, small, paired: the sums published with each status.
    published_totals: the sums that are always published.
    equal_sums: pairs of sums that are equal.
    candidates: every sum that could be published.
    """

    base_counts: Mapping[str, int]
    shown: tuple[BaseKeys, ...]
    small: tuple[BaseKeys, ...]
    paired: tuple[BaseKeys, ...]
    published_totals: tuple[BaseKeys, ...]
    equal_sums: tuple[tuple[BaseKeys, BaseKeys], ...]
    candidates: tuple[BaseKeys, ...]

    def sum_counts(self, keys: Iterable[str]) -> int:
        """The true value of a sum of base counts."""
        return sum(self.base_counts.get(key, 0) for key in keys)

    def to_record(self) -> SnapshotRecord:
        return SnapshotRecord(
            x=self.base_counts,
            shown=self.shown,
            small=self.small,
            paired=self.paired,
            totals=self.published_totals,
            same=self.equal_sums,
            candidates=self.candidates,
        )

    @staticmethod
    def from_record(record: SnapshotRecord) -> "TableSnapshot":
        return TableSnapshot(
            base_counts=record["x"],
            shown=tuple(map(tuple, record["shown"])),
            small=tuple(map(tuple, record["small"])),
            paired=tuple(map(tuple, record["paired"])),
            published_totals=tuple(map(tuple, record["totals"])),
            equal_sums=tuple((tuple(first), tuple(second)) for first, second in record["same"]),
            candidates=tuple(map(tuple, record["candidates"])),
        )


@dataclass(frozen=True)
class ExposedSum:
    """A sum, or its change since the last release, whose bounds are narrower than 1 to threshold - 1."""

    table_name: str
    base_keys: BaseKeys
    is_change: bool


def find_exposed_sums(
    histories: Mapping[str, Sequence[TableSnapshot]], threshold: int, exhaustive: bool = True
) -> list[ExposedSum]:
    """What the releases expose; empty when the audit passes.

    `histories` are the snapshots of each table, oldest release first. Tables share published totals only, so
    each is a separate linear system. Without `exhaustive` only the first sum is exposed for certain and the
    others may be: enough to suppress more cells and audit again.
    """
    return [
        exposed
        for name, snapshots in histories.items()
        for exposed in _find_exposed_in_table(name, snapshots, threshold, exhaustive)
    ]


def _find_exposed_in_table(
    table_name: str, snapshots: Sequence[TableSnapshot], threshold: int, exhaustive: bool
) -> list[ExposedSum]:
    system = _LinearSystem(snapshots, threshold)
    targets = system.list_targets(table_name)
    if not targets:
        return []
    sums = _SparseRows(len(system.column_index))
    for target in targets:
        sign = 1 if target.value > 0 else -1
        signed_terms = {column: sign * factor for column, factor in target.terms.items()}
        sums.add_row(signed_terms, abs(target.value))
    truth = np.array([abs(target.value) for target in targets])
    solutions = _FeasibleSolutions(system, sums.to_matrix(), truth, exhaustive)
    exposed = {*solutions.find_unreached(1, threshold - 1), *solutions.find_unreached(-1, 1)}
    return [targets[i].exposed_sum for i in sorted(exposed)]


@dataclass(frozen=True)
class _Target:
    """A small count or change to protect."""

    exposed_sum: ExposedSum
    terms: Terms
    value: int


@dataclass
class _SparseRows:
    """Rows of a sparse linear system, added one at a time."""

    column_count: int
    data: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    right_side: list[float] = field(default_factory=list)

    def add_row(self, terms: Terms, right_side: float) -> None:
        if terms:
            self.data += terms.values()
            self.columns += terms
            self.rows += [len(self.right_side)] * len(terms)
            self.right_side.append(right_side)

    def to_matrix(self, extra_columns: int = 0) -> csr_array:
        shape = (len(self.right_side), self.column_count + extra_columns)
        return csr_array((self.data, (self.rows, self.columns)), shape=shape)


class _LinearSystem:
    """All that was published about a table, as equalities and inequalities.

    There is one variable per release for each group of base counts that enter the same sums.
    """

    def __init__(self, snapshots: Sequence[TableSnapshot], threshold: int) -> None:
        self.snapshots, self.threshold = snapshots, threshold
        self.key_groups = _group_inseparable_keys(snapshots)
        self.published_keys = [
            {key for keys in snapshot.published_totals for key in keys} for snapshot in snapshots
        ]
        self.column_index: dict[tuple[int, KeyGroup], int] = {}
        for t, published in enumerate(self.published_keys):
            for key in sorted(published):
                self.column_index.setdefault((t, self.key_groups[key]), len(self.column_index))
        self.equalities = _SparseRows(len(self.column_index))
        self.inequalities = _SparseRows(len(self.column_index))
        for t, snapshot in enumerate(snapshots):
            self._add_published_sums(t, snapshot)
        for t, (before, after) in enumerate(pairwise(snapshots)):
            self._add_growth(t, before, after)

    def list_targets(self, table_name: str) -> list[_Target]:
        """The counts and changes to protect."""
        targets = []
        for t, snapshot in enumerate(self.snapshots):
            for keys in snapshot.candidates:
                terms, count = self._build_terms(t, keys), snapshot.sum_counts(keys)
                targets.append(_Target(ExposedSum(table_name, keys, False), terms, count))
                if t > 0:
                    change = count - self.snapshots[t - 1].sum_counts(keys)
                    change_terms = terms | self._build_terms(t - 1, keys, -1.0)
                    targets.append(_Target(ExposedSum(table_name, keys, True), change_terms, change))
        return [target for target in targets if 0 < abs(target.value) < self.threshold]

    def _build_terms(self, t: int, keys: BaseKeys, sign: float = 1.0) -> Terms:
        published = self.published_keys[t]
        return {self.column_index[t, self.key_groups[key]]: sign for key in keys if key in published}

    def _add_published_sums(self, t: int, snapshot: TableSnapshot) -> None:
        for keys in dict.fromkeys((*snapshot.published_totals, *snapshot.shown)):
            self.equalities.add_row(self._build_terms(t, keys), snapshot.sum_counts(keys))
        for first, second in snapshot.equal_sums:
            self.equalities.add_row(self._build_terms(t, first) | self._build_terms(t, second, -1.0), 0)
        for keys in snapshot.small:
            self.inequalities.add_row(self._build_terms(t, keys), self.threshold - 1)
        for keys in snapshot.paired:
            self.inequalities.add_row(self._build_terms(t, keys, -1.0), -self.threshold)

    def _add_growth(self, t: int, before: TableSnapshot, after: TableSnapshot) -> None:
        """No count fell between two releases, if that is true: the attacker may then assume it."""
        keys = sorted(self.published_keys[t])
        if any(before.base_counts.get(key, 0) > after.base_counts.get(key, 0) for key in keys):
            return
        for key in {self.key_groups[key]: key for key in keys}.values():
            terms = self._build_terms(t, (key,)) | self._build_terms(t + 1, (key,), -1.0)
            self.inequalities.add_row(terms, 0)


def _group_inseparable_keys(snapshots: Sequence[TableSnapshot]) -> dict[str, KeyGroup]:
    """For each base count the sums it enters in all releases: those with the same sums form one group."""
    sums: dict[str, list[tuple[int, int]]] = {}
    for t, snapshot in enumerate(snapshots):
        equal_sums = (keys for pair in snapshot.equal_sums for keys in pair)
        for i, keys in enumerate((*snapshot.published_totals, *equal_sums, *snapshot.candidates)):
            for key in keys:
                sums.setdefault(key, []).append((t, i))
    return {key: tuple(places) for key, places in sums.items()}


class _FeasibleSolutions:
    """Solutions compatible with everything published, computed as needed, and the target sums in each."""

    def __init__(
        self, system: _LinearSystem, sums: csr_array, truth: NDArray[np.int64], exhaustive: bool
    ) -> None:
        self.system, self.sums, self.exhaustive = system, sums, exhaustive
        self.values: list[NDArray[np.int64] | FloatArray] = [truth]

    def find_unreached(self, sign: int, aim: int) -> list[int]:
        """The targets that no solution brings to `aim`, from below (sign 1) or from above (sign -1).

        One linear programme moves many targets at once, each no further than the aim, while that settles
        some; the rest are tried one by one. Each solution may settle others too.
        """
        unreached = self._filter_unreached(range(self.sums.shape[0]), sign, aim)
        previous: list[int] = []
        while unreached and unreached != previous:
            previous = unreached
            unreached = self._solve_and_filter(unreached, unreached, sign, aim)
        exposed: list[int] = []
        while unreached:
            first, *rest = unreached
            unreached = self._solve_and_filter([first], rest, sign, aim)
            if sign * self.values[-1][first] < sign * aim - TOLERANCE:
                exposed.append(first)
                if not self.exhaustive:
                    return [*exposed, *unreached]
        return exposed

    def _solve_and_filter(
        self, targets: Sequence[int], candidates: Sequence[int], sign: int, aim: int
    ) -> list[int]:
        solution = _maximise_sums(self.system, sign * self.sums[targets], sign * aim)
        self.values.append(self.sums @ solution)
        return self._filter_unreached(candidates, sign, aim)

    def _filter_unreached(self, candidates: Iterable[int], sign: int, aim: int) -> list[int]:
        best = np.max(sign * np.array(self.values), axis=0)
        return [i for i in candidates if best[i] < sign * aim - TOLERANCE]


def _maximise_sums(system: _LinearSystem, sums: csr_array, aim: int) -> FloatArray:
    """The solution with the largest total of these sums, each counted up to `aim`.

    Each sum has an auxiliary variable that is at most the sum and at most `aim`. Raises ArithmeticError when
    the solver fails: what is published is true, so a system without solution is a defect, and no release may
    follow.
    """
    sum_count, width = sums.shape[0], len(system.column_index)
    terms, limits = sums.tocoo(), system.inequalities
    first_row = len(limits.right_side)
    data = np.concatenate([limits.data, -terms.data, np.ones(sum_count)])
    rows = np.concatenate([limits.rows, terms.coords[0] + first_row, np.arange(sum_count) + first_row])
    columns = np.concatenate([limits.columns, terms.coords[1], np.arange(sum_count) + width])
    at_most = csr_array(
        (data, (rows.astype(int), columns.astype(int))), shape=(first_row + sum_count, width + sum_count)
    )
    bounds = np.column_stack([np.zeros(width + sum_count), np.full(width + sum_count, np.inf)])
    bounds[width:] = (-np.inf, aim)
    result = linprog(
        np.concatenate([np.zeros(width), -np.ones(sum_count)]),
        A_ub=at_most,
        b_ub=np.concatenate([limits.right_side, np.zeros(sum_count)]),
        A_eq=system.equalities.to_matrix(sum_count),
        b_eq=system.equalities.right_side,
        bounds=bounds,
        method="highs",
    )
    if result.x is None:
        raise ArithmeticError(f"The audit's programme ended with: {result.message}")
    return np.asarray(result.x[:width])
