"""Is this figure, or this table, ours, intact and current? For a person who received a file, and for the page where one drops it.

Three things are asked, in this order. Do its checks hold (fingerprint.py)? Are its figures those published in its data version? Are they still the
figures of the data in place? Where a check does not hold, the cell is put back by trial: the published figure, what other rows say, any other digit.
The open data routes and the pages give files without seal and checks: of these the figures alone are compared, and that is said.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ripresa import settings
from ripresa.database import query, releases
from ripresa.database.published_observation import KEY_COLUMNS
from ripresa.exports import seal as fingerprint
from ripresa.exports.seal import OBSERVATION_FIELDS, normalize_cell
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
MAX_FINDINGS_SHOWN, MAX_ROWS_REPAIRED = 20, 40  # details said, rows put back by trial
MAX_CANDIDATE_ROWS = 400  # rows whose values are tried in place of a changed one


@dataclass(frozen=True)
class VerificationResult:
    """What verify found: state is current, revised, altered or not_ours."""

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
        """The state, as its words are called: of a file without a seal less is said."""
        if self.unsealed:
            return f"unsealed_{self.state}"
        return (
            f"former_{self.state}" if self.is_former and self.state in ("current", "revised") else self.state
        )

    def format_message(self, lang: str) -> str:
        """The answer in one sentence."""
        count = sum(detail.kind in ("revised", "withdrawn") for detail in self.findings)
        known = (
            ""
            if self.version == self.current_version
            or not self.version
            or releases.load_observations(self.version) is not None
            else "_unknown"
        )
        key = f"verify_{self.phrase_key}"
        if self.state in ("current", "revised") and not key.startswith("verify_former_"):
            key += known
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
        """The findings, one a line."""
        said = [detail.format_message(lang) for detail in self.findings]
        return (
            said
            if len(said) <= MAX_FINDINGS_SHOWN
            else [*said[:MAX_FINDINGS_SHOWN], t("detail_more", lang, count=len(said) - MAX_FINDINGS_SHOWN)]
        )


def verify_file(file: bytes | str | Path, name: str = "", sidecar: bytes | None = None) -> VerificationResult:
    """The verdict on a file, given as its path or its bytes; `beside` is the metadata that lies beside a CSV."""
    if not isinstance(file, bytes):
        path = Path(file)
        metadata = path.with_name(f"{path.name}-metadata.json")
        sidecar = (
            metadata.read_bytes()
            if sidecar is None and path.suffix == ".csv" and metadata.exists()
            else sidecar
        )
        file, name = path.read_bytes(), name or path.name
    name = name or "file"
    try:
        found = parse_file(file, sidecar)
    except UnknownFileError:
        return VerificationResult("not_ours", name, current_version=query.get_data_version())
    return _verify_parsed_file(found, name)


# --- judging ---


def _verify_parsed_file(found: ParsedFile, name: str) -> VerificationResult:
    current = query.get_data_version()
    version = (
        found.seal["version"]
        if found.seal
        else Counter(row["data_version"] for row in found.rows).most_common(1)[0][0]
        if found.rows
        else ""
    )
    details = list(found.findings)
    if found.seal:
        details += [Finding("seal")] if found.seal.get("broken") else []
    if found.unsealed:
        details += _find_mixed_versions(found.rows, version)
    elif found.observations is None:
        details += _find_changed_cells(found, version)
    figures = (
        found.observations
        if found.observations is not None
        else sorted({_get_observation(row) for row in found.rows})
    )
    if (
        not details
        and found.seal
        and fingerprint.compute_fingerprint(version, found.seal["view"], figures) != found.seal["fingerprint"]
    ):
        details.append(Finding("seal"))
    if found.unsealed or not details:
        details += _find_unpublished(figures, version)
    state = "altered" if details else "current"
    if not details:
        details = list(_find_revised(figures, current)) if version != current else []
        state = "revised" if details else "current"
    return VerificationResult(
        state,
        name,
        version,
        current,
        (found.seal or {}).get("view", ""),
        len(figures),
        tuple(details),
        found.unsealed,
        found.is_former,
    )


def _find_changed_cells(found: ParsedFile, version: str) -> Iterator[Finding]:
    """Rows and columns of a table whose check does not hold."""
    wrong = find_invalid_rows(found.rows)
    sealed = (found.seal or {}).get("columns") or {}
    columns = [
        name
        for name in (get_checksum_columns(found.rows[0]) if found.rows else ())
        if name in sealed and fingerprint.checksum_column(row[name] for row in found.rows) != sealed[name]
    ]
    for place in wrong[:MAX_ROWS_REPAIRED]:
        yield _locate_changed_cell(found.rows, place, columns, version)
    if len(wrong) > MAX_ROWS_REPAIRED:
        yield Finding("more_rows", (("count", str(len(wrong) - MAX_ROWS_REPAIRED)),))
    if found.seal and len(found.rows) != found.seal.get("rows"):
        yield Finding("rows", (("found", str(len(found.rows))), ("sealed", str(found.seal.get("rows")))))
    elif columns and not wrong:
        yield Finding("columns", (("columns", ", ".join(columns)),))


def _find_mixed_versions(rows: list[dict[str, str]], version: str) -> Iterator[Finding]:
    """Rows of another version in a file that is given in one."""
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


def _locate_changed_cell(rows: list[dict[str, str]], place: int, columns: list[str], version: str) -> Finding:
    """Which cell of a row was changed, and what it was, by trying what it may have been until the check holds."""
    row = rows[place]
    where = (("row", str(place + 2)), ("geo", row["geo"]), ("period", row["period"]))
    names = get_checksum_columns(row)
    own = fingerprint.checksum_row(row[name] for name in names)
    if sum(a != b for a, b in zip(own, row["check"].ljust(8))) <= 2:
        return Finding("cell", (*where, ("column", "check"), ("found", row["check"]), ("was", own)))
    published = _get_published_observations(version).get(_get_observation_key(row), {})
    for name in sorted(names, key=lambda name: (name not in columns, name not in OBSERVATION_FIELDS)):
        for other in _iter_candidates(name, row[name], rows, published):
            if (
                fingerprint.checksum_row(other if column == name else row[column] for column in names)
                == row["check"]
            ):
                return Finding("cell", (*where, ("column", name), ("found", row[name]), ("was", other)))
    differing = [name for name in OBSERVATION_FIELDS if name in published and published[name] != row[name]]
    if differing:
        return Finding(
            "cell",
            (
                *where,
                ("column", differing[0]),
                ("found", row[differing[0]]),
                ("was", published[differing[0]]),
            ),
        )
    return Finding("row", (*where, ("columns", ", ".join(columns) or "?")))


def _iter_candidates(
    name: str, value: str, rows: list[dict[str, str]], published: dict[str, str]
) -> Iterator[str]:
    if name in published:
        yield published[name]
    yield from dict.fromkeys(row[name] for row in rows[:MAX_CANDIDATE_ROWS])
    for place, letter in enumerate(value[:300]):
        if letter.isdigit():
            yield from (
                value[:place] + digit + value[place + 1 :] for digit in "0123456789" if digit != letter
            )


def _find_unpublished(figures: list[tuple[str, ...]], version: str) -> Iterator[Finding]:
    """Figures whose checks hold but that the version they claim never had."""
    known = _get_published_observations(version)
    for row in figures if known else ():
        key, said = row[: len(KEY_COLUMNS)], dict(zip(OBSERVATION_FIELDS, row[len(KEY_COLUMNS) :]))
        was = known.get(key)
        where = (("geo", key[1]), ("period", key[5]), ("version", version))
        if was is None:
            yield Finding("unpublished", (*where, ("found", said["value"])))
        else:
            yield from (
                Finding("differs", (*where, ("column", name), ("found", said[name]), ("was", was[name])))
                for name in OBSERVATION_FIELDS
                if said[name] != was[name]
            )


def _find_revised(figures: list[tuple[str, ...]], current: str) -> Iterator[Finding]:
    known = _get_published_observations(current)
    for row in figures:
        key, said = row[: len(KEY_COLUMNS)], dict(zip(OBSERVATION_FIELDS, row[len(KEY_COLUMNS) :]))
        now, where = known.get(key), (("geo", key[1]), ("period", key[5]))
        if now is None:
            yield Finding("withdrawn", (*where, ("was", said["value"])))
        elif said["value"] != now["value"]:
            yield Finding("revised", (*where, ("was", said["value"]), ("now", now["value"])))
        elif any(said[name] != now[name] for name in COMPARED_FIELDS):
            yield Finding(
                "revised", (*where, ("was", _format_with_interval(said)), ("now", _format_with_interval(now)))
            )


def _format_with_interval(said: dict[str, str]) -> str:
    return f"{said['value']} [{said['ci_low']}, {said['ci_high']}]"


def _get_observation_key(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(
        row["published_geo"] if name == "geo" and row["published_geo"] else row[name] for name in KEY_COLUMNS
    )


def _get_observation(row: dict[str, str]) -> tuple[str, ...]:
    return (*_get_observation_key(row), *(row[name] for name in OBSERVATION_FIELDS))


def _get_published_observations(version: str) -> dict[tuple[str, ...], dict[str, str]]:
    """The figures of a version by key; empty where it is not kept."""
    out = settings.get_database_path()
    return _load_published_observations(version, out.stat().st_mtime_ns if out.exists() else 0)


@lru_cache(maxsize=4)
def _load_published_observations(version: str, stamp: int) -> dict[tuple[str, ...], dict[str, str]]:
    observations = releases.load_observations(version)
    if observations is None:
        return {}
    columns = [
        [normalize_cell(value) for value in observations[name].tolist()]
        for name in (*KEY_COLUMNS, *OBSERVATION_FIELDS)
    ]
    return {
        row[: len(KEY_COLUMNS)]: dict(zip(OBSERVATION_FIELDS, row[len(KEY_COLUMNS) :]))
        for row in zip(*columns)
    }
