"""The Future of Business survey's aggregated files, in both layouts: a line is a question, an answer, a population and a country.

The patterns that find the questions (future_of_business.toml) have met no official file yet, only files made for the tests.
The newer layout has mean_w and se_w, and no date: the file's name or --period says when the survey was held. The older one has waves and value.
"""

import csv
import io
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from ripresa import settings
from ripresa.database import build
from ripresa.importers import cell_reader as streams
from ripresa.importers import flags
from ripresa.importers.cell_reader import CellTable, CodeClassifier
from ripresa.importers.records import (
    DroppedCells,
    DropReason,
    ImportBatch,
    ImporterError,
    ObservationRecord,
    compute_confidence_interval,
    format_decimal,
    remove_duplicates,
)
from ripresa.importers.text_files import TextFile

RULES_FILE = settings.FUTURE_OF_BUSINESS
SOURCE = "future_of_business"
SURVEY_URL = "https://dataforgood.facebook.com/dfg/tools/future-of-business-survey"
ACCEPT = "text/csv, application/zip, */*"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
COUNTRY_ALIASES = {
    "czech republic": "CZE",
    "russian federation": "RUS",
    "turkey": "TUR",
    "korea, rep.": "KOR",
    "republic of korea": "KOR",
    "viet nam": "VNM",
    "usa": "USA",
    "united states of america": "USA",
    "egypt, arab rep.": "EGY",
    "taiwan, china": "TWN",
    "hong kong sar": "HKG",
}
UNTESTED_WARNING = "the question patterns have never met an official file: compare these figures with the file, --dry-run first"
SELECTED_ANSWERS = ("", "yes", "selected", "checked", "1", "1.0")
# Column of ours -> the names files have for it.
NEW_LAYOUT = {
    "variable": ("variable",),
    "answer": ("value",),
    "population": ("pop", "population"),
    "country": ("logged_iso2", "country_iso2", "iso2"),
    "share": ("mean_w",),
    "error": ("se_w",),
    "n": ("count",),
    "question": ("question_text",),
    "wave": ("wave", "survey_wave", "wave_date"),
}
OLD_LAYOUT = {
    "country": ("country",),
    "wave": ("wave (month/year)",),
    "question": ("question",),
    "row": ("row item label",),
    "answer": ("answer option label",),
    "share": ("value",),
    "n": ("base size (how many saw this question?)", "base size"),
    "kind": ('data type represented by "value"', "data type represented by value"),
}


@dataclass(frozen=True)
class QuestionRule:
    """One paragraph of future_of_business.toml."""

    indicator: str
    question: re.Pattern
    answers: tuple[re.Pattern, ...]
    population: str
    variable: str = ""
    codes: tuple[str, ...] = ()

    def match_answer(self, variable: str, question: str, row: str, answer: str) -> str:
        """The answer that feeds this indicator, or nothing."""
        if self.variable:
            return answer if variable == self.variable and answer in self.codes else ""
        if not self.question.search(question):
            return ""
        if any(pattern.fullmatch(answer) for pattern in self.answers):
            return answer
        return (
            row
            if answer.lower() in SELECTED_ANSWERS and any(pattern.fullmatch(row) for pattern in self.answers)
            else ""
        )


@cache
def load_rules() -> tuple[tuple[QuestionRule, ...], dict[str, str]]:
    """The rules, and the gender that each label means."""
    paragraphs = tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))
    populations = {
        word: gender for gender, words in paragraphs.pop("gender_labels").items() for word in words
    }

    def pattern(text):
        return re.compile(text, re.IGNORECASE)

    rules = [
        QuestionRule(
            id,
            pattern(entry["question"]),
            tuple(map(pattern, entry["answers"])),
            entry["population"],
            entry.get("variable", ""),
            tuple(entry.get("codes", ())),
        )
        for id, entry in paragraphs.items()
    ]
    return tuple(rules), populations


