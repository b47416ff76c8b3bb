"""python -m ripresa build: makes data/ripresa.duckdb from the declarations and the raw figures, or says what is wrong with them."""

import csv
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

import duckdb
import pandas as pd
from filelock import FileLock, Timeout

from ripresa import catalogue, settings
from ripresa.catalogue import Indicator

FORMAT_VERSION = "2"  # raised when the same inputs would give another file
RAW_COLUMNS = "indicator geo geo_label sector gender size period edition value unit n population status flag exclusion_reason confidence publisher title published url".split()
KEY_COLUMNS = ("indicator", "geo", "sector", "gender", "size", "period", "edition")
STATUSES = ("ok", "provisional", "derived", "disputed")
RAW_EXCLUSION_REASONS = ("", "disputed", "subgroup", "no_period")
FLAGS = frozenset("bcdenpuz")
VALUE_RANGES = {
    "percent": (0, 100),
    "points": (-100, 100),
    "percent_change": (-100, 1000),
    "count": (0, 1e9),
    "meur": (-1e7, 1e8),
    "keur": (0, 1e10),
    "index": (-200, 1000),
    "rank": (1, 300),
}
DECIMAL_PATTERN = r"-?\d+(\.\d+)?"
MAX_SHOWN_ERRORS = 40
SCHEMA_COLUMNS_QUERY = (
    "select table_name, column_name from duckdb_columns() where database_name = '{}' and not internal"
)
RESOURCE_VOCABULARY = {  # allowed words of data/resources.csv; where several may stand, spaces separate them
    "kind": "video_tutorial webinar short_course guide checklist case_study helpdesk programme grant".split(),
    "goals": "known found convert retain all".split(),
    "topics": "website maps social ecommerce ads reviews crm data ai security privacy skills finance export women".split(),
    "language": ["it", "en"],
    "cost": ["", "free", "paid", "grant"],
    "state": ["active", "ended", "unknown"],
}
RESOURCE_COLUMNS = "id kind goals topics language region cost state evidence_date provider title_it title_en description_it description_en address".split()
REGION_ALIASES = {"IT": "ITA", "EU": "EU27_2020", "world": "WORLD"}
MAX_DESCRIPTION_WORDS = 25
CODE_LIST_COLUMNS = {
    "geographies": ["level", "parent", "members", "europe", "position"],
    "sectors": ["kind", "parent", "position"],
    "sizes": ["position"],
    "genders": ["position"],
    "editions": ["position"],
}


class BuildError(ValueError):
    """One sentence a fault: file, row, value and the values allowed."""


@dataclass(frozen=True)
class PublishedObservation:
    """One published figure with its codes resolved, and where it was read."""

    indicator: str
    geo: str
    geo_label: str
    sector: str
    gender: str
    size: str
    period: str
    edition: str
    value: float
    decimals: int
    unit: str
    n: str
    population: str
    status: str
    flags: str
    exclusion_reason: str
    source: str
    citation: tuple[str, str, str, str, str]
    source_location: str
    ci_low: float | None = None
    ci_high: float | None = None

    @property
    def file(self) -> str:
        return self.source_location.partition(",")[0]

    @property
    def is_imported(self) -> bool:
        return self.file.startswith("data/imports/")

    @property
    def publication_date(self) -> str:
        """The newest date its citation gives as published, empty where it gives none."""
        return max(re.findall(r"\d{4}-\d{2}-\d{2}", self.citation[2]), default="")

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(getattr(self, name) for name in KEY_COLUMNS)

    def agrees_with(self, other: "PublishedObservation") -> bool:
        """The two figures are one within the rounding of the coarser."""
        return abs(self.value - other.value) <= 0.5 * 10 ** -min(self.decimals, other.decimals) + 1e-9


