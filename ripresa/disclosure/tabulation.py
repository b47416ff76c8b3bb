"""The tables a release can publish, as counts, and how their cells add up.

Every published figure is a share or a total of these cells, so what protects the cells protects the figures.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ripresa.diagnosis.action_plan import build_action_plan
from ripresa.diagnosis.contribution import Contribution
from ripresa.diagnosis.questionnaire import (
    DONT_KNOW,
    NOT_APPLICABLE,
    Questionnaire,
    get_questionnaire,
    get_region_codes,
    load_italian_areas,
)
from ripresa.diagnosis.scoring import HIDDEN_EXCLUDE, HIDDEN_ZERO, SKIPPED, score_answers
from ripresa.disclosure.recoding import Blocks, Recoding, get_codes, group_rare_codes, merge_adjacent_codes

ITALY, ALL = "ITA", "all"
OVERALL = "overall"
NONE_CATEGORY, UNKNOWN_CATEGORY = (
    "none",
    "blank",
)  # an item that does not apply or was routed away; one left blank or not known
MIN_REGION_BY_SECTOR = (
    3000  # region x sector only past some thousands of diagnoses: below, most cells would be withheld
)
DETAIL_LEVELS = (
    "region",
    "macro",
    "wide",
    "italy",
    "nothing",
)  # from fine to coarse: what a table still shows


@dataclass(frozen=True)
class DiagnosisRecord:
    """A contributed row as it is counted."""

    id: str
    region: str
    sector: str
    size: str
    month: str
    levels: dict
    scores: dict
    answers: dict
    first_action: str


@dataclass(frozen=True)
class Domain:
    """The firms a figure is about: an area, a sector or a size class, the others "all". Blocks are codes joined by "+"."""

    area: str = ITALY
    sector: str = ALL
    size: str = ALL


@dataclass(frozen=True)
class Cell:
    """One count that could be published: the diagnoses of a domain in a category, as a sum of base counts."""

    domain: Domain
    category: str
    base_keys: tuple[str, ...]
    count: int
    domain_count: int


@dataclass(frozen=True)
class AdditiveRelation:
    """Cells that add up to another cell, or to a total that is always published (`parent` None)."""

    parent: int | None
    children: tuple[int, ...]


@dataclass(frozen=True)
class LinkedTable:
    """Cells linked by sums. `x` are the base counts, `units` the cells that are renewed together, `totals` the sums always published,
    `same` the sums that two parts of the family share."""

    table_id: str
    measure: str
    base_counts: dict = field(repr=False)
    cells: tuple[Cell, ...] = field(repr=False)
    update_groups: tuple[tuple[int, ...], ...] = field(repr=False)
    relations: tuple[AdditiveRelation, ...] = field(repr=False)
    categories: Blocks = field(repr=False)
    published_totals: tuple[tuple[str, ...], ...] = field(repr=False)
    equal_sums: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.table_id}:{self.measure}"

    def sum_counts(self, keys: Iterable[str]) -> int:
        return sum(self.base_counts.get(key, 0) for key in keys)


def build_records(
    rows: Iterable[Contribution], questionnaire: Questionnaire | None = None
) -> list[DiagnosisRecord]:
    """The rows of the bank's comparability class that have an overall score: a release counts these only."""
    questionnaire = questionnaire or get_questionnaire()
    return [
        _build_record(row, questionnaire)
        for row in rows
        if row.comparability_class == questionnaire.comparability_class and row.level is not None
    ]


def get_table_builders(
    diagnoses: Sequence[DiagnosisRecord],
    recoding: Recoding,
    min_count: int,
    threshold: int,
    questionnaire: Questionnaire | None = None,
    previous_categories: Mapping | None = None,
) -> dict[str, Callable[[str], LinkedTable]]:
    """Every linked table of a release, as {family id: function from grain to family}; `old` are the blocks of categories of the last one."""
    questionnaire = questionnaire or get_questionnaire()
    makers = _list_table_specifications(
        diagnoses, recoding, min_count, threshold, questionnaire, previous_categories or {}
    )
    return {
        f"{table}:{measure}": partial(
            _build_linked_table, table, measure, diagnoses, recoding, questionnaire, *rest
        )
        for table, measure, *rest in makers
    }


