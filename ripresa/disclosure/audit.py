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

CLOSE = 1e-6
Keys = tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """What one release says about one family: the true base counts, the sums shown, those said to be small or paired, the totals always
    published, the equal sums, and every sum that could have been shown."""

    x: dict
    shown: tuple[Keys, ...]
    small: tuple[Keys, ...]
    paired: tuple[Keys, ...]
    totals: tuple[Keys, ...]
    same: tuple[tuple[Keys, Keys], ...]
    candidates: tuple[Keys, ...]

    def count(self, keys: Keys) -> int:
        return sum(self.x.get(key, 0) for key in keys)

    def plain(self) -> dict:
        """For the private record of a release."""
        return asdict(self)

    @staticmethod
    def from_plain(table: dict) -> "Snapshot":
        sums = {
            name: tuple(tuple(keys) for keys in table[name])
            for name in ("shown", "small", "paired", "totals", "candidates")
        }
        return Snapshot(x=table["x"], same=tuple((tuple(a), tuple(b)) for a, b in table["same"]), **sums)


@dataclass(frozen=True)
class Exposed:
    """A sum of a family, or its change since the release before, that can be bounded to less than 1 to threshold - 1."""

    family: str
    keys: Keys
    change: bool


def exposed(histories: dict[str, Sequence[Snapshot]], threshold: int, proven: bool = True) -> list[Exposed]:
    """What the releases expose, oldest release first in each family's history; empty when the audit passes. Families share only totals
    that are published, so each is a system of its own. Not `proven`: one is exposed for certain, the others perhaps; enough to mend them."""
    return [
        fault
        for family, snapshots in histories.items()
        for fault in _exposed(family, snapshots, threshold, proven)
    ]


def _exposed(family: str, snapshots: Sequence[Snapshot], threshold: int, proven: bool) -> list[Exposed]:
    system = _System(snapshots, threshold)
    targets = system.targets(family)
    if not targets:
        return []
    sums = _Rows(len(system.place))
    for _, terms, value in targets:
        sums.add(terms, value)
    worlds = _Worlds(system, sums.matrix(), np.array([value for _, _, value in targets]), proven)
    failing = {*worlds.unreached(1, threshold - 1), *worlds.unreached(-1, 1)}
    return [targets[i][0] for i in sorted(failing)]


class _System:
    """The linear system of everything published about a family: one variable in each release for the base counts that always stand together."""

    def __init__(self, snapshots: Sequence[Snapshot], threshold: int):
        self.snapshots, self.threshold = snapshots, threshold
        self.group = _together(snapshots)
        self.known = [{key for keys in snapshot.totals for key in keys} for snapshot in snapshots]
        self.place: dict[tuple[int, tuple], int] = {}
        for t, keys in enumerate(self.known):
            for key in sorted(keys):
                self.place.setdefault((t, self.group[key]), len(self.place))
        self.equal, self.at_most = _Rows(len(self.place)), _Rows(len(self.place))
        for t, snapshot in enumerate(snapshots):
            self._published(t, snapshot)
        for t, (before, after) in enumerate(zip(snapshots, snapshots[1:], strict=False)):
            self._growing(t, before, after)

    def _sum(self, t: int, keys: Keys, sign: float = 1.0) -> dict[int, float]:
        return {self.place[t, self.group[key]]: sign for key in keys if key in self.known[t]}

    def _published(self, t: int, snapshot: Snapshot):
        for keys in dict.fromkeys((*snapshot.totals, *snapshot.shown)):
            self.equal.add(self._sum(t, keys), snapshot.count(keys))
        for first, second in snapshot.same:
            self.equal.add(self._sum(t, first) | self._sum(t, second, -1.0), 0)
        for keys in snapshot.small:
            self.at_most.add(self._sum(t, keys), self.threshold - 1)
        for keys in snapshot.paired:
            self.at_most.add(self._sum(t, keys, -1.0), -self.threshold)

    def _growing(self, t: int, before: Snapshot, after: Snapshot):
        """Nothing was taken away between two releases, if that is the truth."""
        if all(before.x.get(key, 0) <= after.x.get(key, 0) for key in self.known[t]):
            for group in {self.group[key]: key for key in sorted(self.known[t])}.values():
                self.at_most.add(self._sum(t, (group,)) | self._sum(t + 1, (group,), -1.0), 0)

    def targets(self, family: str) -> list[tuple[Exposed, dict, int]]:
        """The counts and changes to protect, as (name, terms, true value), made positive."""
        found = []
        for t, snapshot in enumerate(self.snapshots):
            for keys in snapshot.candidates:
                count = snapshot.count(keys)
                found += self._target(Exposed(family, keys, False), self._sum(t, keys), count)
                if t:
                    terms = self._sum(t, keys) | self._sum(t - 1, keys, -1.0)
                    found += self._target(
                        Exposed(family, keys, True), terms, count - self.snapshots[t - 1].count(keys)
                    )
        return found

    def _target(self, name: Exposed, terms: dict[int, float], value: int) -> list:
        if not 0 < abs(value) < self.threshold:
            return []
        sign = 1 if value > 0 else -1
        return [(name, {i: sign * factor for i, factor in terms.items()}, abs(value))]