def read(
    text: TextFile, root: Path, table: str = "", since: str = "", period: str = "", scale: str = ""
) -> ImportBatch:
    """The figures of an aggregated file. Raises ImportFault."""
    with streams.open_connection() as own:
        dropped = DroppedCells()
        sorts = (
            _build_series_classifier(),
            CodeClassifier(("country",), _build_country_classifier(root)),
            CodeClassifier(("wave",), lambda wave: _classify_wave(wave, since)),
        )
        found = list(
            streams.read_matching_cells(
                own, _build_cell_table(text.require_complete(), period), *sorts, dropped, text.name
            )
        )
    shares = _parse_shares(found, dropped, text.name)
    if not shares:
        most = dropped.format_lines()[0].strip() if dropped.counts else "it has no rows"
        raise ImporterError(
            f"{text.name} holds nothing for our indicators ({most}): see data/catalogue/future_of_business.toml for the questions that are read."
        )
    highest = max(share for *_, share, _, _ in shares)
    times = {"percent": 1, "proportion": 100}.get(scale) or (100 if highest <= 1 else 1)
    if highest * times > 100:
        raise ImporterError(
            f"{text.name}: a share is {highest * times} percent; say how shares are written with --scale percent or --scale proportion."
        )
    notes = [
        f"shares are read as {'proportions' if times == 100 else 'percent'} (the largest is {format_decimal(highest)})",
        f"file of {text.file_date}",
        UNTESTED_WARNING,
    ]
    figures = remove_duplicates(_build_observations(shares, times, text, dropped), text.name)
    stem = re.sub(r"[^a-z0-9]+", "_", text.name.lower().partition(".")[0]).strip("_")[:60]
    return ImportBatch(SOURCE, table or stem or "aggregated", figures, dropped, notes)


def _build_cell_table(text: TextFile, period: str) -> CellTable:
    """The cells of either layout under one set of names. Raises ImportFault."""
    line = text.head.partition("\n")[0].rstrip("\r")
    for delimiter in (",", ";", "\t"):
        names = [
            name.strip().lower() for name in next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
        ]
        for layout, needed in (
            (NEW_LAYOUT, ("answer", "country", "share", "question")),
            (OLD_LAYOUT, ("country", "wave", "question", "answer", "share")),
        ):
            place = {
                ours: f"c{names.index(name)}"
                for ours, theirs in layout.items()
                for name in theirs
                if name in names
            }
            if all(name in place for name in needed):
                held = "" if "wave" in place else f"'{_get_survey_period(text, period)}'"
                columns = {
                    name: place.get(name, "")
                    for name in (
                        "variable",
                        "question",
                        "row",
                        "answer",
                        "population",
                        "kind",
                        "country",
                        "wave",
                        "share",
                        "error",
                        "n",
                    )
                }
                chosen = ", ".join(
                    f"trim(coalesce({column or (held if name == 'wave' else '') or repr('')}, '')) as {name}"
                    for name, column in columns.items()
                )
                relation = f"(select {chosen} from {streams.build_csv_scan(text.path, names, delimiter)})"
                return CellTable(relation, {}, ("share", "error", "n"), lambda *texts: texts)
    raise ImporterError(
        f"{text.name}, line 1: neither layout of the aggregated files (variable, value, pop, logged_iso2, mean_w, se_w, question_text; or Country, Wave (month/year), Question, "
        "Answer option label, value); take the country-level CSV."
    )


def _get_survey_period(text: TextFile, period: str) -> str:
    """When the survey of a file without waves was held."""
    found = period or parse_month(re.sub(r"[_.]", " ", text.name))
    try:
        build.parse_period_start(found)
    except ValueError:
        raise ImporterError(
            f"{text.name} does not say when the survey was held: add --period, for example --period 2022-01."
        ) from None
    return found


def parse_month(words: str) -> str:
    """The month in some words ('May 2016', '05/2016', '2022-01', 'Feb-16'), empty where there is none."""
    if found := re.search(r"\b(20[12]\d)[- /](0[1-9]|1[0-2])\b", words):
        return f"{found[1]}-{found[2]}"
    if found := re.search(r"\b(0?[1-9]|1[0-2])[/-](20[12]\d)\b", words):
        return f"{found[2]}-{int(found[1]):02d}"
    if found := re.search(rf"\b({'|'.join(MONTHS)})[a-z]*[ ,'-]*(?:20)?([12]\d)\b", words, re.IGNORECASE):
        return f"20{found[2]}-{MONTHS.index(found[1].lower()) + 1:02d}"
    return ""


def _build_series_classifier() -> CodeClassifier:
    rules, populations = load_rules()

    def verdict(
        variable: str, question: str, row: str, answer: str, population: str, kind: str
    ) -> dict | DropReason:
        rule, fit = next(
            ((rule, fit) for rule in rules if (fit := rule.match_answer(variable, question, row, answer))),
            (None, ""),
        )
        if rule is None:
            return DropReason("question or answer not used here", question[:60] or variable)
        if kind and not re.search(r"%|percent|proportion|share", kind, re.IGNORECASE):
            return DropReason("not a share", kind[:40])
        if population.lower() not in populations:
            return DropReason("population not shown here", population)
        asked = f"{question} {row}" if row and fit != row else question
        return {
            "indicator": rule.indicator,
            "gender": populations[population.lower()],
            "population": rule.population,
            "asked": f"{variable} {asked}".strip(),
            "answer": fit,
        }

    return CodeClassifier(("variable", "question", "row", "answer", "population", "kind"), verdict)


