"""Verifies a file: whether it was exported by this site, is unchanged, and is current.

Three checks in this order: its checksums match (seal.py); its observations are those published in its data
version; they are still those of the current version. Where a checksum of a row does not match, the changed
cell is found by trial: the published value, the values of other rows, any other digit. Files of the API and
of the pages have no seal: only their observations are compared, and the message says so.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ripresa import settings
from ripresa.database import query, releases
from ripresa.database.published_observation import KEY_COLUMNS
from ripresa.exports.seal import (
    OBSERVATION_FIELDS,
    Seal,
    checksum_column,
    checksum_row,
    compute_fingerprint,
    normalize_cell,
)
from ripresa.exports.verify_reader import (
    Finding,
    ParsedFile,
    UnknownFileError,
    find_invalid_rows,
    get_checksum_columns,
    parse_file,
)
from ripresa.i18n import t

STATES = ("current", "revised", "altered", "not_ours")
COMPARED_FIELDS = ("value", "ci_low", "ci_high")
MAX_FINDINGS_SHOWN = 20
MAX_ROWS_REPAIRED = 40  # rows whose changed cell is searched
MAX_CANDIDATE_ROWS = 400  # rows whose values are tried in place of a changed one
MAX_CANDIDATE_LETTERS = 300  # letters of a cell whose digits are replaced


@dataclass(frozen=True)
class VerificationResult:
    """The result of verify_file; `state` is one of STATES."""

    state: str
    file_name: str
    version: str = ""
    current_version: str = ""
    view: str = ""
    row_count: int = 0
    findings: tuple[Finding, ...] = ()
    unsealed: bool = False
    is_former: bool = False  # made before 1.0

    @property
    def phrase_key(self) -> str:
        """The state as in the keys of its translations: files without a seal have their own."""
        if self.unsealed:
            return f"unsealed_{self.state}"
        is_intact = self.state in ("current", "revised")
        return f"former_{self.state}" if self.is_former and is_intact else self.state

    def format_message(self, lang: str) -> str:
        """The result in one sentence."""
        count = sum(finding.kind in ("revised", "withdrawn") for finding in self.findings)
        key = f"verify_{self.phrase_key}"
        if self.state in ("current", "revised") and not key.startswith("verify_former_"):
            is_available = (
                self.version in ("", self.current_version)
                or releases.load_observations(self.version) is not None
            )
            key += "" if is_available else "_unknown"
        return t(
            key,
            lang,
            name=self.file_name,
            version=self.version,
            current=self.current_version,
            rows=self.row_count,
            count=count,
        )

    def format_findings(self, lang: str) -> list[str]:
        """The findings, one per line, at most MAX_FINDINGS_SHOWN and how many more."""
        lines = [finding.format_message(lang) for finding in self.findings]
        if len(lines) <= MAX_FINDINGS_SHOWN:
            return lines
        return [*lines[:MAX_FINDINGS_SHOWN], t("detail_more", lang, count=len(lines) - MAX_FINDINGS_SHOWN)]


def verify_file(file: bytes | str | Path, name: str = "", sidecar: bytes | None = None) -> VerificationResult:
    """Verifies a file, given as its path or its bytes.

    sidecar: the CSVW metadata of a CSV; by default read from the folder of the path.
    """
    if not isinstance(file, bytes):
        path = Path(file)
        metadata = path.with_name(f"{path.name}-metadata.json")
        if sidecar is None and path.suffix == ".csv" and metadata.exists():
            sidecar = metadata.read_bytes()
        file, name = path.read_bytes(), name or path.name
    name = name or "file"
    try:
        parsed = parse_file(file, sidecar)
    except UnknownFileError:
        return VerificationResult("not_ours", name, current_version=query.get_data_version())
    return _verify_parsed_file(parsed, name)


# --- checks ---


def _verify_parsed_file(parsed: ParsedFile, name: str) -> VerificationResult:
    current = query.get_data_version()
    seal: Seal = parsed.seal or {}
    version = seal.get("version", "")
    if not parsed.seal and parsed.rows:
        version = Counter(row["data_version"] for row in parsed.rows).most_common(1)[0][0]
    findings = list(parsed.findings)
    if seal.get("broken"):
        findings.append(Finding("seal"))
    observations = parsed.observations
    if parsed.unsealed:
        findings += _find_mixed_versions(parsed.rows, version)
    elif observations is None:
        findings += _find_changed_cells(parsed, version)
    if observations is None:
        observations = sorted({_get_observation(row) for row in parsed.rows})
    if (
        seal
        and not findings
        and compute_fingerprint(version, seal["view"], observations) != seal["fingerprint"]
    ):
        findings.append(Finding("seal"))
    if parsed.unsealed or not findings:
        findings += _find_unpublished(observations, version)
    state = "altered" if findings else "current"
    if not findings and version != current:
        findings = list(_find_revised(observations, current))
        state = "revised" if findings else "current"
    return VerificationResult(
        state,
        name,
        version,
        current,
        seal.get("view", ""),
        len(observations),
        tuple(findings),
        parsed.unsealed,
        parsed.is_former,
    )


def _find_changed_cells(parsed: ParsedFile, version: str) -> Iterator[Finding]:
    """Rows and columns of a table whose checksum does not match."""
    rows = parsed.rows
    seal: Seal = parsed.seal or {}
    checksums = seal.get("columns") or {}
    invalid = find_invalid_rows(rows)
    columns = [
        name
        for name in (get_checksum_columns(rows[0]) if rows else ())
        if name in checksums and checksum_column(row[name] for row in rows) != checksums[name]
    ]
    for index in invalid[:MAX_ROWS_REPAIRED]:
        yield _locate_changed_cell(rows, index, columns, version)
    if len(invalid) > MAX_ROWS_REPAIRED:
        yield Finding("more_rows", (("count", str(len(invalid) - MAX_ROWS_REPAIRED)),))
    if seal and len(rows) != seal.get("rows"):
        yield Finding("rows", (("found", str(len(rows))), ("sealed", str(seal.get("rows")))))
    elif columns and not invalid:
        yield Finding("columns", (("columns", ", ".join(columns)),))


def _find_mixed_versions(rows: list[dict[str, str]], version: str) -> Iterator[Finding]:
    """Rows of another version than most rows of the file."""
    for row in rows:
        if row["data_version"] != version:
            yield Finding(
                "version",
                (
                    ("geo", row["geo"]),
                    ("period", row["period"]),
                    ("found", row["data_version"]),
                    ("version", version),
                ),
            )


def _locate_changed_cell(rows: list[dict[str, str]], index: int, columns: list[str], version: str) -> Finding:
    """Which cell of a row was changed and its original, by trying candidates until the checksum matches."""
    row = rows[index]
    place = (("row", str(index + 2)), ("geo", row["geo"]), ("period", row["period"]))
    names = get_checksum_columns(row)
    expected = checksum_row(row[name] for name in names)
    if sum(a != b for a, b in zip(expected, row["check"].ljust(8), strict=False)) <= 2:
        return Finding("cell", (*place, ("column", "check"), ("found", row["check"]), ("was", expected)))
    published = _get_published_observations(version).get(_get_observation_key(row), {})
    for name in sorted(names, key=lambda name: (name not in columns, name not in OBSERVATION_FIELDS)):
        for other in _iter_candidates(name, row[name], rows, published):
            if checksum_row(other if column == name else row[column] for column in names) == row["check"]:
                return Finding("cell", (*place, ("column", name), ("found", row[name]), ("was", other)))
    for name in OBSERVATION_FIELDS:
        if name in published and published[name] != row[name]:
            return Finding("cell", (*place, ("column", name), ("found", row[name]), ("was", published[name])))
    return Finding("row", (*place, ("columns", ", ".join(columns) or "?")))


def _iter_candidates(
    name: str, value: str, rows: list[dict[str, str]], published: dict[str, str]
) -> Iterator[str]:
    """Values that a changed cell may have had, the most likely first."""
    if name in published:
        yield published[name]
    yield from dict.fromkeys(row[name] for row in rows[:MAX_CANDIDATE_ROWS])
    for index, letter in enumerate(value[:MAX_CANDIDATE_LETTERS]):
        if letter.isdigit():
            yield from (
                value[:index] + digit + value[index + 1 :] for digit in "0123456789" if digit != letter
            )


def _find_unpublished(observations: list[tuple[str, ...]], version: str) -> Iterator[Finding]:
    """Observations that differ from their version; none where that version is not available."""
    published = _get_published_observations(version)
    for observation in observations if published else ():
        key, values = _split_observation(observation)
        original = published.get(key)
        place = (("geo", key[1]), ("period", key[5]), ("version", version))
        if original is None:
            yield Finding("unpublished", (*place, ("found", values["value"])))
            continue
        for name in OBSERVATION_FIELDS:
            if values[name] != original[name]:
                yield Finding(
                    "differs", (*place, ("column", name), ("found", values[name]), ("was", original[name]))
                )


def _find_revised(observations: list[tuple[str, ...]], current: str) -> Iterator[Finding]:
    """Observations that the current version has with another value, or no longer."""
    published = _get_published_observations(current)
    for observation in observations:
        key, values = _split_observation(observation)
        now, place = published.get(key), (("geo", key[1]), ("period", key[5]))
        if now is None:
            yield Finding("withdrawn", (*place, ("was", values["value"])))
        elif values["value"] != now["value"]:
            yield Finding("revised", (*place, ("was", values["value"]), ("now", now["value"])))
        elif any(values[name] != now[name] for name in COMPARED_FIELDS):
            old_interval, new_interval = _format_with_interval(values), _format_with_interval(now)
            yield Finding("revised", (*place, ("was", old_interval), ("now", new_interval)))


def _split_observation(observation: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The key of an observation and its values by field."""
    values = observation[len(KEY_COLUMNS) :]
    return observation[: len(KEY_COLUMNS)], dict(zip(OBSERVATION_FIELDS, values, strict=True))


def _format_with_interval(values: dict[str, str]) -> str:
    return f"{values['value']} [{values['ci_low']}, {values['ci_high']}]"


def _get_observation_key(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(
        row["published_geo"] if name == "geo" and row["published_geo"] else row[name] for name in KEY_COLUMNS
    )


def _get_observation(row: dict[str, str]) -> tuple[str, ...]:
    return (*_get_observation_key(row), *(row[name] for name in OBSERVATION_FIELDS))


def _get_published_observations(version: str) -> dict[tuple[str, ...], dict[str, str]]:
    """The observations of a version by key; empty where it is not available."""
    database = settings.get_database_path()
    return _load_published_observations(version, database.stat().st_mtime_ns if database.exists() else 0)


@lru_cache(maxsize=4)
def _load_published_observations(version: str, modified: int) -> dict[tuple[str, ...], dict[str, str]]:
    observations = releases.load_observations(version)
    if observations is None:
        return {}
    columns = [
        [normalize_cell(value) for value in observations[name].tolist()]
        for name in (*KEY_COLUMNS, *OBSERVATION_FIELDS)
    ]
    return dict(map(_split_observation, zip(*columns, strict=True)))