def _together(snapshots: Sequence[Snapshot]) -> dict[str, tuple]:
    """For each base count the sums it belongs to, in all releases: counts that belong to the same ones cannot be told apart."""
    sums: dict[str, list] = {}
    for t, snapshot in enumerate(snapshots):
        pairs = tuple(keys for pair in snapshot.same for keys in pair)
        for i, keys in enumerate((*snapshot.totals, *pairs, *snapshot.candidates)):
            for key in keys:
                sums.setdefault(key, []).append((t, i))
    return {key: tuple(places) for key, places in sums.items()}


class _Rows:
    """Rows of a sparse system, collected one at a time."""

    def __init__(self, width: int):
        self.width, self.data, self.rows, self.columns, self.right = width, [], [], [], []

    def add(self, terms: dict[int, float], right: float):
        if terms:
            self.data += terms.values()
            self.columns += terms
            self.rows += [len(self.right)] * len(terms)
            self.right.append(right)

    def matrix(self, more: int = 0) -> csr_array:
        return csr_array((self.data, (self.rows, self.columns)), shape=(len(self.right), self.width + more))


class _Worlds:
    """The worlds that agree with everything published, as far as they were needed; the sums in each of them."""

    def __init__(self, system: _System, sums: csr_array, truth: np.ndarray, proven: bool):
        self.system, self.sums, self.proven, self.values = system, sums, proven, [truth]

    def unreached(self, sign: int, aim: int) -> list[int]:
        """The sums that no world brings to `aim` (from below with sign 1, from above with -1). One programme moves many at once, each no
        further than the aim, as long as that settles some; the rest are tried alone. Each world found may settle others too."""
        open_ = self._open(range(self.sums.shape[0]), sign, aim)
        before = []
        while open_ and open_ != before:
            before = open_
            open_ = self._moved(open_, open_, sign, aim)
        failing = []
        while open_:
            first, *rest = open_
            open_ = self._moved([first], rest, sign, aim)
            if sign * self.values[-1][first] < sign * aim - CLOSE:
                failing.append(first)
                if not self.proven:
                    return [*failing, *open_]
        return failing

    def _moved(self, targets: list[int], open_: list[int], sign: int, aim: int) -> list[int]:
        self.values.append(self.sums @ _lifted(self.system, sign * self.sums[targets], sign * aim))
        return self._open(open_, sign, aim)

    def _open(self, candidates, sign: int, aim: int) -> list[int]:
        best = np.max(sign * np.array(self.values), axis=0)
        return [i for i in candidates if best[i] < sign * aim - CLOSE]


def _lifted(system: _System, sums: csr_array, aim: int) -> np.ndarray:
    """The solution with the largest total of these sums, each counted up to `aim` by a helper that is at most its sum."""
    many, width = sums.shape[0], len(system.place)
    terms, known = sums.tocoo(), system.at_most
    data = np.concatenate([known.data, -terms.data, np.ones(many)])
    rows = np.concatenate(
        [known.rows, terms.coords[0] + len(known.right), np.arange(many) + len(known.right)]
    )
    columns = np.concatenate([known.columns, terms.coords[1], np.arange(many) + width])
    at_most = csr_array(
        (data, (rows.astype(int), columns.astype(int))), shape=(len(known.right) + many, width + many)
    )
    right = np.concatenate([known.right, np.zeros(many)])
    bounds = np.column_stack([np.zeros(width + many), np.full(width + many, np.inf)])
    bounds[width:] = (-np.inf, aim)
    cost = np.concatenate([np.zeros(width), -np.ones(many)])
    found = linprog(
        cost, at_most, right, system.equal.matrix(many), system.equal.right, bounds, method="highs"
    )
    return _solution(found)[:width]


def _solution(found) -> np.ndarray:
    """The solver's answer. What is published is true, so a system without solution is our own fault and no release may follow."""
    if found.x is None:
        raise ArithmeticError(f"The audit's programme ended with: {found.message}")
    return found.x
