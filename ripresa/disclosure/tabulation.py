"""The tables a release can publish, as counts, and how their cells add up.

Every published figure is a share or a total of these cells, so what protects the cells protects the figures.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ripresa.diagnosis.action_plan import plan
from ripresa.diagnosis.contribution import Contribution
from ripresa.diagnosis.questionnaire import DONT_KNOW, NOT_APPLICABLE, Instrument, areas, bank, regions
from ripresa.diagnosis.scoring import HIDDEN_EXCLUDE, HIDDEN_ZERO, SKIPPED, score
from ripresa.disclosure.recoding import Blocks, Partition, chain, codes_of, rare_together

ITALY, ALL = "ITA", "all"
OVERALL = "overall"
NONE, BLANK = "none", "blank"  # an item that does not apply or was routed away; one left blank or not known
FINE_FROM = 3000  # region x sector only past some thousands of diagnoses: below, most cells would be withheld
GRAINS = ("region", "macro", "wide", "italy", "nothing")  # from fine to coarse: what a table still shows


@dataclass(frozen=True)
class Diagnosis:
    """A contributed row as it is counted."""

    id: str
    region: str
    sector: str
    size: str
    month: str
    levels: dict
    scores: dict
    answers: dict
    action: str


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
    keys: tuple[str, ...]
    n: int
    base: int


@dataclass(frozen=True)
class Line:
    """Cells that add up to another cell, or to a total that is always published (`parent` None)."""

    parent: int | None
    children: tuple[int, ...]


@dataclass(frozen=True)
class Family:
    """Cells linked by sums. `x` are the base counts, `units` the cells that are renewed together, `totals` the sums always published,
    `same` the sums that two parts of the family share."""

    table: str
    measure: str
    x: dict = field(repr=False)
    cells: tuple[Cell, ...] = field(repr=False)
    units: tuple[tuple[int, ...], ...] = field(repr=False)
    lines: tuple[Line, ...] = field(repr=False)
    categories: Blocks = field(repr=False)
    totals: tuple[tuple[str, ...], ...] = field(repr=False)
    same: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = field(repr=False)

    @property
    def id(self) -> str:
        return f"{self.table}:{self.measure}"

    def count(self, keys: Iterable[str]) -> int:
        return sum(self.x.get(key, 0) for key in keys)


def counted(rows: Iterable[Contribution], instrument: Instrument | None = None) -> list[Diagnosis]:
    """The rows of the bank's comparability class that have an overall score: a release counts these only."""
    instrument = instrument or bank()
    return [
        _counted(row, instrument)
        for row in rows
        if row.comparability == instrument.comparability and row.level is not None
    ]


def families(
    diagnoses: Sequence[Diagnosis],
    blocks: Partition,
    least: int,
    threshold: int,
    instrument: Instrument | None = None,
    old: Mapping | None = None,
) -> dict[str, Callable[[str], Family]]:
    """Every linked table of a release, as {family id: function from grain to family}; `old` are the blocks of categories of the last one."""
    instrument = instrument or bank()
    makers = _makers(diagnoses, blocks, least, threshold, instrument, old or {})
    return {
        f"{table}:{measure}": partial(_family, table, measure, diagnoses, blocks, instrument, *rest)
        for table, measure, *rest in makers
    }


def _makers(
    diagnoses: Sequence[Diagnosis],
    blocks: Partition,
    least: int,
    threshold: int,
    instrument: Instrument,
    old: Mapping,
) -> Iterable[tuple]:
    """(table, measure, category of a diagnosis, blocks of categories, parts) of each family."""
    yield "diagnoses", "sector", lambda d: d.sector, blocks.sector, ("region",)
    months = Counter(d.month for d in diagnoses)
    yield (
        "diagnoses",
        "month",
        lambda d: d.month,
        chain(months, sorted(months), least, old.get("diagnoses:month", ())),
        (ALL,),
    )
    for measure in (OVERALL, *(goal.id for goal in instrument.goals)):
        by_level = Counter(d.levels[measure] for d in diagnoses)
        categories = chain(
            by_level, [str(level.id) for level in instrument.levels], least, old.get(f"level:{measure}", ())
        )
        yield "level", measure, lambda d, m=measure: d.levels[m], categories, ("region", "sector", "size")
    for item in instrument.items:
        categories = (*((str(option.points),) for option in item.options), (NONE,), (BLANK,))
        yield "answer", item.id, lambda d, i=item.id: d.answers[i], categories, ("size",)
    yield (
        "action",
        "first",
        lambda d: d.action,
        rare_together(Counter(d.action for d in diagnoses), threshold),
        (ALL,),
    )


