"""The tables a release can publish, as counts: which areas, sectors, sizes and months stand alone or together, and how the cells add up.

Every published figure is a share or a total of these cells, so what protects the cells protects the figures.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

from diagnosis.contribution import Contribution
from diagnosis.instrument import DONT_KNOW, NOT_APPLICABLE, Instrument, areas, bank, macro_areas, regions
from diagnosis.plan import plan
from diagnosis.scoring import HIDDEN_EXCLUDE, HIDDEN_ZERO, SKIPPED, score

ITALY, ALL, OTHER = "ITA", "all", "OTHER"
KINDS = ("region", "sector", "size")
OVERALL = "overall"
NONE, BLANK = "none", "blank"  # an item that does not apply or was routed away; one left blank or not known
FINE_FROM = 3000  # region x sector only past some thousands of diagnoses: below, most cells would be withheld
GRAINS = ("region", "macro", "wide", "italy", "nothing")  # from fine to coarse: what a table still shows

Blocks = tuple[tuple[str, ...], ...]


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


@dataclass(frozen=True)
class Partition:
    """Which codes stand together in this release."""

    macro: Blocks
    region: Blocks
    sector: Blocks
    size: Blocks


def counted(rows: Iterable[Contribution], instrument: Instrument | None = None) -> list[Diagnosis]:
    """The rows of the bank's comparability class that have an overall score: a release counts these only."""
    instrument = instrument or bank()
    return [_counted(row, instrument) for row in rows if row.comparability == instrument.comparability and row.level is not None]


def partition(
    diagnoses: Sequence[Diagnosis], least: int, instrument: Instrument | None = None, old: Mapping | None = None, unfit: Callable = lambda kind, block, blocks: False
) -> Partition:
    """Codes merged until each block holds `least` diagnoses and is not `unfit`: regions inside their macro-area, macro-areas and sizes with a
    neighbour, sectors into "other".

    After an `old` partition its blocks stay whole or split into blocks that hold `least` themselves: two releases whose blocks overlap
    otherwise would give away what is in one and not in the other.
    """
    instrument = instrument or bank()
    n = {kind: Counter(getattr(d, kind) for d in diagnoses) for kind in KINDS}
    split = _partition(n, least, instrument, old, True, lambda *_: False)
    if not any(unfit(kind, block, getattr(split, kind)) for kind in KINDS for block in getattr(split, kind)):
        return split
    return _partition(n, least, instrument, old, False, unfit)


def _partition(n: dict[str, Counter], least: int, instrument: Instrument, old: Mapping | None, split: bool, unfit: Callable) -> Partition:
    def merged(kind: str, start: Iterable, partner: Callable) -> Blocks:
        return _merged(tuple(start), n[kind], _codes(kind, instrument), partner, lambda block, all_: _total(n[kind], block) < least or unfit(kind, block, all_))

    def start(kind: str, codes: Sequence[str], partner: Callable) -> Blocks:
        return _start(codes, n[kind], least, partner, old[kind] if old else (), split)

    inside = {macro: tuple(r for r in regions() if areas()[r]["parent"] == macro) for macro in macro_areas()}
    wide = merged("region", _wide_start(inside, n["region"], least, old, split), _neighbour)
    fine = tuple(block for group in wide for block in merged("region", start("region", group, _smallest), _smallest))
    macro = tuple(tuple(m for m in macro_areas() if set(inside[m]) <= set(group)) for group in wide)
    sector, size = (merged(kind, start(kind, instrument.codes(kind), partner), partner) for kind, partner in (("sector", _bucket), ("size", _neighbour)))
    return Partition(macro, fine, sector, size)


def _start(codes: Sequence[str], n: Counter, least: int, partner: Callable, old: Iterable, split: bool) -> Blocks:
    """Single codes; after an old partition its blocks among them, split where the parts hold enough."""
    blocks = [tuple(block) for block in old if set(block) <= set(codes)]
    single = {code: (code,) for code in codes if not any(code in block for block in blocks)}
    if split:
        blocks = [part for block in blocks for part in _merged(tuple((c,) for c in block), n, codes, partner, lambda b, _: _total(n, b) < least)]
    return tuple(sorted([*blocks, *single.values()], key=lambda block: list(codes).index(block[0])))


