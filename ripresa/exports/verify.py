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

from ripresa.database import build, query, releases
from ripresa.database.build import KEY
from ripresa.exports import seal as fingerprint
from ripresa.exports.seal import FIGURES, cell
from ripresa.exports.verify_reader import Detail, NotOurs, Read, checked, read, wrong_rows
from ripresa.i18n import t

STATES = ("current", "revised", "altered", "not_ours")
COMPARED = ("value", "ci_low", "ci_high")
SHOWN, TRIED = 20, 40  # details said, rows put back by trial
TRIALS = 400  # rows whose values are tried in place of a changed one


@dataclass(frozen=True)
class Verdict:
    """What verify found: state is current, revised, altered or not_ours."""

    state: str
    name: str
    version: str = ""
    current: str = ""
    view: str = ""
    rows: int = 0
    details: tuple[Detail, ...] = ()
    unsealed: bool = False

    @property
    def kind(self) -> str:
        """The state, as its words are called: of a file without a seal less is said."""
        return f"unsealed_{self.state}" if self.unsealed else self.state

    def sentence(self, lang: str) -> str:
        """The answer in one sentence."""
        count = sum(detail.kind in ("revised", "withdrawn") for detail in self.details)
        known = (
            ""
            if self.version == self.current
            or not self.version
            or releases.published(self.version) is not None
            else "_unknown"
        )
        key = f"verify_{self.kind}" + (known if self.state in ("current", "revised") else "")
        return t(
            key, lang, name=self.name, version=self.version, current=self.current, rows=self.rows, count=count
        )

    def lines(self, lang: str) -> list[str]:
        """The findings, one a line."""
        said = [detail.sentence(lang) for detail in self.details]
        return (
            said if len(said) <= SHOWN else [*said[:SHOWN], t("detail_more", lang, count=len(said) - SHOWN)]
        )


def verify(file: bytes | str | Path, name: str = "", beside: bytes | None = None) -> Verdict:
    """The verdict on a file, given as its path or its bytes; `beside` is the metadata that lies beside a CSV."""
    if not isinstance(file, bytes):
        path = Path(file)
        metadata = path.with_name(f"{path.name}-metadata.json")
        beside = (
            metadata.read_bytes()
            if beside is None and path.suffix == ".csv" and metadata.exists()
            else beside
        )
        file, name = path.read_bytes(), name or path.name
    name = name or "file"
    try:
        found = read(file, beside)
    except NotOurs:
        return Verdict("not_ours", name, current=query.version())
    return _judge(found, name)


# --- judging ---


def _judge(found: Read, name: str) -> Verdict:
    current = query.version()
    version = (
        found.seal["version"]
        if found.seal
        else Counter(row["data_version"] for row in found.rows).most_common(1)[0][0]
        if found.rows
        else ""
    )
    details = list(found.faults)
    if found.seal:
        details += [Detail("seal")] if found.seal.get("broken") else []
    if found.unsealed:
        details += _strangers(found.rows, version)
    elif found.figures is None:
        details += _cells(found, version)
    figures = found.figures if found.figures is not None else sorted({_figures(row) for row in found.rows})
    if (
        not details
        and found.seal
        and fingerprint.fingerprint(version, found.seal["view"], figures) != found.seal["fingerprint"]
    ):
        details.append(Detail("seal"))
    if found.unsealed or not details:
        details += _unpublished(figures, version)
    state = "altered" if details else "current"
    if not details:
        details = list(_revised(figures, current)) if version != current else []
        state = "revised" if details else "current"
    return Verdict(
        state,
        name,
        version,
        current,
        (found.seal or {}).get("view", ""),
        len(figures),
        tuple(details),
        found.unsealed,
    )


def _cells(found: Read, version: str) -> Iterator[Detail]:
    """Rows and columns of a table whose check does not hold."""
    wrong = wrong_rows(found.rows)
    sealed = (found.seal or {}).get("columns") or {}
    columns = [
        name
        for name in (checked(found.rows[0]) if found.rows else ())
        if name in sealed and fingerprint.column_check(row[name] for row in found.rows) != sealed[name]
    ]
    for place in wrong[:TRIED]:
        yield _put_back(found.rows, place, columns, version)
    if len(wrong) > TRIED:
        yield Detail("more_rows", (("count", str(len(wrong) - TRIED)),))
    if found.seal and len(found.rows) != found.seal.get("rows"):
        yield Detail("rows", (("found", str(len(found.rows))), ("sealed", str(found.seal.get("rows")))))
    elif columns and not wrong:
        yield Detail("columns", (("columns", ", ".join(columns)),))