def _family(
    table: str,
    measure: str,
    diagnoses,
    blocks: Partition,
    instrument: Instrument,
    category: Callable,
    categories: Blocks,
    parts: tuple[str, ...],
    grain: str,
) -> Family:
    """One family: its parts repeat the same categories over regions, sectors and sizes.

    Counts of diagnoses are renewed cell by cell; a distribution is renewed whole, so that its shares always add up.
    """
    counts, crossed = table == "diagnoses", (table, measure) == ("diagnoses", "sector")
    x = Counter(f"{part}|{getattr(d, part, ALL)}|{category(d)}" for d in diagnoses for part in parts)
    rows = [row for part in parts for row in domains(part, blocks, instrument)]
    columns = tuple(code for block in categories for code in block)
    totals = [_keys(part, codes, columns) for _, _, part, codes in rows]
    if crossed:  # the totals of the sectors stand in the table of sectors
        totals += [_keys(parts[0], rows[0][3], block) for block in categories]
    wanted = _wanted(grain, crossed, len(diagnoses))
    cells, units, lines, place = [], [], [], {}
    for kind, domain, part, codes in rows:
        if kind in wanted and domain not in place:
            base = sum(x[key] for key in _keys(part, codes, columns))
            place[domain] = tuple(range(len(cells), len(cells) + len(categories)))
            for block in categories:
                own = _keys(part, codes, block)
                cells.append(Cell(domain, "+".join(block), own, sum(x[key] for key in own), base))
            units += [(i,) for i in place[domain]] if counts else [place[domain]]
            lines.append(Line(None, place[domain]))
    lines += _columns(rows, place, len(categories))
    italy = {part: next(codes for _, _, p, codes in rows if p == part) for part in parts}
    same = tuple(
        (_keys(parts[0], italy[parts[0]], (c,)), _keys(part, italy[part], (c,)))
        for part in parts[1:]
        for c in columns
    )
    return Family(
        table, measure, dict(x), tuple(cells), tuple(units), tuple(lines), categories, tuple(totals), same
    )


def _wanted(grain: str, crossed: bool, n: int) -> set[str]:
    """The kinds of domain a family shows at a grain."""
    kinds = {"region", "macro", "wide", "italy"}
    for step in ("region", "macro", "wide", "italy")[: GRAINS.index(grain)]:
        kinds.discard(step)
    if crossed:
        kinds -= {"italy"} | ({"region"} if n < FINE_FROM else set())
    return kinds


def _keys(part: str, codes: Iterable[str], categories: Iterable[str]) -> tuple[str, ...]:
    categories = tuple(categories)
    return tuple(f"{part}|{code}|{category}" for code in codes for category in categories)


def domains(
    part: str, blocks: Partition, instrument: Instrument
) -> list[tuple[str, Domain, str, tuple[str, ...]]]:
    """The domains of a part as (kind, domain, part, base codes), Italy first; a block that repeats a wider one is left out."""
    if part == ALL:
        return [("italy", Domain(), ALL, (ALL,))]
    rows = [("italy", Domain(), part, codes_of(part, instrument))]
    if part != "region":
        named = getattr(blocks, part)
        make = (lambda code: Domain(sector=code)) if part == "sector" else (lambda code: Domain(size=code))
        return rows + [("wide", make("+".join(block)), part, block) for block in named if len(named) > 1]
    inside = {macro: [r for r in regions() if areas()[r]["parent"] in macro] for macro in blocks.macro}
    wide = [
        ("macro", Domain("+".join(macro)), part, tuple(inside[macro]))
        for macro in blocks.macro
        if len(blocks.macro) > 1
    ]
    groups = {tuple(codes) for codes in inside.values()}
    return (
        rows
        + wide
        + [("region", Domain("+".join(block)), part, block) for block in blocks.region if block not in groups]
    )


def _columns(rows, place: dict, width: int) -> list[Line]:
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
                    lines.append(Line(parent, tuple(child[column] for child in children)))
    return lines


def _counted(row: Contribution, instrument: Instrument) -> Diagnosis:
    answers, goals = json.loads(row.answers), json.loads(row.goals)
    given = {
        id: answer for id, answer in answers.items() if answer not in (SKIPPED, HIDDEN_ZERO, HIDDEN_EXCLUDE)
    }
    actions = plan(score(given, instrument), [g for g in (row.goal_1, row.goal_2) if g], instrument).actions
    return Diagnosis(
        id=row.diagnosis_id,
        region=row.region,
        sector=row.sector,
        size=row.size_class,
        month=row.month,
        levels={OVERALL: str(row.level)} | {id: str(goal[3]) for id, goal in goals.items()},
        scores={OVERALL: row.score} | {id: goal[0] for id, goal in goals.items()},
        answers={id: _category(answer) for id, answer in answers.items()},
        action=actions[0].id if actions else NONE,
    )


def _category(answer) -> str:
    if answer == HIDDEN_ZERO:
        return "0"
    return {DONT_KNOW: BLANK, SKIPPED: BLANK, NOT_APPLICABLE: NONE, HIDDEN_EXCLUDE: NONE}.get(
        answer, str(answer)
    )
