"""Reads and validates everything a build writes."""

from collections.abc import Iterator
from pathlib import Path

from ripresa import catalogue
from ripresa.database.build_errors import BuildError
from ripresa.database.code_lists import CODE_LIST_COLUMNS, CodeList
from ripresa.database.input_files import find_raw_files, read_csv
from ripresa.database.published_observation import PublishedObservation
from ripresa.database.raw_rows import RAW_COLUMNS, RawRowParser
from ripresa.database.reconciliation import reconcile
from ripresa.database.resources import RESOURCE_COLUMNS, find_resource_errors, normalize_resource

DERIVED_INDICATORS = {"gva_points_vs_italy"}  # without raw rows: computed in data/derive.sql
MAX_SHOWN_ERRORS = 40


class Dataset:
    """The declarations, the code lists and the reconciled rows of a data folder.

    Raises BuildError with one sentence per error, at most MAX_SHOWN_ERRORS of them.
    """

    def __init__(self, root: Path):
        self.root = root
        try:
            self.indicators = catalogue.load_indicators(root)
            self.topics, self.sources = catalogue.load_topics(root), catalogue.load_sources(root)
        except catalogue.CatalogueError as error:
            raise BuildError(str(error)) from None
        self.code_lists = {name: CodeList(root / "codes" / f"{name}.csv") for name in CODE_LIST_COLUMNS}
        self.claims = list(read_csv(root / "claims.csv"))
        self._errors: list[str] = []
        self.resources = [
            normalize_resource(row) for row in read_csv(root / "resources.csv", RESOURCE_COLUMNS)
        ]
        areas = {row["code"] for row in self.code_lists["geographies"].rows}
        for line, resource in enumerate(self.resources, start=2):
            self._errors += find_resource_errors(resource, line, areas)
        parser = RawRowParser(self.code_lists, self.indicators)
        self.rows = [row for path in find_raw_files(root) for row in self._read_raw_file(path, parser)]
        reconciliation = reconcile(self.rows, self.indicators)
        self.observations = reconciliation.observations
        self.excluded_observations = reconciliation.excluded
        self._errors += [*reconciliation.errors, *self._find_indicators_without_rows()]
        if self._errors:
            hidden = len(self._errors) - MAX_SHOWN_ERRORS
            more = [f"… and {hidden} more faults."] if hidden > 0 else []
            raise BuildError("\n".join(self._errors[:MAX_SHOWN_ERRORS] + more))

    def _read_raw_file(self, path: Path, parser: RawRowParser) -> Iterator[PublishedObservation]:
        source = path.stem.split("__")[0]
        file = f"data/{path.parent.name}/{path.name}"
        if source not in self.sources:
            self._errors.append(
                f"{file}: {source!r} is not in data/catalogue/sources.toml; "
                f"a raw file's name starts with one of: {', '.join(self.sources)}."
            )
            return
        for line, row in enumerate(read_csv(path, RAW_COLUMNS), start=2):
            place = f"{file}, row {line}"
            try:
                yield parser.parse(row, source, place)
            except (KeyError, ValueError) as error:
                self._errors.append(f"{place}: {error.args[0]}.")

    def _find_indicators_without_rows(self) -> list[str]:
        with_rows = {row.indicator for row, _ in self.observations} | DERIVED_INDICATORS
        return [
            f"data/catalogue/indicators.toml, [{id}]: no figure of it is in data/raw; "
            "add its rows or remove the paragraph."
            for id in self.indicators
            if id not in with_rows
        ]