def _wide_start(inside: dict[str, tuple[str, ...]], n: Counter, least: int, old: Mapping | None, split: bool) -> list[tuple[str, ...]]:
    """The regions of each macro-area; of macro-areas that stood together, all in one while they cannot stand apart."""
    groups = [tuple(group) for group in old["macro"]] if old else [(macro,) for macro in inside]
    found = []
    for group in groups:
        apart = split and all(_total(n, inside[m]) >= least and all(set(b) <= set(inside[m]) for b in old["region"] if set(b) & set(inside[m])) for m in group) if old else True
        found += [inside[m] for m in group] if apart else [tuple(r for m in group for r in inside[m])]
    return found


def families(
    diagnoses: Sequence[Diagnosis], blocks: Partition, least: int, threshold: int, instrument: Instrument | None = None, old: Mapping | None = None
) -> dict[str, Callable[[str], Family]]:
    """Every linked table of a release, as {family id: function from grain to family}; `old` are the blocks of categories of the last one."""
    instrument = instrument or bank()
    makers = _makers(diagnoses, blocks, least, threshold, instrument, old or {})
    return {f"{table}:{measure}": partial(_family, table, measure, diagnoses, blocks, instrument, *rest) for table, measure, *rest in makers}


def _makers(diagnoses: Sequence[Diagnosis], blocks: Partition, least: int, threshold: int, instrument: Instrument, old: Mapping) -> Iterable[tuple]:
    """(table, measure, category of a diagnosis, blocks of categories, parts) of each family."""
    yield "diagnoses", "sector", lambda d: d.sector, blocks.sector, ("region",)
    months = Counter(d.month for d in diagnoses)
    yield "diagnoses", "month", lambda d: d.month, _chain(months, sorted(months), least, old.get("diagnoses:month", ())), (ALL,)
    for measure in (OVERALL, *(goal.id for goal in instrument.goals)):
        by_level = Counter(d.levels[measure] for d in diagnoses)
        categories = _chain(by_level, [str(level.id) for level in instrument.levels], least, old.get(f"level:{measure}", ()))
        yield "level", measure, lambda d, m=measure: d.levels[m], categories, ("region", "sector", "size")
    for item in instrument.items:
        categories = (*((str(option.points),) for option in item.options), (NONE,), (BLANK,))
        yield "answer", item.id, lambda d, i=item.id: d.answers[i], categories, ("size",)
    yield "action", "first", lambda d: d.action, _rare_together(Counter(d.action for d in diagnoses), threshold), (ALL,)