def _list_table_specifications(
    diagnoses: Sequence[DiagnosisRecord],
    blocks: Recoding,
    least: int,
    threshold: int,
    questionnaire: Questionnaire,
    old: Mapping,
) -> Iterable[tuple]:
    """(table, measure, category of a diagnosis, blocks of categories, parts) of each family."""
    yield "diagnoses", "sector", lambda d: d.sector, blocks.sector, ("region",)
    months = Counter(d.month for d in diagnoses)
    yield (
        "diagnoses",
        "month",
        lambda d: d.month,
        merge_adjacent_codes(months, sorted(months), least, old.get("diagnoses:month", ())),
        (ALL,),
    )
    for measure in (OVERALL, *(goal.id for goal in questionnaire.goals)):
        by_level = Counter(d.levels[measure] for d in diagnoses)
        categories = merge_adjacent_codes(
            by_level,
            [str(level.id) for level in questionnaire.levels],
            least,
            old.get(f"level:{measure}", ()),
        )
        yield "level", measure, lambda d, m=measure: d.levels[m], categories, ("region", "sector", "size")
    for item in questionnaire.items:
        categories = (
            *((str(option.points),) for option in item.options),
            (NONE_CATEGORY,),
            (UNKNOWN_CATEGORY,),
        )
        yield "answer", item.id, lambda d, i=item.id: d.answers[i], categories, ("size",)
    yield (
        "action",
        "first",
        lambda d: d.first_action,
        group_rare_codes(Counter(d.first_action for d in diagnoses), threshold),
        (ALL,),
    )


def _build_linked_table(
    table: str,
    measure: str,
    diagnoses,
    blocks: Recoding,
    questionnaire: Questionnaire,
    category: Callable,
    categories: Blocks,
    parts: tuple[str, ...],
    grain: str,
) -> LinkedTable:
    """One family: its parts repeat the same categories over regions, sectors and sizes.

    Counts of diagnoses are renewed cell by cell; a distribution is renewed whole, so that its shares always add up.
    """
    counts, crossed = table == "diagnoses", (table, measure) == ("diagnoses", "sector")
    x = Counter(f"{part}|{getattr(d, part, ALL)}|{category(d)}" for d in diagnoses for part in parts)
    rows = [row for part in parts for row in list_domains(part, blocks, questionnaire)]
    columns = tuple(code for block in categories for code in block)
    totals = [_build_base_keys(part, codes, columns) for _, _, part, codes in rows]
    if crossed:  # the totals of the sectors stand in the table of sectors
        totals += [_build_base_keys(parts[0], rows[0][3], block) for block in categories]
    wanted = _get_domain_kinds(grain, crossed, len(diagnoses))
    cells, units, lines, place = [], [], [], {}
    for kind, domain, part, codes in rows:
        if kind in wanted and domain not in place:
            base = sum(x[key] for key in _build_base_keys(part, codes, columns))
            place[domain] = tuple(range(len(cells), len(cells) + len(categories)))
            for block in categories:
                own = _build_base_keys(part, codes, block)
                cells.append(Cell(domain, "+".join(block), own, sum(x[key] for key in own), base))
            units += [(i,) for i in place[domain]] if counts else [place[domain]]
            lines.append(AdditiveRelation(None, place[domain]))
    lines += _build_column_relations(rows, place, len(categories))
    italy = {part: next(codes for _, _, p, codes in rows if p == part) for part in parts}
    same = tuple(
        (_build_base_keys(parts[0], italy[parts[0]], (c,)), _build_base_keys(part, italy[part], (c,)))
        for part in parts[1:]
        for c in columns
    )
    return LinkedTable(
        table, measure, dict(x), tuple(cells), tuple(units), tuple(lines), categories, tuple(totals), same
    )