def _strangers(rows: list[dict[str, str]], version: str) -> Iterator[Detail]:
    """Rows of another version in a file that is given in one."""
    for row in rows:
        if row["data_version"] != version:
            yield Detail(
                "version",
                (
                    ("geo", row["geo"]),
                    ("period", row["period"]),
                    ("found", row["data_version"]),
                    ("version", version),
                ),
            )


def _put_back(rows: list[dict[str, str]], place: int, columns: list[str], version: str) -> Detail:
    """Which cell of a row was changed, and what it was, by trying what it may have been until the check holds."""
    row = rows[place]
    where = (("row", str(place + 2)), ("geo", row["geo"]), ("period", row["period"]))
    names = checked(row)
    own = fingerprint.row_check(row[name] for name in names)
    if sum(a != b for a, b in zip(own, row["check"].ljust(8))) <= 2:
        return Detail("cell", (*where, ("column", "check"), ("found", row["check"]), ("was", own)))
    published = _published(version).get(_key(row), {})
    for name in sorted(names, key=lambda name: (name not in columns, name not in FIGURES)):
        for other in _candidates(name, row[name], rows, published):
            if (
                fingerprint.row_check(other if column == name else row[column] for column in names)
                == row["check"]
            ):
                return Detail("cell", (*where, ("column", name), ("found", row[name]), ("was", other)))
    differing = [name for name in FIGURES if name in published and published[name] != row[name]]
    if differing:
        return Detail(
            "cell",
            (
                *where,
                ("column", differing[0]),
                ("found", row[differing[0]]),
                ("was", published[differing[0]]),
            ),
        )
    return Detail("row", (*where, ("columns", ", ".join(columns) or "?")))


def _candidates(
    name: str, value: str, rows: list[dict[str, str]], published: dict[str, str]
) -> Iterator[str]:
    if name in published:
        yield published[name]
    yield from dict.fromkeys(row[name] for row in rows[:TRIALS])
    for place, letter in enumerate(value[:300]):
        if letter.isdigit():
            yield from (
                value[:place] + digit + value[place + 1 :] for digit in "0123456789" if digit != letter
            )


def _unpublished(figures: list[tuple[str, ...]], version: str) -> Iterator[Detail]:
    """Figures whose checks hold but that the version they claim never had."""
    known = _published(version)
    for row in figures if known else ():
        key, said = row[: len(KEY)], dict(zip(FIGURES, row[len(KEY) :]))
        was = known.get(key)
        where = (("geo", key[1]), ("period", key[5]), ("version", version))
        if was is None:
            yield Detail("unpublished", (*where, ("found", said["value"])))
        else:
            yield from (
                Detail("differs", (*where, ("column", name), ("found", said[name]), ("was", was[name])))
                for name in FIGURES
                if said[name] != was[name]
            )


def _revised(figures: list[tuple[str, ...]], current: str) -> Iterator[Detail]:
    known = _published(current)
    for row in figures:
        key, said = row[: len(KEY)], dict(zip(FIGURES, row[len(KEY) :]))
        now, where = known.get(key), (("geo", key[1]), ("period", key[5]))
        if now is None:
            yield Detail("withdrawn", (*where, ("was", said["value"])))
        elif said["value"] != now["value"]:
            yield Detail("revised", (*where, ("was", said["value"]), ("now", now["value"])))
        elif any(said[name] != now[name] for name in COMPARED):
            yield Detail("revised", (*where, ("was", _with_interval(said)), ("now", _with_interval(now))))


def _with_interval(said: dict[str, str]) -> str:
    return f"{said['value']} [{said['ci_low']}, {said['ci_high']}]"


def _key(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(
        row["published_geo"] if name == "geo" and row["published_geo"] else row[name] for name in KEY
    )


def _figures(row: dict[str, str]) -> tuple[str, ...]:
    return (*_key(row), *(row[name] for name in FIGURES))


def _published(version: str) -> dict[tuple[str, ...], dict[str, str]]:
    """The figures of a version by key; empty where it is not kept."""
    out = build.database()
    return _figures_of(version, out.stat().st_mtime_ns if out.exists() else 0)


@lru_cache(maxsize=4)
def _figures_of(version: str, stamp: int) -> dict[tuple[str, ...], dict[str, str]]:
    observations = releases.published(version)
    if observations is None:
        return {}
    columns = [[cell(value) for value in observations[name].tolist()] for name in (*KEY, *FIGURES)]
    return {row[: len(KEY)]: dict(zip(FIGURES, row[len(KEY) :])) for row in zip(*columns)}