class CodeList:
    """A code list of data/codes with its aliases: the only way a published code enters the database."""

    def __init__(self, path: Path):
        self.path = path
        self.rows = list(
            read_csv(path, CODE_LIST_COLUMNS.get(path.stem, []) + ["code", "aliases", "name_it", "name_en"])
        )
        self._validate_aliases()
        self.codes_by_alias = {
            alias: row["code"]
            for row in self.rows
            if row.get("aliases")
            for alias in row["aliases"].split("|")
        }
        self.codes_by_alias |= {row["code"]: row["code"] for row in self.rows}

    def _validate_aliases(self) -> None:
        meant: dict[str, str] = {}
        for line, row in enumerate(self.rows, start=2):
            for word in dict.fromkeys((row["code"], *(row["aliases"].split("|") if row["aliases"] else ()))):
                if word in meant:
                    raise BuildError(
                        f"data/codes/{self.path.name}, row {line}: {word!r} already stands for {meant[word]!r}; a word means one code."
                    )
                meant[word] = row["code"]

    def find_code(self, value: str) -> str:
        """The code of a published value. Raises KeyError with a sentence."""
        if value in self.codes_by_alias:
            return self.codes_by_alias[value]
        near = sorted(
            (code for code in self.codes_by_alias if code),
            key=lambda code: (code[:1] != value[:1], abs(len(code) - len(value)), code),
        )[:6]
        raise KeyError(f"{value!r} is not in data/codes/{self.path.name}; values like {', '.join(near)} are")


def compute_data_version(root: Path = settings.DATA) -> str:
    """Hash of all inputs, line endings aside: the same inputs give the same version on any machine."""
    seal = hashlib.sha256(FORMAT_VERSION.encode())
    for path in list_input_files(root):
        seal.update(
            f"{path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name}\0".encode()
        )
        seal.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return seal.hexdigest()[:12]


def ensure_database(root: Path = settings.DATA, progress: Callable[[str], None] = lambda words: None) -> Path:
    """The database, built first if it is absent or its inputs changed; RIPRESA_READ_ONLY=1 never builds. Raises BuildError."""
    out = settings.get_database_path(root)
    if settings.is_read_only():
        if not out.exists():
            raise BuildError(
                f"{out.name} is missing and RIPRESA_READ_ONLY=1 forbids building it: put the published database there."
            )
        return out
    if read_data_version(out) != compute_data_version(root):
        build_database(root, out, progress)
    return out


def get_recovery_hint() -> str:
    """What to do about a database that cannot be used."""
    return (
        "put the published database there again"
        if settings.is_read_only()
        else "delete it and start again, it will be rebuilt"
    )