def _get_domain_kinds(grain: str, crossed: bool, n: int) -> set[str]:
    """The kinds of domain a family shows at a grain."""
    kinds = {"region", "macro", "wide", "italy"}
    for step in ("region", "macro", "wide", "italy")[: DETAIL_LEVELS.index(grain)]:
        kinds.discard(step)
    if crossed:
        kinds -= {"italy"} | ({"region"} if n < MIN_REGION_BY_SECTOR else set())
    return kinds


def _build_base_keys(part: str, codes: Iterable[str], categories: Iterable[str]) -> tuple[str, ...]:
    categories = tuple(categories)
    return tuple(f"{part}|{code}|{category}" for code in codes for category in categories)


def list_domains(
    dimension: str, recoding: Recoding, questionnaire: Questionnaire
) -> list[tuple[str, Domain, str, tuple[str, ...]]]:
    """The domains of a part as (kind, domain, part, base codes), Italy first; a block that repeats a wider one is left out."""
    if dimension == ALL:
        return [("italy", Domain(), ALL, (ALL,))]
    rows = [("italy", Domain(), dimension, get_codes(dimension, questionnaire))]
    if dimension != "region":
        named = getattr(recoding, dimension)
        make = (
            (lambda code: Domain(sector=code)) if dimension == "sector" else (lambda code: Domain(size=code))
        )
        return rows + [("wide", make("+".join(block)), dimension, block) for block in named if len(named) > 1]
    inside = {
        macro: [r for r in get_region_codes() if load_italian_areas()[r]["parent"] in macro]
        for macro in recoding.macro
    }
    wide = [
        ("macro", Domain("+".join(macro)), dimension, tuple(inside[macro]))
        for macro in recoding.macro
        if len(recoding.macro) > 1
    ]
    groups = {tuple(codes) for codes in inside.values()}
    return (
        rows
        + wide
        + [
            ("region", Domain("+".join(block)), dimension, block)
            for block in recoding.region
            if block not in groups
        ]
    )


def _build_column_relations(rows, place: dict, width: int) -> list[AdditiveRelation]:
    """The sums down the columns: macro-areas, sectors and sizes make Italy; regions make their macro-area."""
    lines = []
    for dimension in dict.fromkeys(row[2] for row in rows):
        own = [row for row in rows if row[2] == dimension]
        levels = [
            [row for row in own if row[0] == kind]
            for kind in ("italy", "wide" if dimension != "region" else "macro", "region")
        ]
        levels = [level for level in levels if level]
        for above, below in zip(levels, levels[1:], strict=False):
            for _, domain, _, whole in above:
                children = [place[d] for _, d, _, part in below if set(part) <= set(whole) and d in place]
                for column in range(width) if children else ():
                    parent = place[domain][column] if domain in place else None
                    lines.append(AdditiveRelation(parent, tuple(child[column] for child in children)))
    return lines


def _build_record(row: Contribution, questionnaire: Questionnaire) -> DiagnosisRecord:
    answers, goals = json.loads(row.answers), json.loads(row.goals)
    given = {
        id: answer for id, answer in answers.items() if answer not in (SKIPPED, HIDDEN_ZERO, HIDDEN_EXCLUDE)
    }
    actions = build_action_plan(
        score_answers(given, questionnaire), [g for g in (row.goal_1, row.goal_2) if g], questionnaire
    ).actions
    return DiagnosisRecord(
        id=row.diagnosis_id,
        region=row.region,
        sector=row.sector,
        size=row.size_class,
        month=row.month,
        levels={OVERALL: str(row.level)} | {id: str(goal[3]) for id, goal in goals.items()},
        scores={OVERALL: row.score} | {id: goal[0] for id, goal in goals.items()},
        answers={id: _categorise_answer(answer) for id, answer in answers.items()},
        first_action=actions[0].id if actions else NONE_CATEGORY,
    )


def _categorise_answer(answer) -> str:
    if answer == HIDDEN_ZERO:
        return "0"
    return {
        DONT_KNOW: UNKNOWN_CATEGORY,
        SKIPPED: UNKNOWN_CATEGORY,
        NOT_APPLICABLE: NONE_CATEGORY,
        HIDDEN_EXCLUDE: NONE_CATEGORY,
    }.get(answer, str(answer))
