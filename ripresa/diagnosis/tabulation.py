"""The tables a release can publish, as counts, and how their cells add up.

Every published figure is a share or a total of these cells, so protecting the cells protects the figures.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from types import MappingProxyType

from ripresa.diagnosis.diagnosis_records import NONE_CATEGORY, OVERALL, UNKNOWN_CATEGORY, DiagnosisRecord
from ripresa.diagnosis.domain_recoding import Recoding, get_codes
from ripresa.diagnosis.italian_areas import ITALY, get_region_codes, load_italian_areas
from ripresa.diagnosis.questionnaire import Questionnaire
from ripresa.disclosure.linked_tables import ALL, AdditiveRelation, BaseKeys, Cell, Domain, LinkedTable
from ripresa.disclosure.recoding import Blocks, StoredBlocks, group_rare_codes, merge_adjacent_codes

# Regions are crossed with sectors only from this many diagnoses: with fewer, most cells would be withheld.
MIN_REGION_BY_SECTOR = 3000
DETAIL_LEVELS = (
    "region",
    "macro",
    "wide",
    "italy",
    "nothing",
)  # the finest domains a table shows, fine to coarse


@dataclass(frozen=True)
class DomainCodes:
    """A domain and its codes in a dimension; `level` is italy, macro, region or wide (other blocks)."""

    level: str
    domain: Domain
    dimension: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class _TableSpecification:
    """What a table counts: the categories of the diagnoses, in each domain of the dimensions.

    `values` are the categories of the diagnoses, in their order; `categories` are the blocks of these codes.
    """

    table_id: str
    measure: str
    values: Sequence[str]
    categories: Blocks
    dimensions: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.table_id}:{self.measure}"

    @property
    def is_cross_table(self) -> bool:
        """Areas by sectors: here the categories are domains too."""
        return self.name == "diagnoses:sector"


def get_table_builders(
    diagnoses: Sequence[DiagnosisRecord],
    recoding: Recoding,
    questionnaire: Questionnaire,
    previous_categories: StoredBlocks = MappingProxyType({}),
) -> dict[str, Callable[[str], LinkedTable]]:
    """Every table of a release, as {name: function from a detail level to the table}.

    `previous_categories` are the blocks of categories of the last release, by table name.
    """
    specifications = _list_specifications(diagnoses, recoding, questionnaire, previous_categories)
    return {
        specification.name: partial(_build_linked_table, specification, diagnoses, recoding, questionnaire)
        for specification in specifications
    }


def list_domains(dimension: str, recoding: Recoding, questionnaire: Questionnaire) -> list[DomainCodes]:
    """The domains of a dimension, Italy first; a block of regions equal to a macro-area is left out."""
    if dimension == ALL:
        return [DomainCodes("italy", Domain(ITALY), ALL, (ALL,))]
    italy = DomainCodes("italy", Domain(ITALY), dimension, get_codes(dimension, questionnaire))
    if dimension != "region":
        blocks: Blocks = getattr(recoding, dimension)
        return [italy] + [
            DomainCodes("wide", Domain(ITALY, **{dimension: "+".join(block)}), dimension, block)
            for block in blocks
            if len(blocks) > 1
        ]
    parents = {code: load_italian_areas()[code]["parent"] for code in get_region_codes()}
    regions = {
        macro: tuple(code for code, parent in parents.items() if parent in macro) for macro in recoding.macro
    }
    macro_areas = [
        DomainCodes("macro", Domain("+".join(macro)), dimension, codes)
        for macro, codes in regions.items()
        if len(regions) > 1
    ]
    return [italy, *macro_areas] + [
        DomainCodes("region", Domain("+".join(block)), dimension, block)
        for block in recoding.region
        if block not in regions.values()
    ]


def _list_specifications(
    diagnoses: Sequence[DiagnosisRecord],
    recoding: Recoding,
    questionnaire: Questionnaire,
    previous_categories: StoredBlocks,
) -> Iterator[_TableSpecification]:
    rules = questionnaire.privacy

    def merge_adjacent(table_name: str, values: Sequence[str], codes: Sequence[str]) -> Blocks:
        previous = previous_categories.get(table_name, ())
        return merge_adjacent_codes(Counter(values), codes, rules["statistics_from"], previous)

    sectors = [d.sector for d in diagnoses]
    yield _TableSpecification("diagnoses", "sector", sectors, recoding.sector, ("region",))
    months = [d.month for d in diagnoses]
    month_blocks = merge_adjacent("diagnoses:month", months, sorted(set(months)))
    yield _TableSpecification("diagnoses", "month", months, month_blocks, (ALL,))
    for measure in (OVERALL, *(goal.id for goal in questionnaire.goals)):
        levels = [d.levels[measure] for d in diagnoses]
        blocks = merge_adjacent(f"level:{measure}", levels, [str(level.id) for level in questionnaire.levels])
        yield _TableSpecification("level", measure, levels, blocks, ("region", "sector", "size"))
    for item in questionnaire.items:
        answers = [d.answers[item.id] for d in diagnoses]
        codes = (*(str(option.points) for option in item.options), NONE_CATEGORY, UNKNOWN_CATEGORY)
        yield _TableSpecification("answer", item.id, answers, tuple((code,) for code in codes), ("size",))
    actions = [d.first_action for d in diagnoses]
    action_blocks = group_rare_codes(Counter(actions), rules["threshold"])
    yield _TableSpecification("action", "first", actions, action_blocks, (ALL,))


def _build_linked_table(
    specification: _TableSpecification,
    diagnoses: Sequence[DiagnosisRecord],
    recoding: Recoding,
    questionnaire: Questionnaire,
    detail: str,
) -> LinkedTable:
    """The table at a detail level.

    Counts of diagnoses are updated cell by cell; a distribution is updated as one, so that its shares add up.
    """
    categories, dimensions = specification.categories, specification.dimensions
    category_codes = tuple(code for block in categories for code in block)
    counts = Counter(
        f"{dimension}|{getattr(diagnosis, dimension, ALL)}|{value}"
        for diagnosis, value in zip(diagnoses, specification.values, strict=True)
        for dimension in dimensions
    )
    rows = [row for dimension in dimensions for row in list_domains(dimension, recoding, questionnaire)]
    totals = [_build_base_keys(row.dimension, row.codes, category_codes) for row in rows]
    if specification.is_cross_table:  # the totals of the sectors are published with the sectors
        totals += [_build_base_keys(rows[0].dimension, rows[0].codes, block) for block in categories]
    levels = _get_visible_levels(specification, detail, len(diagnoses))
    cells: list[Cell] = []
    positions: dict[Domain, tuple[int, ...]] = {}
    for row in rows:
        if row.level not in levels or row.domain in positions:
            continue
        positions[row.domain] = tuple(range(len(cells), len(cells) + len(categories)))
        domain_count = sum(counts[key] for key in _build_base_keys(row.dimension, row.codes, category_codes))
        for block in categories:
            keys = _build_base_keys(row.dimension, row.codes, block)
            count = sum(counts[key] for key in keys)
            cells.append(Cell(row.domain, "+".join(block), keys, count, domain_count))
    return LinkedTable(
        specification.table_id,
        specification.measure,
        base_counts=dict(counts),
        cells=tuple(cells),
        update_groups=(
            tuple((i,) for i in range(len(cells)))
            if specification.table_id == "diagnoses"
            else tuple(positions.values())
        ),
        relations=(
            *(AdditiveRelation(None, row_positions) for row_positions in positions.values()),
            *_list_column_relations(rows, positions, len(categories)),
        ),
        categories=categories,
        published_totals=tuple(totals),
        equal_sums=tuple(_list_equal_sums(rows, category_codes)),
    )


def _get_visible_levels(specification: _TableSpecification, detail: str, diagnosis_count: int) -> set[str]:
    """The levels of domains that a table shows at a detail level."""
    levels = set(DETAIL_LEVELS[DETAIL_LEVELS.index(detail) :])
    if specification.is_cross_table:
        levels.discard("italy")
        if diagnosis_count < MIN_REGION_BY_SECTOR:
            levels.discard("region")
    return levels


def _build_base_keys(dimension: str, codes: Iterable[str], categories: Sequence[str]) -> BaseKeys:
    return tuple(f"{dimension}|{code}|{category}" for code in codes for category in categories)


def _list_equal_sums(
    rows: Sequence[DomainCodes], category_codes: Iterable[str]
) -> Iterator[tuple[BaseKeys, BaseKeys]]:
    """Each category over all of Italy, counted by the first dimension and by each of the others."""
    first, *others = [row for row in rows if row.level == "italy"]
    for other in others:
        for code in category_codes:
            yield (
                _build_base_keys(first.dimension, first.codes, (code,)),
                _build_base_keys(other.dimension, other.codes, (code,)),
            )


def _list_column_relations(
    rows: Sequence[DomainCodes], positions: Mapping[Domain, tuple[int, ...]], width: int
) -> Iterator[AdditiveRelation]:
    """Sums down the columns: macro-areas, sectors and sizes make Italy, regions their macro-area."""
    for dimension in dict.fromkeys(row.dimension for row in rows):
        levels = [
            [row for row in rows if row.dimension == dimension and row.level == level]
            for level in ("italy", "wide", "macro", "region")
        ]
        for parents, parts in pairwise(level for level in levels if level):
            for parent in parents:
                children = [
                    positions[part.domain]
                    for part in parts
                    if set(part.codes) <= set(parent.codes) and part.domain in positions
                ]
                if not children:
                    continue
                for column in range(width):
                    position = positions[parent.domain][column] if parent.domain in positions else None
                    yield AdditiveRelation(position, tuple(child[column] for child in children))
