"""Count tables linked by sums, as the suppression and the audit see them, and the statuses of their cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from ripresa.disclosure.recoding import Blocks

ALL = "all"
SHOWN, SMALL, PAIRED = "shown", "small", "paired"
CARRIED_FORWARD = "held"

BaseKeys = tuple[str, ...]


@dataclass(frozen=True)
class Domain:
    """The units a figure is about, by area, sector and size class. Several codes are joined by "+"."""

    area: str
    sector: str = ALL
    size: str = ALL


@dataclass(frozen=True)
class Cell:
    """A count that could be published: the units of a domain in a category, as a sum of base counts."""

    domain: Domain
    category: str
    base_keys: BaseKeys
    count: int
    domain_count: int


@dataclass(frozen=True)
class AdditiveRelation:
    """Cells that add up to the cell `parent`, or to a total that is always published (`parent` is None).

    Parents and children are positions in the table's cells.
    """

    parent: int | None
    children: tuple[int, ...]

    @property
    def parents(self) -> tuple[int, ...]:
        return () if self.parent is None else (self.parent,)


@dataclass(frozen=True)
class LinkedTable:
    """Cells linked by sums of the same base counts.

    update_groups: positions of the cells that are published anew together or not at all.
    published_totals: the sums of base counts that are always published.
    equal_sums: pairs of sums that are equal because they count the same units along two dimensions.
    """

    table_id: str
    measure: str
    base_counts: Mapping[str, int] = field(repr=False)
    cells: tuple[Cell, ...] = field(repr=False)
    update_groups: tuple[tuple[int, ...], ...] = field(repr=False)
    relations: tuple[AdditiveRelation, ...] = field(repr=False)
    categories: Blocks = field(repr=False)
    published_totals: tuple[BaseKeys, ...] = field(repr=False)
    equal_sums: tuple[tuple[BaseKeys, BaseKeys], ...] = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.table_id}:{self.measure}"


class SnapshotRecord(TypedDict):
    """What a release disclosed in a table, as it is stored in JSON for the audit of the next ones."""

    x: Mapping[str, int]
    shown: Sequence[Sequence[str]]
    small: Sequence[Sequence[str]]
    paired: Sequence[Sequence[str]]
    totals: Sequence[Sequence[str]]
    same: Sequence[Sequence[Sequence[str]]]
    candidates: Sequence[Sequence[str]]