def check_schema(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raises BuildError where the attached database lacks a table or a column of this code's schema: it was made by an older one."""
    there = set(connection.execute(SCHEMA_COLUMNS_QUERY.format("published")).fetchall())
    if lacking := sorted(_load_schema_columns() - there):
        raise BuildError(
            f"{path.name} was made by another version of the code, {'.'.join(lacking[0])} is not in it: {get_recovery_hint()}."
        )


@cache
def _load_schema_columns() -> set[tuple[str, str]]:
    with duckdb.connect() as empty:
        empty.execute(settings.SCHEMA.read_text(encoding="utf-8"))
        return set(empty.execute(SCHEMA_COLUMNS_QUERY.format("memory")).fetchall())


def read_data_version(out: Path) -> str:
    """The version of the database at this path, empty where there is none that can be read."""
    try:
        with duckdb.connect() as connection:
            connection.execute(
                "attach $path as published (read_only)", {"path": str(out)}
            ) if out.exists() else None
            return (
                connection.execute("select version from published.build").fetchone()[0]
                if out.exists()
                else ""
            )
    except duckdb.Error:
        return ""


def build_database(
    root: Path = settings.DATA, out: Path | None = None, progress: Callable[[str], None] = lambda words: None
) -> str:
    """Builds the database beside its place and swaps it in; returns its version. Raises BuildError, the old file untouched."""
    out = out or settings.get_database_path(root)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(out.with_name(f".{out.name}.lock"), timeout=120):
            return _build_locked(root, out, progress)
    except Timeout:
        raise BuildError(
            f"Another build of {out.name} has held its lock for two minutes: wait for it to end, then try again."
        ) from None
    except OSError as fault:
        raise BuildError(
            f"{out.name} cannot be written in {out.parent} ({fault.strerror or fault}): free or unlock the folder, or set RIPRESA_DATABASE to another place."
        ) from None


def _build_locked(root: Path, out: Path, progress: Callable[[str], None]) -> str:
    wanted = compute_data_version(root)
    for stale in out.parent.glob(f".{out.name}.draft-*"):
        stale.unlink()
    draft = out.with_name(f".{out.name}.draft-{os.getpid()}")
    try:
        progress("reading the declarations")
        content = Dataset(root)
        progress(f"{len(content.rows):,} figures read and checked")
        with duckdb.connect(str(draft)) as connection:
            write_dataset(connection, content, wanted, progress)
        if read_data_version(out) not in ("", wanted):
            os.replace(_link_or_copy(out, draft.with_suffix(".previous")), get_previous_path(out))
        os.replace(draft, out)
    except (
        duckdb.IOException,
        duckdb.FatalException,
        duckdb.TransactionException,
    ) as fault:  # a checkpoint that cannot be written is fatal, a commit that cannot be is the transaction's
        raise BuildError(
            f"{out.name} could not be written ({str(fault).splitlines()[0]}): check the free space of {out.parent}, then try again."
        ) from None
    finally:
        for left in out.parent.glob(f"{draft.name}*"):  # its log too, where a commit failed
            left.unlink()
    progress(f"version {wanted} is in place")
    return wanted


class Dataset:
    """Everything a build writes, checked. Raises BuildError with every fault found."""

    def __init__(self, root: Path):
        self.root = root
        try:
            self.indicators = catalogue.load_indicators(root)
            self.topics, self.sources = catalogue.load_topics(root), catalogue.load_sources(root)
        except catalogue.CatalogueError as fault:
            raise BuildError(str(fault)) from None
        self.code_lists = {
            name: CodeList(root / "codes" / f"{name}.csv")
            for name in ("geographies", "sectors", "sizes", "genders", "editions", "units")
        }
        self.claims = list(read_csv(root / "claims.csv"))
        faults: list[str] = []
        self.resources = [
            self._validate_resource(row, line, faults)
            for line, row in enumerate(read_csv(root / "resources.csv", RESOURCE_COLUMNS), start=2)
        ]
        self.rows = [row for path in find_raw_files(root) for row in self._read_raw_file(path, faults)]
        self.observations, self.excluded_observations = self._reconcile(faults)
        faults += self._find_indicators_without_rows()
        if faults:
            more = (
                [f"… and {len(faults) - MAX_SHOWN_ERRORS} more faults."]
                if len(faults) > MAX_SHOWN_ERRORS
                else []
            )
            raise BuildError("\n".join(faults[:MAX_SHOWN_ERRORS] + more))

    def _read_raw_file(self, path: Path, faults: list[str]) -> Iterator[PublishedObservation]:
        source = path.name.removesuffix(".csv").split("__")[0]
        folder = f"data/{path.parent.name}/{path.name}"
        if source not in self.sources:
            faults.append(
                f"{folder}: {source!r} is not in data/catalogue/sources.toml; a raw file's name starts with one of: {', '.join(self.sources)}."
            )
            return
        for line, entry in enumerate(read_csv(path, RAW_COLUMNS), start=2):
            place = f"{folder}, row {line}"
            try:
                yield self._parse_row(entry, source, place)
            except (KeyError, ValueError) as fault:
                faults.append(f"{place}: {fault.args[0]}.")

    def _parse_row(self, entry: dict, source: str, place: str) -> PublishedObservation:
        codes = {}
        for name, plural in (
            ("geo", "geographies"),
            ("sector", "sectors"),
            ("gender", "genders"),
            ("size", "sizes"),
            ("edition", "editions"),
            ("unit", "units"),
        ):
            try:
                codes[name] = self.code_lists[plural].find_code(entry[name])
            except KeyError as fault:
                raise KeyError(f"{name} {fault.args[0]}") from None
        for name, allowed in (("status", STATUSES), ("exclusion_reason", RAW_EXCLUSION_REASONS)):
            if entry[name] not in allowed:
                raise ValueError(
                    f"{name} {entry[name]!r} is not known; use one of: {', '.join(filter(None, allowed))}"
                )
        if not set(entry["flag"]) <= FLAGS:
            raise ValueError(f"flag {entry['flag']!r} is not known; use some of: {', '.join(sorted(FLAGS))}")
        if not entry["publisher"] or not entry["title"]:
            raise ValueError("publisher or title is empty: every figure names where it was read")
        if not re.fullmatch(DECIMAL_PATTERN, entry["value"]):
            raise ValueError(f"value {entry['value']!r} is not a plain decimal number such as 12.5")
        if not (entry["exclusion_reason"] == "no_period" and not entry["period"]):
            parse_period_start(entry["period"])
        value, unit = float(entry["value"]), codes.pop("unit")
        indicator = self.indicators.get(entry["indicator"])
        if indicator and not entry["exclusion_reason"]:
            if unit not in (indicator.unit, *indicator.accepted_units):
                raise ValueError(
                    f"unit {entry['unit']!r} means {unit}, but {indicator.id} is in {indicator.unit}; correct the row or the catalogue"
                )
            least, most = indicator.range or VALUE_RANGES[indicator.unit]
            if not least <= value <= most:
                raise ValueError(f"value {entry['value']} of {indicator.id} is outside {least:g} to {most:g}")
        low, high = _parse_interval(entry, value)
        geo_label = entry["geo_label"]
        population = (
            f"{entry['population']} ({geo_label})"
            if geo_label and self.area_levels[codes["geo"]] == "group"
            else entry["population"]
        )
        return PublishedObservation(
            indicator=entry["indicator"],
            geo_label=geo_label,
            period=entry["period"],
            value=value,
            unit=unit,
            n=entry["n"],
            population=population,
            status=entry["status"],
            decimals=len(entry["value"].partition(".")[2]),
            flags=entry["flag"],
            exclusion_reason=entry["exclusion_reason"],
            source=source,
            source_location=place,
            ci_low=low,
            ci_high=high,
            citation=tuple(entry[name] for name in ("publisher", "title", "published", "url", "confidence")),
            **codes,
        )

    def _validate_resource(self, row: dict, line: int, faults: list[str]) -> dict:
        place = f"data/resources.csv, row {line}"
        for name, allowed in RESOURCE_VOCABULARY.items():
            said = row[name].split() if name in ("goals", "topics") else [row[name]]
            faults += [
                f"{place}: {name} {word!r} is not known; use one of: {', '.join(filter(None, allowed))}."
                for word in said
                if word not in allowed
            ]
        region = REGION_ALIASES.get(row["region"], row["region"])
        if region not in self.area_levels:
            faults.append(
                f"{place}: region {region!r} is not in data/codes/geographies.csv, nor one of: {', '.join(REGION_ALIASES)}."
            )
        for lang in settings.LANGS:
            words = len(row[f"description_{lang}"].split())
            if not row[f"title_{lang}"] or not 0 < words <= MAX_DESCRIPTION_WORDS:
                faults.append(
                    f"{place}: title_{lang} and description_{lang} need words, the description at most {MAX_DESCRIPTION_WORDS} (it has {words})."
                )
        if not row["address"].startswith("https://") and not row["address"].startswith("http://"):
            faults.append(f"{place}: address {row['address']!r} does not start with https:// or http://.")
        return row | {"region": region}

    @cached_property
    def area_levels(self) -> dict[str, str]:
        return {row["code"]: row["level"] for row in self.code_lists["geographies"].rows}

    def _reconcile(
        self, faults: list[str]
    ) -> tuple[
        list[tuple[PublishedObservation, list[PublishedObservation]]], list[tuple[PublishedObservation, str]]
    ]:
        """Observations with the rows that corroborate them, and those excluded with the reason."""
        excluded: list[tuple[PublishedObservation, str]] = []
        groups: dict[tuple, list[PublishedObservation]] = {}
        for row in self.rows:
            reason = row.exclusion_reason or (
                "disputed"
                if row.status == "disputed"
                else ""
                if row.indicator in self.indicators
                else "no_paragraph"
            )
            reason = reason or next(
                (
                    rule["exclusion_reason"]
                    for rule in self.indicators[row.indicator].exclusion_rules
                    if matches_rule(row, rule)
                ),
                "",
            )
            if reason:
                excluded.append((row, reason))
            else:
                groups.setdefault(row.key, []).append(row)
        observations = []
        for rows in groups.values():
            older = _find_superseded(rows)
            excluded += [(row, "vintage") for row in older]
            rows = [row for row in rows if row not in older]
            chosen, *others = sorted(
                rows, key=lambda row: _get_preference_key(row, self.indicators[row.indicator])
            )
            agreeing = [row for row in others if chosen.agrees_with(row)]
            other = [row for row in others if not chosen.agrees_with(row)]
            for row in other:
                if (
                    _get_preference_key(row, self.indicators[row.indicator])[0]
                    == _get_preference_key(chosen, self.indicators[row.indicator])[0]
                ):
                    faults.append(
                        f"{row.source_location}: {row.indicator} of {row.geo}, {row.period} is {row.value:g} here and {chosen.value:g} in {chosen.source_location}; "
                        f"say which is charted with source_priority in data/catalogue/indicators.toml, [{row.indicator}], or correct one."
                    )
            excluded += [(row, "vintage") for row in other]
            finest = max([chosen, *agreeing], key=lambda row: row.decimals)
            flags = "".join(
                rule["flag"]
                for rule in self.indicators[chosen.indicator].flag_rules
                if matches_rule(chosen, rule)
            )
            kept = chosen if finest is chosen else finest
            observations.append((_add_flags(kept, flags), [chosen, *agreeing]))
        return observations, excluded

    def _find_indicators_without_rows(self) -> list[str]:
        charted = {row.indicator for row, _ in self.observations} | {"gva_points_vs_italy"}
        return [
            f"data/catalogue/indicators.toml, [{id}]: no figure of it is in data/raw; add its rows or remove the paragraph."
            for id in self.indicators
            if id not in charted
        ]


def get_previous_path(out: Path) -> Path:
    """Where the database that the last build replaced is kept."""
    return out.with_name(f"{out.stem}.previous{out.suffix}")


def swap_with_previous(out: Path) -> tuple[str, str]:
    """The kept database in place of the present one, which is kept instead; gives the two versions. Raises BuildError."""
    kept, aside = get_previous_path(out), out.with_name(f".{out.name}.draft-{os.getpid()}")
    back, away = read_data_version(kept), read_data_version(out)
    if not back:
        raise BuildError(f"{kept.name} is missing or cannot be read: there is nothing to go back to.")
    try:
        with FileLock(out.with_name(f".{out.name}.lock"), timeout=120):
            _link_or_copy(out, aside) if away else None
            os.replace(kept, out)
            os.replace(aside, kept) if away else None
    except (OSError, Timeout) as fault:
        raise BuildError(
            f"{out.name} cannot be put back in {out.parent} ({fault}): free or unlock the folder, then try again."
        ) from None
    return back, away


def _link_or_copy(path: Path, beside: Path) -> Path:
    """The same file under a second name; a copy where the disk knows no second names."""
    beside.unlink(missing_ok=True)
    try:
        os.link(path, beside)
    except OSError:
        shutil.copyfile(path, beside)
    return beside


def parse_period_start(period: str) -> date:
    """First day of a period: 2020, 2020-H1, 2020-Q2, 2020-05, 2020-05-19, or an interval of two with a slash. Raises ValueError."""
    first = period.split("/")[0]
    found = re.fullmatch(r"(\d{4})(?:-(?:H([12])|Q([1-4])|(\d{2})(?:-(\d{2}))?))?", first)
    if (
        not found
        or period.count("/") > 1
        or (("/" in period) and not re.fullmatch(r"[\dHQ-]+", period.split("/")[1]))
    ):
        raise ValueError(
            f"period {period!r} is not a year, half, quarter, month, date or an interval such as 2020-05/2020-10"
        )
    year, half, quarter, month, day = found.groups()
    number = 6 * int(half) - 5 if half else 3 * int(quarter) - 2 if quarter else int(month or 1)
    try:
        return date(int(year), number, int(day or 1))
    except ValueError:
        raise ValueError(f"period {period!r} is not a date of the calendar") from None


def _find_superseded(rows: list[PublishedObservation]) -> list[PublishedObservation]:
    """Rows of one key that a newer publication of the same source contradicts, where one of the two is an import. Two raw files that disagree stay a fault."""
    if not any(row.is_imported for row in rows):
        return []
    newest = {
        row.source: row
        for row in sorted(rows, key=lambda row: (row.publication_date, row.is_imported, row.source_location))
    }
    beside = [(row, newest[row.source]) for row in rows]
    return [
        row
        for row, last in beside
        if (row.is_imported or last.is_imported) and row.file != last.file and not row.agrees_with(last)
    ]


def _parse_interval(entry: dict, value: float) -> tuple[float | None, float | None]:
    """The published 95% interval of a row, where its file has the columns ci_low and ci_high. Raises ValueError."""
    low, high = entry.get("ci_low", ""), entry.get("ci_high", "")
    if not low and not high:
        return None, None
    if not all(re.fullmatch(DECIMAL_PATTERN, end) for end in (low, high)) or not float(low) <= value <= float(
        high
    ):
        raise ValueError(
            f"ci_low {low!r} and ci_high {high!r} are not two numbers around value {entry['value']}"
        )
    return float(low), float(high)


def _get_preference_key(row: PublishedObservation, indicator: Indicator) -> tuple:
    """Sorts the rows of one key: the catalogue's source_priority first, then the imported, then as published before derived, then the finer."""
    names = (row.source, row.citation[0], row.citation[4])
    rank = next(
        (place for place, name in enumerate(indicator.source_priority) if name in names),
        len(indicator.source_priority),
    )
    return rank, not row.is_imported, STATUSES.index(row.status), -row.decimals, row.source_location


def _add_flags(row: PublishedObservation, flags: str) -> PublishedObservation:
    return PublishedObservation(**{**row.__dict__, "flags": row.flags + flags}) if flags else row


def matches_rule(row: PublishedObservation, rule: dict) -> bool:
    """A rule's columns all hold the row's value, or one of the values listed."""
    return all(
        getattr(row, name) in ([wanted] if isinstance(wanted, str) else wanted)
        for name, wanted in rule.items()
        if name not in ("exclusion_reason", "flag")
    )


def write_dataset(
    connection: duckdb.DuckDBPyConnection, content: Dataset, wanted: str, progress: Callable[[str], None]
) -> None:
    connection.execute(settings.SCHEMA.read_text(encoding="utf-8"))

    def both(name, words):
        return {f"{name}_{lang}": words[lang] for lang in settings.LANGS}

    def fill(table, rows):
        return _insert_rows(connection, table, rows)

    fill(
        "sources",
        (
            {
                "id": s.id,
                **both("name", s.name),
                "publisher": s.publisher,
                "kind": s.kind,
                **both("licence", s.licence),
                "url": s.url,
                **both("note", s.note),
            }
            for s in content.sources.values()
        ),
    )
    fill(
        "indicators",
        (
            {
                "id": i.id,
                "topic": i.topic,
                "position": i.position,
                **both("label", i.label),
                **both("short", i.short),
                **both("description", i.description),
                **both(
                    "universe",
                    {
                        lang: catalogue.get_universe(i, (i.source, *i.universes), lang)
                        for lang in settings.LANGS
                    },
                ),
                "unit": i.unit,
                "decimals": i.decimals,
                "desired_direction": i.desired_direction,
                "chart": i.chart,
                "source": i.source,
                "breaks": " ".join(i.breaks),
                **both("note", i.note),
            }
            for i in content.indicators.values()
        ),
    )
    for table in ("geographies", "sectors", "sizes", "genders", "editions"):
        fill(table, content.code_lists[table].rows)
    fill(
        "claims",
        (
            {**row, "position": place, "evidence_value": row["evidence_value"] or None}
            for place, row in enumerate(content.claims)
        ),
    )
    fill("resources", content.resources)
    citations = {
        citation: number
        for number, citation in enumerate(sorted({row.citation for row in content.rows}), start=1)
    }
    fill(
        "citations",
        (
            {
                "id": number,
                **dict(zip(("publisher", "title", "published", "url", "confidence"), citation, strict=True)),
            }
            for citation, number in citations.items()
        ),
    )
    fill(
        "observations",
        (
            _build_observation_row(row, rows, content)
            for row, rows in sorted(content.observations, key=lambda pair: pair[0].key)
        ),
    )
    fill(
        "observation_citations",
        (
            {
                **dict(zip(KEY_COLUMNS, row.key, strict=True)),
                "citation": citations[said.citation],
                "stated_value": said.value,
                "source_location": said.source_location,
            }
            for row, rows in content.observations
            for said in rows
        ),
    )
    fill(
        "excluded_observations",
        (
            {
                **row.__dict__,
                "sample_size_note": row.n,
                "exclusion_reason": why,
                "citation": citations[row.citation],
            }
            for row, why in sorted(
                content.excluded_observations, key=lambda pair: (pair[0].key, pair[0].source_location)
            )
        ),
    )
    connection.execute(
        "create temp table share_counts (share varchar, numerator varchar, denominator varchar)"
    )
    connection.executemany(
        "insert into share_counts values (?, ?, ?)",
        [
            (i.id, i.share_counts["numerator"], i.share_counts["denominator"])
            for i in content.indicators.values()
            if i.share_counts
        ],
    )
    progress("deriving sums, changes and intervals")
    connection.execute(settings.DERIVATIONS.read_text(encoding="utf-8"))
    connection.execute(
        "insert into build select $version, $day, $rows, (select count(*) from observations), (select count(*) from excluded_observations)",
        {
            "version": wanted,
            "day": max(source.collected for source in content.sources.values()),
            "rows": len(content.rows),
        },
    )


def _build_observation_row(
    row: PublishedObservation, rows: list[PublishedObservation], content: Dataset
) -> dict:
    sample = next((said.n for said in [row, *rows] if said.n), "")
    low, high = next(
        (
            (said.ci_low, said.ci_high)
            for said in [row, *rows]
            if said.ci_low is not None and said.ci_low <= row.value <= said.ci_high
        ),
        (None, None),
    )
    reason = (
        ""
        if low is not None
        else "derived"
        if row.status == "derived"
        else "register"
        if _get_source_kind(row, content) == "register"
        else "no_error_published"
    )
    return dict(zip(KEY_COLUMNS, row.key, strict=True)) | {
        "period_start": parse_period_start(row.period),
        "value": row.value,
        "ci_low": low,
        "ci_high": high,
        "n": int(sample) if sample.isdigit() else None,
        "sample_size_note": sample,
        "status": row.status,
        "flags": row.flags,
        "no_ci_reason": reason,
        "population": row.population,
        "source": row.source,
        "decimals": row.decimals,
    }


def _get_source_kind(row: PublishedObservation, content: Dataset) -> str:
    """What kind of source a figure comes from; the press prints figures of the indicator's own source."""
    kind = content.sources[row.source].kind
    return content.sources[content.indicators[row.indicator].source].kind if kind == "press" else kind


def _insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[dict]) -> None:
    """Inserts rows by column name, taking only the table's own columns."""
    columns = [
        name
        for (name,) in connection.execute(
            "select column_name from information_schema.columns where table_name = $table order by ordinal_position",
            {"table": table},
        ).fetchall()
    ]
    frame = pd.DataFrame([[row.get(name) for name in columns] for row in rows], columns=columns)
    if len(frame):
        connection.register("incoming", frame)
        try:
            connection.execute(f'insert into "{table}" by name select * from incoming')
        except (duckdb.ConstraintException, duckdb.ConversionException) as fault:
            raise BuildError(
                f"{_describe_input(table)}: {str(fault).splitlines()[0]}; see data/schema.sql, table {table}."
            ) from None
        connection.unregister("incoming")