def _build_country_classifier(root: Path):
    """A verdict on countries, by ISO code or name."""
    known = {}
    for row in build.CodeList(root / "codes" / "geographies.csv").rows:
        if row["level"] == "country":
            words = [
                row["code"],
                row["iso2"],
                row["eu_code"],
                row["name_en"],
                row["name_it"],
                *row["aliases"].split("|"),
            ]
            known |= {word.casefold(): row["code"] for word in words if word}
    known |= COUNTRY_ALIASES

    def verdict(country: str) -> dict | DropReason:
        found = known.get(country.casefold())
        return (
            {"geo": found}
            if found
            else DropReason("country not in data/codes/geographies.csv", country or "without a code")
        )

    return verdict


def _classify_wave(wave: str, since: str) -> dict | DropReason:
    period = wave if re.fullmatch(r"\d{4}(-\d{2}|-[HQ]\d)?(/\d{4}.*)?", wave) else parse_month(wave)
    if not period:
        return DropReason("wave without a month", wave)
    if period < since:
        return DropReason(f"before {since}")
    return {
        "period": period,
        "edition": "fob-2016-2019" if period < "2020" else "fob-2020" if period < "2021" else "fob-2021-22",
    }


def _parse_shares(
    found: list[tuple], dropped: DroppedCells, name: str
) -> list[tuple[dict, dict, dict, Decimal, str, str]]:
    """The cells that hold a number, as (series, area, wave, share, error, n)."""
    shares = []
    for of, where, when, (share, error, n) in found:
        try:
            number = flags.parse_cell_value(share)
        except ImporterError as fault:
            raise ImporterError(
                f"{name}, {of['indicator']} of {where['geo']}, {when['period']}: {fault}"
            ) from None
        if isinstance(number, DropReason):
            dropped.add(number)
            continue
        shares.append(
            (of, where, when, Decimal(number[0]), "" if error in flags.MISSING_VALUES else error, n)
        )
    return shares


def _build_observations(
    shares: list[tuple], times: int, text: TextFile, dropped: DroppedCells
) -> list[ObservationRecord]:
    """One figure for each indicator, country, wave and population: an answer's share, or the sum of several."""
    asked, answers, groups = defaultdict(set), defaultdict(set), defaultdict(list)
    for of, where, when, share, error, n in shares:
        asked[of["indicator"]].add(of["asked"])
        answers[of["indicator"]].add(of["answer"])
        groups[of["indicator"], where["geo"], of["gender"], when["period"], when["edition"]].append(
            (of, share, error, n)
        )
    figures = []
    for (indicator, geo, gender, period, edition), group in groups.items():
        if len(asked[indicator]) > 1 and len({of["asked"] for of, *_ in group}) > 1:
            dropped.add(
                DropReason(
                    f"several questions match {indicator}: narrow it in data/catalogue/future_of_business.toml",
                    sorted(asked[indicator])[0][:60],
                ),
                len(group),
            )
            continue
        if len(group) != len(answers[indicator]) or len({of["answer"] for of, *_ in group}) != len(group):
            dropped.add(
                DropReason(
                    f"an answer of {indicator} is missing or repeated, so its sum is not known",
                    f"{geo} {period}",
                ),
                len(group),
            )
            continue
        of, _, error, n = group[0]
        alone = len(group) == 1
        value = format_decimal(times * sum(share for _, share, *_ in group))
        try:
            low, high = (
                compute_confidence_interval(
                    value, format_decimal(times * Decimal(flags.normalize_decimal(error)))
                )
                if alone and error
                else ("", "")
            )
        except (ImporterError, ValueError):
            raise ImporterError(
                f"{text.name}, {indicator} of {geo}, {period}: standard error {error[:40]!r} is not a positive number."
            ) from None
        answered = " + ".join(sorted(one["answer"] for one, *_ in group))
        figures.append(
            ObservationRecord(
                indicator=indicator,
                geo=geo,
                gender=gender,
                period=period,
                edition=edition,
                value=value,
                unit="percent",
                ci_low=low,
                ci_high=high,
                n=n.removesuffix(".0") if n not in flags.MISSING_VALUES else "",
                status="ok" if alone else "derived",
                population=f"{of['population']}; {of['asked'][:160]} / {answered[:160]}",
                publisher="Meta, OECD, World Bank",
                title=f"Future of Business survey, aggregated data ({text.name})",
                published=f"file of {text.file_date}",
                url=SURVEY_URL,
            )
        )
    return figures


def address(id: str) -> str:
    """These files have no address that follows from a name."""
    raise ImporterError(
        f"{id} is not an address: give the https address of the aggregated CSV, as the publisher's page shows it."
    )