def _family(
    table: str, measure: str, diagnoses, blocks: Partition, instrument: Instrument, category: Callable, categories: Blocks, parts: tuple[str, ...], grain: str
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
    same = tuple((_keys(parts[0], italy[parts[0]], (c,)), _keys(part, italy[part], (c,))) for part in parts[1:] for c in columns)
    return Family(table, measure, dict(x), tuple(cells), tuple(units), tuple(lines), categories, tuple(totals), same)


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


def domains(part: str, blocks: Partition, instrument: Instrument) -> list[tuple[str, Domain, str, tuple[str, ...]]]:
    """The domains of a part as (kind, domain, part, base codes), Italy first; a block that repeats a wider one is left out."""
    if part == ALL:
        return [("italy", Domain(), ALL, (ALL,))]
    rows = [("italy", Domain(), part, _codes(part, instrument))]
    if part != "region":
        named = getattr(blocks, part)
        make = (lambda code: Domain(sector=code)) if part == "sector" else (lambda code: Domain(size=code))
        return rows + [("wide", make("+".join(block)), part, block) for block in named if len(named) > 1]
    inside = {macro: [r for r in regions() if areas()[r]["parent"] in macro] for macro in blocks.macro}
    wide = [("macro", Domain("+".join(macro)), part, tuple(inside[macro])) for macro in blocks.macro if len(blocks.macro) > 1]
    groups = {tuple(codes) for codes in inside.values()}
    return rows + wide + [("region", Domain("+".join(block)), part, block) for block in blocks.region if block not in groups]


def _columns(rows, place: dict, width: int) -> list[Line]:
    """The sums down the columns: macro-areas, sectors and sizes make Italy; regions make their macro-area."""
    lines = []
    for part in dict.fromkeys(row[2] for row in rows):
        own = [row for row in rows if row[2] == part]
        levels = [[row for row in own if row[0] == kind] for kind in ("italy", "wide" if part != "region" else "macro", "region")]
        levels = [level for level in levels if level]
        for above, below in zip(levels, levels[1:], strict=False):
            for _, domain, _, codes in above:
                children = [place[d] for _, d, _, c in below if set(c) <= set(codes) and d in place]
                for column in range(width) if children else ():
                    parent = place[domain][column] if domain in place else None
                    lines.append(Line(parent, tuple(child[column] for child in children)))
    return lines


@cache
def _codes(kind: str, instrument: Instrument) -> tuple[str, ...]:
    return regions() if kind == "region" else instrument.codes(kind)


def _chain(n: Counter, codes: Sequence[str], least: int, old: Iterable = ()) -> Blocks:
    """Codes in order, neighbours merged until each block holds `least`; old blocks stay whole or split into such blocks."""
    return _merged(_start(codes, n, least, _neighbour, old, True), n, codes, _neighbour, lambda block, _: _total(n, block) < least)


def _merged(blocks: Blocks, n: Counter, codes: Sequence[str], partner: Callable, bad: Callable) -> Blocks:
    """The smallest bad block joins its partner, until none is bad or one is left. Blocks keep the order of `codes`."""
    total = partial(_total, n)
    while len(blocks) > 1 and (wrong := [block for block in blocks if bad(block, blocks)]):
        block = min(wrong, key=total)
        friend = partner(block, blocks, total)
        joined = tuple(code for code in codes if code in block + friend)
        blocks = tuple(joined if b == friend else b for b in blocks if b != block)
    return blocks


def _total(n: Counter, block: Iterable[str]) -> int:
    return sum(n[code] for code in block)


def _neighbour(block, blocks, total):
    here = blocks.index(block)
    return min(blocks[max(0, here - 1) : here] + blocks[here + 1 : here + 2], key=total)


def _smallest(block, blocks, total):
    return min((b for b in blocks if b != block), key=total)


def _bucket(block, blocks, total):
    """Sectors go into the one called "other"; that one takes the smallest."""
    return next((b for b in blocks if OTHER in b and b != block), None) or _smallest(block, blocks, total)


def _rare_together(n: Counter, threshold: int) -> Blocks:
    """The frequent codes alone, the rare ones as one block of at least `threshold`."""
    codes = [code for code, _ in sorted(n.items(), key=lambda pair: (-pair[1], pair[0]))]
    frequent = [code for code in codes if n[code] >= threshold]
    rare = [code for code in codes if n[code] < threshold]
    while rare and frequent and sum(n[code] for code in rare) < threshold:
        rare.insert(0, frequent.pop())
    return (*((code,) for code in frequent), *((tuple(rare),) if rare else ()))


def _counted(row: Contribution, instrument: Instrument) -> Diagnosis:
    answers, goals = json.loads(row.answers), json.loads(row.goals)
    given = {id: answer for id, answer in answers.items() if answer not in (SKIPPED, HIDDEN_ZERO, HIDDEN_EXCLUDE)}
    actions = plan(score(given, instrument), [g for g in (row.goal_1, row.goal_2) if g], instrument).actions
    return Diagnosis(
        id=row.diagnosis_id, region=row.region, sector=row.sector, size=row.size_class, month=row.month,
        levels={OVERALL: str(row.level)} | {id: str(goal[3]) for id, goal in goals.items()},
        scores={OVERALL: row.score} | {id: goal[0] for id, goal in goals.items()},
        answers={id: _category(answer) for id, answer in answers.items()},
        action=actions[0].id if actions else NONE,
    )


def _category(answer) -> str:
    if answer == HIDDEN_ZERO:
        return "0"
    return {DONT_KNOW: BLANK, SKIPPED: BLANK, NOT_APPLICABLE: NONE, HIDDEN_EXCLUDE: NONE}.get(answer, str(answer))
