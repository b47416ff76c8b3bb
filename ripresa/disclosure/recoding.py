"""Which codes stand alone in a release and which together: what stands alone holds enough diagnoses to be told."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from ripresa.diagnosis.questionnaire import (
    Questionnaire,
    get_macro_area_codes,
    get_questionnaire,
    get_region_codes,
    load_italian_areas,
)

DIMENSIONS = ("region", "sector", "size")
RESIDUAL_SECTOR = "OTHER"  # the sector that takes in the small ones

Blocks = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Recoding:
    """Which codes stand together in this release."""

    macro: Blocks
    region: Blocks
    sector: Blocks
    size: Blocks


def build_recoding(
    diagnoses: Sequence,
    min_count: int,
    questionnaire: Questionnaire | None = None,
    previous: Mapping | None = None,
    is_unfit: Callable = lambda kind, block, blocks: False,
) -> Recoding:
    """Codes merged until each block holds `least` diagnoses and is not `unfit`: regions inside their macro-area, macro-areas and sizes with a
    neighbour, sectors into "other".

    After an `old` partition its blocks stay whole or split into blocks that hold `least` themselves: two releases whose blocks overlap
    otherwise would give away what is in one and not in the other.
    """
    questionnaire = questionnaire or get_questionnaire()
    n = {kind: Counter(getattr(d, kind) for d in diagnoses) for kind in DIMENSIONS}
    split = _recode(n, min_count, questionnaire, previous, True, lambda *_: False)
    if not any(
        is_unfit(kind, block, getattr(split, kind)) for kind in DIMENSIONS for block in getattr(split, kind)
    ):
        return split
    return _recode(n, min_count, questionnaire, previous, False, is_unfit)


def _recode(
    n: dict[str, Counter],
    least: int,
    questionnaire: Questionnaire,
    old: Mapping | None,
    split: bool,
    unfit: Callable,
) -> Recoding:
    def merged(kind: str, start: Iterable, partner: Callable) -> Blocks:
        return _merge_until_valid(
            tuple(start),
            n[kind],
            get_codes(kind, questionnaire),
            partner,
            lambda block, all_: _sum_counts(n[kind], block) < least or unfit(kind, block, all_),
        )

    def start(kind: str, codes: Sequence[str], partner: Callable) -> Blocks:
        return _build_initial_blocks(codes, n[kind], least, partner, old[kind] if old else (), split)

    inside = {
        macro: tuple(r for r in get_region_codes() if load_italian_areas()[r]["parent"] == macro)
        for macro in get_macro_area_codes()
    }
    wide = merged(
        "region", _build_initial_macro_blocks(inside, n["region"], least, old, split), _pick_neighbour
    )
    fine = tuple(
        block
        for group in wide
        for block in merged("region", start("region", group, _pick_smallest), _pick_smallest)
    )
    macro = tuple(tuple(m for m in get_macro_area_codes() if set(inside[m]) <= set(group)) for group in wide)
    sector, size = (
        merged(kind, start(kind, questionnaire.get_option_codes(kind), partner), partner)
        for kind, partner in (("sector", _pick_residual), ("size", _pick_neighbour))
    )
    return Recoding(macro, fine, sector, size)


def _build_initial_blocks(
    codes: Sequence[str], n: Counter, least: int, partner: Callable, old: Iterable, split: bool
) -> Blocks:
    """Single codes; after an old partition its blocks among them, split where the parts hold enough."""
    blocks = [tuple(block) for block in old if set(block) <= set(codes)]
    single = {code: (code,) for code in codes if not any(code in block for block in blocks)}
    if split:
        blocks = [
            part
            for block in blocks
            for part in _merge_until_valid(
                tuple((c,) for c in block), n, codes, partner, lambda b, _: _sum_counts(n, b) < least
            )
        ]
    return tuple(sorted([*blocks, *single.values()], key=lambda block: list(codes).index(block[0])))


def _build_initial_macro_blocks(
    inside: dict[str, tuple[str, ...]], n: Counter, least: int, old: Mapping | None, split: bool
) -> list[tuple[str, ...]]:
    """The regions of each macro-area; of macro-areas that stood together, all in one while they cannot stand apart."""
    groups = [tuple(group) for group in old["macro"]] if old else [(macro,) for macro in inside]
    found = []
    for group in groups:
        apart = len(group) == 1 or (
            split and all(_is_separable(inside[m], n, least, old["region"]) for m in group)
        )
        found += [inside[m] for m in group] if apart else [tuple(r for m in group for r in inside[m])]
    return found


def _is_separable(macro: tuple[str, ...], n: Counter, least: int, old: Iterable) -> bool:
    """A macro-area holds enough, and no old block of regions reaches out of it."""
    return _sum_counts(n, macro) >= least and all(
        set(block) <= set(macro) for block in old if set(block) & set(macro)
    )


@cache
def get_codes(dimension: str, questionnaire: Questionnaire) -> tuple[str, ...]:
    """The codes of regions, sectors or size classes, in order."""
    return get_region_codes() if dimension == "region" else questionnaire.get_option_codes(dimension)


def merge_adjacent_codes(
    counts: Counter, codes: Sequence[str], min_count: int, previous: Iterable = ()
) -> Blocks:
    """Codes in order, neighbours merged until each block holds `least`; old blocks stay whole or split into such blocks."""
    return _merge_until_valid(
        _build_initial_blocks(codes, counts, min_count, _pick_neighbour, previous, True),
        counts,
        codes,
        _pick_neighbour,
        lambda block, _: _sum_counts(counts, block) < min_count,
    )


def _merge_until_valid(
    blocks: Blocks, n: Counter, codes: Sequence[str], partner: Callable, bad: Callable
) -> Blocks:
    """The smallest bad block joins its partner, until none is bad or one is left. Blocks keep the order of `codes`."""
    total = partial(_sum_counts, n)
    while len(blocks) > 1 and (wrong := [block for block in blocks if bad(block, blocks)]):
        block = min(wrong, key=total)
        friend = partner(block, blocks, total)
        joined = tuple(code for code in codes if code in block + friend)
        blocks = tuple(joined if b == friend else b for b in blocks if b != block)
    return blocks


def _sum_counts(n: Counter, block: Iterable[str]) -> int:
    return sum(n[code] for code in block)


def _pick_neighbour(block, blocks, total):
    here = blocks.index(block)
    return min(blocks[max(0, here - 1) : here] + blocks[here + 1 : here + 2], key=total)


def _pick_smallest(block, blocks, total):
    return min((b for b in blocks if b != block), key=total)


def _pick_residual(block, blocks, total):
    """Sectors go into the one called "other"; that one takes the smallest."""
    return next((b for b in blocks if RESIDUAL_SECTOR in b and b != block), None) or _pick_smallest(
        block, blocks, total
    )


def group_rare_codes(counts: Counter, threshold: int) -> Blocks:
    """The frequent codes alone, the rare ones as one block of at least `threshold`."""
    codes = [code for code, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]
    frequent = [code for code in codes if counts[code] >= threshold]
    rare = [code for code in codes if counts[code] < threshold]
    while rare and frequent and sum(counts[code] for code in rare) < threshold:
        rare.insert(0, frequent.pop())
    return (*((code,) for code in frequent), *((tuple(rare),) if rare else ()))
