"""Aggregated files of the Future of Business survey: a line per question, answer, population and country.

The newer layout has mean_w and se_w, and no date: the name of the file or --period gives that of the survey.
The older layout has waves and value. The patterns that find the questions (future_of_business.toml) have been
tested only on files made for the tests, not on an official one.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from ripresa import settings
from ripresa.database.published_observation import parse_period_start
from ripresa.importers import cell_reader, flags
from ripresa.importers.cell_reader import CellTable, Classifiers, CodeClassifier, Fields
from ripresa.importers.records import (
    DroppedCells,
    DropReason,
    ImportBatch,
    ImporterError,
    ObservationRecord,
    ReadOptions,
    compute_confidence_interval,
    error_location,
    format_decimal,
    load_countries,
    normalize_decimal,
    remove_duplicates,
    slugify,
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
UNTESTED_WARNING = (
    "the question patterns have never met an official file: "
    "compare these figures with the file, --dry-run first"
)
SELECTED_ANSWERS = ("", "yes", "selected", "checked", "1", "1.0")
SCALE_FACTORS = {"percent": 1, "proportion": 100}
# Column of the cell table -> the names it has in the files.
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
LAYOUTS = (
    (NEW_LAYOUT, ("answer", "country", "share", "question")),
    (OLD_LAYOUT, ("country", "wave", "question", "answer", "share")),
)
SERIES_COLUMNS = ("variable", "question", "row", "answer", "population", "kind")
VALUE_COLUMNS = ("share", "error", "n")


@dataclass(frozen=True)
class QuestionRule:
    """The question and answers that feed an indicator: one paragraph of future_of_business.toml."""

    indicator: str
    question: re.Pattern[str]
    answers: tuple[re.Pattern[str], ...]
    population: str
    variable: str = ""
    codes: tuple[str, ...] = ()

    def match_answer(self, variable: str, question: str, row: str, answer: str) -> str:
        """The answer that feeds this indicator, or an empty string."""
        if self.variable:
            return answer if variable == self.variable and answer in self.codes else ""
        if not self.question.search(question):
            return ""
        if self._is_answer(answer):
            return answer
        return row if answer.lower() in SELECTED_ANSWERS and self._is_answer(row) else ""

    def _is_answer(self, text: str) -> bool:
        return any(pattern.fullmatch(text) for pattern in self.answers)


@dataclass(frozen=True)
class Share:
    """A cell with a number: the fields of its codes, its share, standard error and sample size as written."""

    fields: Fields
    value: Decimal
    error: str
    n: str


@cache
def load_rules() -> tuple[tuple[QuestionRule, ...], dict[str, str]]:
    """The rules, and the gender of each population label in lower case."""
    paragraphs = tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))
    genders = {
        label: gender for gender, labels in paragraphs.pop("gender_labels").items() for label in labels
    }
    rules = [
        QuestionRule(
            id,
            re.compile(entry["question"], re.IGNORECASE),
            tuple(re.compile(answer, re.IGNORECASE) for answer in entry["answers"]),
            entry["population"],
            entry.get("variable", ""),
            tuple(entry.get("codes", ())),
        )
        for id, entry in paragraphs.items()
    ]
    return tuple(rules), genders


def read(text: TextFile, root: Path, options: ReadOptions) -> ImportBatch:
    """The observations of an aggregated file. Raises ImporterError."""
    dropped = DroppedCells()
    with cell_reader.open_connection() as connection:
        classifiers = Classifiers(
            CodeClassifier(SERIES_COLUMNS, _classify_series),
            CodeClassifier(("country",), _build_country_classifier(root)),
            CodeClassifier(("wave",), lambda wave: _classify_wave(wave, options.since)),
        )
        cells = _build_cell_table(text.require_complete(), options.period)
        matching = list(cell_reader.read_matching_cells(connection, cells, classifiers, dropped, text.name))
    shares = _parse_shares(matching, dropped, text.name)
    if not shares:
        raise ImporterError(
            f"{text.name} holds nothing for our indicators ({dropped.get_main_reason()}): "
            "see data/catalogue/future_of_business.toml for the questions that are read."
        )
    highest = max(share.value for share in shares)
    factor = SCALE_FACTORS.get(options.scale) or (100 if highest <= 1 else 1)
    if highest * factor > 100:
        raise ImporterError(
            f"{text.name}: a share is {highest * factor} percent; "
            "say how shares are written with --scale percent or --scale proportion."
        )
    scale = "proportions" if factor == 100 else "percent"
    notes = [
        f"shares are read as {scale} (the largest is {format_decimal(highest)})",
        f"file of {text.file_date}",
        UNTESTED_WARNING,
    ]
    observations = remove_duplicates(_build_observations(shares, factor, text, dropped), text.name)
    table = options.table or slugify(text.name.partition(".")[0])[:60] or "aggregated"
    return ImportBatch(SOURCE, table, observations, dropped, notes)


def _build_cell_table(text: TextFile, period: str) -> CellTable:
    """The cells of either layout under one set of column names. Raises ImporterError."""
    for delimiter, headings in text.iterate_headers():
        for layout, required in LAYOUTS:
            columns = {
                column: f"c{headings.index(heading)}"
                for column, names in layout.items()
                for heading in names
                if heading in headings
            }
            if not all(column in columns for column in required):
                continue
            if "wave" not in columns:
                columns["wave"] = f"'{_get_survey_period(text, period)}'"
            selection = ", ".join(
                f"""trim(coalesce({columns.get(column, "''")}, '')) as {column}"""
                for column in (*SERIES_COLUMNS, "country", "wave", *VALUE_COLUMNS)
            )
            scan = cell_reader.build_csv_scan(text.path, headings, delimiter)
            return CellTable(f"(select {selection} from {scan})", {}, VALUE_COLUMNS)
    raise ImporterError(
        f"{text.name}, line 1: neither layout of the aggregated files (variable, value, pop, logged_iso2, "
        "mean_w, se_w, question_text; or Country, Wave (month/year), Question, Answer option label, value); "
        "take the country-level CSV."
    )


def _get_survey_period(text: TextFile, period: str) -> str:
    """When the survey of a file without waves was held. Raises ImporterError where nothing gives it."""
    period = period or parse_month(re.sub(r"[_.]", " ", text.name))
    try:
        parse_period_start(period)
    except ValueError:
        raise ImporterError(
            f"{text.name} does not say when the survey was held: add --period, for example --period 2022-01."
        ) from None
    return period


def parse_month(text: str) -> str:
    """The month in a text ('May 2016', '05/2016', '2022-01', 'Feb-16') as 2016-05, or an empty string."""
    if match := re.search(r"\b(20[12]\d)[- /](0[1-9]|1[0-2])\b", text):
        return f"{match[1]}-{match[2]}"
    if match := re.search(r"\b(0?[1-9]|1[0-2])[/-](20[12]\d)\b", text):
        return f"{match[2]}-{int(match[1]):02d}"
    if match := re.search(rf"\b({'|'.join(MONTHS)})[a-z]*[ ,'-]*(?:20)?([12]\d)\b", text, re.IGNORECASE):
        return f"20{match[2]}-{MONTHS.index(match[1].lower()) + 1:02d}"
    return ""


def _classify_series(
    variable: str, question: str, row: str, answer: str, population: str, kind: str
) -> Fields | DropReason:
    rules, genders = load_rules()
    for rule in rules:
        matched_answer = rule.match_answer(variable, question, row, answer)
        if matched_answer:
            break
    else:
        return DropReason("question or answer not used here", question[:60] or variable)
    if kind and not re.search(r"%|percent|proportion|share", kind, re.IGNORECASE):
        return DropReason("not a share", kind[:40])
    if population.lower() not in genders:
        return DropReason("population not shown here", population)
    full_question = f"{question} {row}" if row and matched_answer != row else question
    return {
        "indicator": rule.indicator,
        "gender": genders[population.lower()],
        "population": rule.population,
        "question": f"{variable} {full_question}".strip(),
        "answer": matched_answer,
    }


def _build_country_classifier(root: Path) -> Callable[[str], Fields | DropReason]:
    """A classifier of countries by ISO code, Eurostat code, name or alias."""
    codes: dict[str, str] = {}
    for row in load_countries(root):
        names = [row[column] for column in ("code", "iso2", "eu_code", "name_en", "name_it")]
        names += row["aliases"].split("|")
        codes |= {name.casefold(): row["code"] for name in names if name}
    codes |= COUNTRY_ALIASES

    def classify_country(country: str) -> Fields | DropReason:
        code = codes.get(country.casefold())
        if code:
            return {"geo": code}
        return DropReason("country not in data/codes/geographies.csv", country or "without a code")

    return classify_country


def _classify_wave(wave: str, since: str) -> Fields | DropReason:
    period = wave if re.fullmatch(r"\d{4}(-\d{2}|-[HQ]\d)?(/\d{4}.*)?", wave) else parse_month(wave)
    if not period:
        return DropReason("wave without a month", wave)
    if period < since:
        return DropReason(f"before {since}")
    if period < "2020":
        return {"period": period, "edition": "fob-2016-2019"}
    return {"period": period, "edition": "fob-2020" if period < "2021" else "fob-2021-22"}


def _parse_shares(
    cells: list[tuple[dict[str, str], tuple[str, ...]]], dropped: DroppedCells, name: str
) -> list[Share]:
    """The cells that have a number; the others are counted in `dropped`."""
    shares = []
    for fields, (share, error, n) in cells:
        with error_location(f"{name}, {fields['indicator']} of {fields['geo']}, {fields['period']}"):
            number = flags.parse_cell_value(share)
        if isinstance(number, DropReason):
            dropped.add(number)
            continue
        error, n = ("" if text in flags.MISSING_VALUES else text for text in (error, n))
        shares.append(Share(fields, Decimal(number[0]), error, n.removesuffix(".0")))
    return shares


def _build_observations(
    shares: list[Share], factor: int, text: TextFile, dropped: DroppedCells
) -> list[ObservationRecord]:
    """One observation per indicator, country, gender and wave: the share of an answer, or a sum of shares."""
    questions: defaultdict[str, set[str]] = defaultdict(set)
    answers: defaultdict[str, set[str]] = defaultdict(set)
    groups: defaultdict[tuple[str, ...], list[Share]] = defaultdict(list)
    for share in shares:
        questions[share.fields["indicator"]].add(share.fields["question"])
        answers[share.fields["indicator"]].add(share.fields["answer"])
        key = tuple(share.fields[name] for name in ("indicator", "geo", "gender", "period", "edition"))
        groups[key].append(share)
    observations = []
    for (indicator, geo, _, period, _), group in groups.items():
        if len({share.fields["question"] for share in group}) > 1:
            reason = (
                f"several questions match {indicator}: narrow it in data/catalogue/future_of_business.toml"
            )
            dropped.add(DropReason(reason, min(questions[indicator])[:60]), len(group))
        elif sorted(share.fields["answer"] for share in group) != sorted(answers[indicator]):
            reason = f"an answer of {indicator} is missing or repeated, so its sum is not known"
            dropped.add(DropReason(reason, f"{geo} {period}"), len(group))
        else:
            observations.append(_build_observation(group, factor, text))
    return observations


def _build_observation(group: list[Share], factor: int, text: TextFile) -> ObservationRecord:
    """The sum of the shares; it has a confidence interval where it is one share with a standard error."""
    fields, error = group[0].fields, group[0].error
    value = format_decimal(factor * sum(share.value for share in group))
    ci_low, ci_high = "", ""
    if error and len(group) == 1:
        try:
            scaled_error = format_decimal(factor * Decimal(normalize_decimal(error)))
            ci_low, ci_high = compute_confidence_interval(value, scaled_error)
        except ValueError:
            raise ImporterError(
                f"{text.name}, {fields['indicator']} of {fields['geo']}, {fields['period']}: "
                f"standard error {error[:40]!r} is not a positive number."
            ) from None
    answers = " + ".join(sorted(share.fields["answer"] for share in group))
    return ObservationRecord(
        indicator=fields["indicator"],
        geo=fields["geo"],
        gender=fields["gender"],
        period=fields["period"],
        edition=fields["edition"],
        value=value,
        unit="percent",
        ci_low=ci_low,
        ci_high=ci_high,
        n=group[0].n,
        status="ok" if len(group) == 1 else "derived",
        population=f"{fields['population']}; {fields['question'][:160]} / {answers[:160]}",
        publisher="Meta, OECD, World Bank",
        title=f"Future of Business survey, aggregated data ({text.name})",
        published=f"file of {text.file_date}",
        url=SURVEY_URL,
    )


def get_download_url(id: str) -> str:
    """Raises ImporterError: no address follows from the name of such a file."""
    raise ImporterError(
        f"{id} is not an address: give the https address of the aggregated CSV, "
        "as the publisher's page shows it."
    )
