"""Global recoding: merges codes of a classification until each block holds enough units."""

from collections.abc import Callable, Iterable, Mapping, Sequence

Block = tuple[str, ...]
Blocks = tuple[Block, ...]
StoredBlocks = Mapping[str, Sequence[Sequence[str]]]  # blocks by name, as read back from JSON
BlockSize = Callable[[Block], int]
PartnerRule = Callable[
    [Block, Blocks, BlockSize], Block
]  # which of the blocks an invalid block is merged with


def merge_until_valid(
    blocks: Blocks,
    counts: Mapping[str, int],
    codes: Sequence[str],
    pick_partner: PartnerRule,
    is_invalid: Callable[[Block, Blocks], bool],
) -> Blocks:
    """Merges the smallest invalid block with its partner until all are valid or one is left.

    Inside a block the codes have the order of `codes`.
    """

    def size(block: Block) -> int:
        return sum_counts(counts, block)

    while len(blocks) > 1 and (invalid := [block for block in blocks if is_invalid(block, blocks)]):
        smallest = min(invalid, key=size)
        partner = pick_partner(smallest, blocks, size)
        merged = tuple(code for code in codes if code in smallest + partner)
        blocks = tuple(merged if block == partner else block for block in blocks if block != smallest)
    return blocks


def build_initial_blocks(
    codes: Sequence[str],
    counts: Mapping[str, int],
    min_count: int,
    pick_partner: PartnerRule,
    previous: Iterable[Iterable[str]] = (),
    split_previous: bool = True,
) -> Blocks:
    """Single codes; a previous block stays whole, or is split where each part holds `min_count`."""
    blocks = [block for block in map(tuple, previous) if set(block) <= set(codes)]
    merged_codes = {code for block in blocks for code in block}
    if split_previous:
        blocks = [
            part
            for block in blocks
            for part in merge_until_valid(
                tuple((code,) for code in block),
                counts,
                codes,
                pick_partner,
                lambda candidate, _: sum_counts(counts, candidate) < min_count,
            )
        ]
    blocks += [(code,) for code in codes if code not in merged_codes]
    return tuple(sorted(blocks, key=lambda block: list(codes).index(block[0])))


def merge_adjacent_codes(
    counts: Mapping[str, int], codes: Sequence[str], min_count: int, previous: Iterable[Iterable[str]] = ()
) -> Blocks:
    """Codes in order, neighbours merged until each block holds `min_count`."""
    return merge_until_valid(
        build_initial_blocks(codes, counts, min_count, pick_neighbour, previous),
        counts,
        codes,
        pick_neighbour,
        lambda block, _: sum_counts(counts, block) < min_count,
    )


def group_rare_codes(counts: Mapping[str, int], threshold: int) -> Blocks:
    """The frequent codes as single blocks, the rare ones as one block of at least `threshold` units."""
    codes = sorted(counts, key=lambda code: (-counts[code], code))
    frequent = [code for code in codes if counts[code] >= threshold]
    rare = [code for code in codes if counts[code] < threshold]
    while rare and frequent and sum_counts(counts, rare) < threshold:
        rare.insert(0, frequent.pop())
    blocks = [(code,) for code in frequent]
    return (*blocks, tuple(rare)) if rare else tuple(blocks)


def pick_neighbour(block: Block, blocks: Blocks, size: BlockSize) -> Block:
    """The smaller of the blocks before and after."""
    position = blocks.index(block)
    return min(blocks[max(0, position - 1) : position] + blocks[position + 1 : position + 2], key=size)


def pick_smallest(block: Block, blocks: Blocks, size: BlockSize) -> Block:
    """The smallest of the other blocks."""
    return min((other for other in blocks if other != block), key=size)


def sum_counts(counts: Mapping[str, int], codes: Iterable[str]) -> int:
    """The units of these codes together."""
    return sum(counts.get(code, 0) for code in codes)
