"""Which regions, sectors and size classes a release shows apart and which it merges into blocks."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ripresa.diagnosis.diagnosis_records import DIMENSIONS, DiagnosisRecord, count_by_dimension
from ripresa.diagnosis.italian_areas import get_macro_area_codes, get_region_codes, load_italian_areas
from ripresa.diagnosis.questionnaire import Questionnaire
from ripresa.disclosure.recoding import (
    Block,
    Blocks,
    BlockSize,
    PartnerRule,
    StoredBlocks,
    build_initial_blocks,
    merge_until_valid,
    pick_neighbour,
    pick_smallest,
    sum_counts,
)

RESIDUAL_SECTOR = "OTHER"  # small sectors are merged into it

UnfitRule = Callable[
    [str, Block, Blocks], bool
]  # whether this block of a dimension, among all, must be merged


@dataclass(frozen=True)
class Recoding:
    """The blocks of one release."""

    macro: Blocks
    region: Blocks
    sector: Blocks
    size: Blocks


def build_recoding(
    diagnoses: Sequence[DiagnosisRecord],
    questionnaire: Questionnaire,
    previous: StoredBlocks | None = None,
    is_unfit: UnfitRule = lambda dimension, block, blocks: False,
) -> Recoding:
    """Codes merged until each block holds enough diagnoses and is not unfit.

    Regions are merged inside their macro-area, macro-areas and size classes with a neighbour, and sectors
    into "other". The `previous` blocks stay whole or split into blocks that hold enough themselves: if
    the blocks of two releases overlapped otherwise, their difference would reveal the counts of the codes not
    in both.
    """
    counts = count_by_dimension(diagnoses)
    recoding = _Recoder(counts, questionnaire, previous, True, lambda *_: False).recode()
    if any(
        is_unfit(dimension, block, getattr(recoding, dimension))
        for dimension in DIMENSIONS
        for block in getattr(recoding, dimension)
    ):
        return _Recoder(counts, questionnaire, previous, False, is_unfit).recode()
    return recoding


@cache
def get_codes(dimension: str, questionnaire: Questionnaire) -> tuple[str, ...]:
    """The codes of regions, sectors or size classes, in order."""
    return get_region_codes() if dimension == "region" else questionnaire.get_option_codes(dimension)


@dataclass(frozen=True)
class _Recoder:
    counts: Mapping[str, Counter[str]]
    questionnaire: Questionnaire
    previous: StoredBlocks | None
    split_previous: bool
    is_unfit: UnfitRule

    @property
    def min_count(self) -> int:
        return self.questionnaire.privacy["statistics_from"]

    def recode(self) -> Recoding:
        regions = {
            macro: tuple(code for code in get_region_codes() if load_italian_areas()[code]["parent"] == macro)
            for macro in get_macro_area_codes()
        }
        groups = self._merge("region", self._build_macro_blocks(regions), pick_neighbour)
        return Recoding(
            macro=tuple(
                tuple(macro for macro in regions if set(regions[macro]) <= set(group)) for group in groups
            ),
            region=tuple(
                block for group in groups for block in self._recode_codes("region", group, pick_smallest)
            ),
            sector=self._recode_codes("sector", get_codes("sector", self.questionnaire), _pick_residual),
            size=self._recode_codes("size", get_codes("size", self.questionnaire), pick_neighbour),
        )

    def _recode_codes(self, dimension: str, codes: Sequence[str], pick_partner: PartnerRule) -> Blocks:
        previous = self.previous[dimension] if self.previous else ()
        blocks = build_initial_blocks(
            codes, self.counts[dimension], self.min_count, pick_partner, previous, self.split_previous
        )
        return self._merge(dimension, blocks, pick_partner)

    def _merge(self, dimension: str, blocks: Blocks, pick_partner: PartnerRule) -> Blocks:
        counts = self.counts[dimension]
        return merge_until_valid(
            blocks,
            counts,
            get_codes(dimension, self.questionnaire),
            pick_partner,
            lambda block, others: (
                sum_counts(counts, block) < self.min_count or self.is_unfit(dimension, block, others)
            ),
        )

    def _build_macro_blocks(self, regions: Mapping[str, Block]) -> Blocks:
        """The regions of each macro-area; merged macro-areas stay merged until they are separable."""
        blocks: list[Block] = []
        for group in self.previous["macro"] if self.previous else [(macro,) for macro in regions]:
            parts = [regions[macro] for macro in group]
            if len(group) == 1 or self._are_separable(parts):
                blocks += parts
            else:
                blocks.append(tuple(code for part in parts for code in part))
        return tuple(blocks)

    def _are_separable(self, macro_areas: Iterable[Block]) -> bool:
        """Each macro-area holds enough, and no previous block of regions crosses its border."""
        previous = self.previous["region"] if self.previous else ()
        return self.split_previous and all(
            sum_counts(self.counts["region"], codes) >= self.min_count
            and all(set(block) <= set(codes) for block in previous if set(block) & set(codes))
            for codes in macro_areas
        )


def _pick_residual(block: Block, blocks: Blocks, size: BlockSize) -> Block:
    """Sectors are merged into the residual one, and that one with the smallest."""
    residual = next((other for other in blocks if RESIDUAL_SECTOR in other and other != block), None)
    return residual or pick_smallest(block, blocks, size)
