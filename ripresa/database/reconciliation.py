"""Reduces the rows published for one key to one observation, and records why the others are excluded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ripresa.catalogue import Indicator
from ripresa.database.published_observation import PublishedObservation
from ripresa.database.raw_rows import STATUSES


@dataclass
class Reconciliation:
    """Every row is either in one observation's sources or excluded with a reason."""

    observations: list[tuple[PublishedObservation, list[PublishedObservation]]] = field(default_factory=list)
    excluded: list[tuple[PublishedObservation, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def reconcile(rows: Iterable[PublishedObservation], indicators: Mapping[str, Indicator]) -> Reconciliation:
    """Excludes by the catalogue's rules, then chooses one row per key."""
    result = Reconciliation()
    rows_by_key: dict[tuple[str, ...], list[PublishedObservation]] = {}
    for row in rows:
        if reason := _get_exclusion_reason(row, indicators.get(row.indicator)):
            result.excluded.append((row, reason))
        else:
            rows_by_key.setdefault(row.key, []).append(row)
    for candidates in rows_by_key.values():
        _choose_row(candidates, indicators[candidates[0].indicator], result)
    return result


def _choose_row(rows: list[PublishedObservation], indicator: Indicator, result: Reconciliation) -> None:
    """Adds the observation of one key: the preferred row, in the finest rounding that agrees with it."""
    superseded = _find_superseded(rows)
    chosen, *others = sorted(
        (row for row in rows if row not in superseded), key=lambda row: _get_preference_key(row, indicator)
    )
    agreeing = [chosen, *(row for row in others if chosen.agrees_with(row))]
    disagreeing = [row for row in others if not chosen.agrees_with(row)]
    result.excluded += [(row, "vintage") for row in (*superseded, *disagreeing)]
    priority = _get_source_priority(chosen, indicator)
    result.errors += [
        f"{row.source_location}: {row.indicator} of {row.geo}, {row.period} is {row.value:g} here and "
        f"{chosen.value:g} in {chosen.source_location}; say which is charted with source_priority in "
        f"data/catalogue/indicators.toml, [{row.indicator}], or correct one."
        for row in disagreeing
        if _get_source_priority(row, indicator) == priority
    ]
    flags = "".join(rule["flag"] for rule in indicator.flag_rules if chosen.matches_rule(rule))
    finest = max(agreeing, key=lambda row: row.decimals)
    result.observations.append((replace(finest, flags=finest.flags + flags), agreeing))


def _get_exclusion_reason(row: PublishedObservation, indicator: Indicator | None) -> str:
    if row.exclusion_reason:
        return row.exclusion_reason
    if row.status == "disputed":
        return "disputed"
    if indicator is None:
        return "no_paragraph"
    return next(
        (rule["exclusion_reason"] for rule in indicator.exclusion_rules if row.matches_rule(rule)), ""
    )


def _find_superseded(rows: list[PublishedObservation]) -> list[PublishedObservation]:
    """Rows of one key contradicted by a newer publication of their source, where one of the two is imported.

    Two raw files that disagree are an error instead.
    """
    if not any(row.is_imported for row in rows):
        return []
    by_date = sorted(rows, key=lambda row: (row.publication_date, row.is_imported, row.source_location))
    newest = {row.source: row for row in by_date}
    return [
        row
        for row in rows
        if (row.is_imported or newest[row.source].is_imported)
        and row.file != newest[row.source].file
        and not row.agrees_with(newest[row.source])
    ]


def _get_source_priority(row: PublishedObservation, indicator: Indicator) -> int:
    """Position in source_priority of the row's source, publisher or confidence; after all where absent."""
    names = (row.source, row.citation.publisher, row.citation.confidence)
    positions = [place for place, name in enumerate(indicator.source_priority) if name in names]
    return min(positions, default=len(indicator.source_priority))


def _get_preference_key(row: PublishedObservation, indicator: Indicator) -> tuple[object, ...]:
    """Sorts by source_priority, then imported first, by status, by finer rounding and by place."""
    return (
        _get_source_priority(row, indicator),
        not row.is_imported,
        STATUSES.index(row.status),
        -row.decimals,
        row.source_location,
    )
