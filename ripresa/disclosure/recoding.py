"""Which codes stand alone in a release and which together: what stands alone holds enough diagnoses to be told."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from ripresa.diagnosis.questionnaire import Instrument, areas, bank, macro_areas, regions

KINDS = ("region", "sector", "size")
OTHER = "OTHER"  # the sector that takes in the small ones

Blocks = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Partition:
    """Which codes stand together in this release."""

    macro: Blocks
    region: Blocks
    sector: Blocks
    size: Blocks


def partition(
    diagnoses: Sequence,
    least: int,
    instrument: Instrument | None = None,
    old: Mapping | None = None,
    unfit: Callable = lambda kind, block, blocks: False,
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


def _partition(
    n: dict[str, Counter],
    least: int,
    instrument: Instrument,
    old: Mapping | None,
    split: bool,
    unfit: Callable,
) -> Partition:
    def merged(kind: str, start: Iterable, partner: Callable) -> Blocks:
        return _merged(
            tuple(start),
            n[kind],
            codes_of(kind, instrument),
            partner,
            lambda block, all_: _total(n[kind], block) < least or unfit(kind, block, all_),
        )

    def start(kind: str, codes: Sequence[str], partner: Callable) -> Blocks:
        return _start(codes, n[kind], least, partner, old[kind] if old else (), split)

    inside = {macro: tuple(r for r in regions() if areas()[r]["parent"] == macro) for macro in macro_areas()}
    wide = merged("region", _wide_start(inside, n["region"], least, old, split), _neighbour)
    fine = tuple(
        block for group in wide for block in merged("region", start("region", group, _smallest), _smallest)
    )
    macro = tuple(tuple(m for m in macro_areas() if set(inside[m]) <= set(group)) for group in wide)
    sector, size = (
        merged(kind, start(kind, instrument.codes(kind), partner), partner)
        for kind, partner in (("sector", _bucket), ("size", _neighbour))
    )
    return Partition(macro, fine, sector, size)


def _start(
    codes: Sequence[str], n: Counter, least: int, partner: Callable, old: Iterable, split: bool
) -> Blocks:
    """Single codes; after an old partition its blocks among them, split where the parts hold enough."""
    blocks = [tuple(block) for block in old if set(block) <= set(codes)]
    single = {code: (code,) for code in codes if not any(code in block for block in blocks)}
    if split:
        blocks = [
            part
            for block in blocks
            for part in _merged(
                tuple((c,) for c in block), n, codes, partner, lambda b, _: _total(n, b) < least
            )
        ]
    return tuple(sorted([*blocks, *single.values()], key=lambda block: list(codes).index(block[0])))


def _wide_start(
    inside: dict[str, tuple[str, ...]], n: Counter, least: int, old: Mapping | None, split: bool
) -> list[tuple[str, ...]]:
    """The regions of each macro-area; of macro-areas that stood together, all in one while they cannot stand apart."""
    groups = [tuple(group) for group in old["macro"]] if old else [(macro,) for macro in inside]
    found = []
    for group in groups:
        apart = len(group) == 1 or (
            split and all(_can_stand(inside[m], n, least, old["region"]) for m in group)
        )
        found += [inside[m] for m in group] if apart else [tuple(r for m in group for r in inside[m])]
    return found


def _can_stand(macro: tuple[str, ...], n: Counter, least: int, old: Iterable) -> bool:
    """A macro-area holds enough, and no old block of regions reaches out of it."""
    return _total(n, macro) >= least and all(
        set(block) <= set(macro) for block in old if set(block) & set(macro)
    )


@cache
def codes_of(kind: str, instrument: Instrument) -> tuple[str, ...]:
    """The codes of regions, sectors or size classes, in order."""
    return regions() if kind == "region" else instrument.codes(kind)


def chain(n: Counter, codes: Sequence[str], least: int, old: Iterable = ()) -> Blocks:
    """Codes in order, neighbours merged until each block holds `least`; old blocks stay whole or split into such blocks."""
    return _merged(
        _start(codes, n, least, _neighbour, old, True),
        n,
        codes,
        _neighbour,
        lambda block, _: _total(n, block) < least,
    )


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


def rare_together(n: Counter, threshold: int) -> Blocks:
    """The frequent codes alone, the rare ones as one block of at least `threshold`."""
    codes = [code for code, _ in sorted(n.items(), key=lambda pair: (-pair[1], pair[0]))]
    frequent = [code for code in codes if n[code] >= threshold]
    rare = [code for code in codes if n[code] < threshold]
    while rare and frequent and sum(n[code] for code in rare) < threshold:
        rare.insert(0, frequent.pop())
    return (*((code,) for code in frequent), *((tuple(rare),) if rare else ()))