def _describe_input(table: str) -> str:
    return (
        f"data/{table}.csv"
        if table in ("claims", "resources")
        else f"data/codes/{table}.csv"
        if table in (*CODE_LIST_COLUMNS, "units")
        else f"the {table} of data/raw"
    )


def read_csv(path: Path, columns: list[str] | None = None) -> Iterator[dict]:
    """Rows of a UTF-8 CSV, empty cells as empty strings. Raises BuildError on a file that is not one."""
    place = (
        f"data/{path.parent.name}/{path.name}"
        if path.parent.name in ("raw", "imports", "codes")
        else f"data/{path.name}"
    )
    try:
        with path.open(encoding="utf-8", newline="") as text:
            reader = csv.DictReader(text, strict=True)
            header = reader.fieldnames or []
            missing = [name for name in columns or [] if name not in header]
            if missing or not header:
                raise BuildError(
                    f"{place}: column {', '.join(missing) or 'names'} missing from row 1; the columns are: {', '.join(columns or ['code', '...'])}."
                )
            for line, row in enumerate(reader, start=2):
                if None in row or None in row.values():
                    raise BuildError(
                        f"{place}, row {line}: {len(header)} columns expected; a comma inside a text needs quotes around the text."
                    )
                yield row
    except FileNotFoundError:
        raise BuildError(f"{place} is missing: restore it from the repository.") from None
    except (UnicodeDecodeError, csv.Error) as fault:
        raise BuildError(f"{place}: not a UTF-8 CSV file ({fault}); save it again as CSV UTF-8.") from None


def find_raw_files(root: Path) -> list[Path]:
    return [path for folder in ("raw", "imports") for path in sorted((root / folder).glob("*__*.csv"))]


def list_input_files(root: Path) -> list[Path]:
    """Every file a build of this root reads: the declarations, the code lists, data/raw and data/imports, the SQL."""
    declarations = [
        root / settings.CATALOGUE / f"{name}.toml" for name in ("indicators", "topics", "sources")
    ]
    declared = (
        declarations + [root / "claims.csv", root / "resources.csv"] + sorted((root / "codes").glob("*.csv"))
    )
    return [
        path
        for path in declared + find_raw_files(root) + [settings.SCHEMA, settings.DERIVATIONS]
        if path.exists()
    ]
