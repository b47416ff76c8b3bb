"""The proof of a release: what an attacker can work out about each small count by linear programming, from every published figure.

The attacker knows the exact unrounded counts behind all figures shown, now and in earlier releases, all totals, what "fewer than 10" and
"withheld to protect another" say, and that diagnoses are only added where that is so. A count from 1 to 9, or a change from 1 to 9 between
two releases, is safe when the values that agree with all this still reach from 1 to 9.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from ripresa.disclosure.linked_tables import BaseKeys

TOLERANCE = 1e-6


@dataclass(frozen=True)
class TableSnapshot:
    """What one release says about one family: the true base counts, the sums shown, those said to be small or paired, the totals always
    published, the equal sums, and every sum that could have been shown."""

    x: dict
    shown: tuple[BaseKeys, ...]
    small: tuple[BaseKeys, ...]
    paired: tuple[BaseKeys, ...]
    totals: tuple[BaseKeys, ...]
    same: tuple[tuple[BaseKeys, BaseKeys], ...]
    candidates: tuple[BaseKeys, ...]

    def sum_counts(self, base_keys: BaseKeys) -> int:
        return sum(self.x.get(key, 0) for key in base_keys)

    def to_dict(self) -> dict:
        """For the private record of a release."""
        return asdict(self)

    @staticmethod
    def from_dict(table: dict) -> "TableSnapshot":
        sums = {
            name: tuple(tuple(keys) for keys in table[name])
            for name in ("shown", "small", "paired", "totals", "candidates")
        }
        return TableSnapshot(x=table["x"], same=tuple((tuple(a), tuple(b)) for a, b in table["same"]), **sums)


@dataclass(frozen=True)
class ExposedSum:
    """A sum of a family, or its change since the release before, that can be bounded to less than 1 to threshold - 1."""

    table_name: str
    base_keys: BaseKeys
    is_change: bool


def find_exposed_sums(
    histories: dict[str, Sequence[TableSnapshot]], threshold: int, exhaustive: bool = True
) -> list[ExposedSum]:
    """What the releases expose, oldest release first in each family's history; empty when the audit passes. Families share only totals
    that are published, so each is a system of its own. Not `proven`: one is exposed for certain, the others perhaps; enough to mend them."""
    return [
        fault
        for family, snapshots in histories.items()
        for fault in _find_exposed_in_table(family, snapshots, threshold, exhaustive)
    ]


def _find_exposed_in_table(
    family: str, snapshots: Sequence[TableSnapshot], threshold: int, proven: bool
) -> list[ExposedSum]:
    system = _LinearSystem(snapshots, threshold)
    targets = system.build_targets(family)
    if not targets:
        return []
    sums = _SparseRows(len(system.column_index))
    for _, terms, value in targets:
        sums.add_row(terms, value)
    worlds = _FeasibleSolutions(
        system, sums.to_matrix(), np.array([value for _, _, value in targets]), proven
    )
    failing = {*worlds.find_unreached(1, threshold - 1), *worlds.find_unreached(-1, 1)}
    return [targets[i][0] for i in sorted(failing)]


class _LinearSystem:
    """The linear system of everything published about a family: one variable in each release for the base counts that always stand together."""

    def __init__(self, snapshots: Sequence[TableSnapshot], threshold: int):
        self.snapshots, self.threshold = snapshots, threshold
        self.variable_group = _group_inseparable_keys(snapshots)
        self.published_keys = [{key for keys in snapshot.totals for key in keys} for snapshot in snapshots]
        self.column_index: dict[tuple[int, tuple], int] = {}
        for t, keys in enumerate(self.published_keys):
            for key in sorted(keys):
                self.column_index.setdefault((t, self.variable_group[key]), len(self.column_index))
        self.equalities, self.inequalities = (
            _SparseRows(len(self.column_index)),
            _SparseRows(len(self.column_index)),
        )
        for t, snapshot in enumerate(snapshots):
            self._add_published_sums(t, snapshot)
        for t, (before, after) in enumerate(zip(snapshots, snapshots[1:], strict=False)):
            self._add_growth(t, before, after)

    def _build_terms(self, t: int, keys: BaseKeys, sign: float = 1.0) -> dict[int, float]:
        return {
            self.column_index[t, self.variable_group[key]]: sign
            for key in keys
            if key in self.published_keys[t]
        }

    def _add_published_sums(self, t: int, snapshot: TableSnapshot):
        for keys in dict.fromkeys((*snapshot.totals, *snapshot.shown)):
            self.equalities.add_row(self._build_terms(t, keys), snapshot.sum_counts(keys))
        for first, second in snapshot.same:
            self.equalities.add_row(self._build_terms(t, first) | self._build_terms(t, second, -1.0), 0)
        for keys in snapshot.small:
            self.inequalities.add_row(self._build_terms(t, keys), self.threshold - 1)
        for keys in snapshot.paired:
            self.inequalities.add_row(self._build_terms(t, keys, -1.0), -self.threshold)

    def _add_growth(self, t: int, before: TableSnapshot, after: TableSnapshot):
        """Nothing was taken away between two releases, if that is the truth."""
        if all(before.x.get(key, 0) <= after.x.get(key, 0) for key in self.published_keys[t]):
            for group in {self.variable_group[key]: key for key in sorted(self.published_keys[t])}.values():
                self.inequalities.add_row(
                    self._build_terms(t, (group,)) | self._build_terms(t + 1, (group,), -1.0), 0
                )

    def build_targets(self, family: str) -> list[tuple[ExposedSum, dict, int]]:
        """The counts and changes to protect, as (name, terms, true value), made positive."""
        found = []
        for t, snapshot in enumerate(self.snapshots):
            for keys in snapshot.candidates:
                count = snapshot.sum_counts(keys)
                found += self._build_target(
                    ExposedSum(family, keys, False), self._build_terms(t, keys), count
                )
                if t:
                    terms = self._build_terms(t, keys) | self._build_terms(t - 1, keys, -1.0)
                    found += self._build_target(
                        ExposedSum(family, keys, True), terms, count - self.snapshots[t - 1].sum_counts(keys)
                    )
        return found

    def _build_target(self, name: ExposedSum, terms: dict[int, float], value: int) -> list:
        if not 0 < abs(value) < self.threshold:
            return []
        sign = 1 if value > 0 else -1
        return [(name, {i: sign * factor for i, factor in terms.items()}, abs(value))]


def _group_inseparable_keys(snapshots: Sequence[TableSnapshot]) -> dict[str, tuple]:
    """For each base count the sums it belongs to, in all releases: counts that belong to the same ones cannot be told apart."""
    sums: dict[str, list] = {}
    for t, snapshot in enumerate(snapshots):
        pairs = tuple(keys for pair in snapshot.same for keys in pair)
        for i, keys in enumerate((*snapshot.totals, *pairs, *snapshot.candidates)):
            for key in keys:
                sums.setdefault(key, []).append((t, i))
    return {key: tuple(places) for key, places in sums.items()}


class _SparseRows:
    """Rows of a sparse system, collected one at a time."""

    def __init__(self, width: int):
        self.column_count, self.data, self.rows, self.columns, self.right_side = width, [], [], [], []

    def add_row(self, terms: dict[int, float], right_side: float):
        if terms:
            self.data += terms.values()
            self.columns += terms
            self.rows += [len(self.right_side)] * len(terms)
            self.right_side.append(right_side)

    def to_matrix(self, extra_columns: int = 0) -> csr_array:
        return csr_array(
            (self.data, (self.rows, self.columns)),
            shape=(len(self.right_side), self.column_count + extra_columns),
        )


class _FeasibleSolutions:
    """The worlds that agree with everything published, as far as they were needed; the sums in each of them."""

    def __init__(self, system: _LinearSystem, sums: csr_array, truth: np.ndarray, proven: bool):
        self.system, self.sums, self.exhaustive, self.values = system, sums, proven, [truth]

    def find_unreached(self, sign: int, aim: int) -> list[int]:
        """The sums that no world brings to `aim` (from below with sign 1, from above with -1). One programme moves many at once, each no
        further than the aim, as long as that settles some; the rest are tried alone. Each world found may settle others too."""
        open_ = self._filter_unreached(range(self.sums.shape[0]), sign, aim)
        before = []
        while open_ and open_ != before:
            before = open_
            open_ = self._solve_and_filter(open_, open_, sign, aim)
        failing = []
        while open_:
            first, *rest = open_
            open_ = self._solve_and_filter([first], rest, sign, aim)
            if sign * self.values[-1][first] < sign * aim - TOLERANCE:
                failing.append(first)
                if not self.exhaustive:
                    return [*failing, *open_]
        return failing

    def _solve_and_filter(self, targets: list[int], open_: list[int], sign: int, aim: int) -> list[int]:
        self.values.append(self.sums @ _maximise_sums(self.system, sign * self.sums[targets], sign * aim))
        return self._filter_unreached(open_, sign, aim)

    def _filter_unreached(self, candidates, sign: int, aim: int) -> list[int]:
        best = np.max(sign * np.array(self.values), axis=0)
        return [i for i in candidates if best[i] < sign * aim - TOLERANCE]


def _maximise_sums(system: _LinearSystem, sums: csr_array, aim: int) -> np.ndarray:
    """The solution with the largest total of these sums, each counted up to `aim` by a helper that is at most its sum."""
    many, width = sums.shape[0], len(system.column_index)
    terms, known = sums.tocoo(), system.inequalities
    data = np.concatenate([known.data, -terms.data, np.ones(many)])
    rows = np.concatenate(
        [known.rows, terms.coords[0] + len(known.right_side), np.arange(many) + len(known.right_side)]
    )
    columns = np.concatenate([known.columns, terms.coords[1], np.arange(many) + width])
    at_most = csr_array(
        (data, (rows.astype(int), columns.astype(int))), shape=(len(known.right_side) + many, width + many)
    )
    right = np.concatenate([known.right_side, np.zeros(many)])
    bounds = np.column_stack([np.zeros(width + many), np.full(width + many, np.inf)])
    bounds[width:] = (-np.inf, aim)
    cost = np.concatenate([np.zeros(width), -np.ones(many)])
    found = linprog(
        cost,
        at_most,
        right,
        system.equalities.to_matrix(many),
        system.equalities.right_side,
        bounds,
        method="highs",
    )
    return _get_solution(found)[:width]


def _get_solution(found) -> np.ndarray:
    """The solver's answer. What is published is true, so a system without solution is our own fault and no release may follow."""
    if found.x is None:
        raise ArithmeticError(f"The audit's programme ended with: {found.message}")
    return found.x
