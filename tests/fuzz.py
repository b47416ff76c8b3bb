"""python -m tests.fuzz --cases 1000000: the pure parsers given broken texts, each seeded and so found again
by its number.

A parser answers, or raises the fault it declares; anything else ends the run with the case. `make fuzz` runs
it; tests/test_fuzz.py a few thousand.
"""

import argparse
import io
import random
import sys
import time
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from ripresa import i18n, settings
from ripresa.database.published_observation import parse_period_start
from ripresa.diagnosis import scoring
from ripresa.diagnosis.questionnaire import QuestionnaireError
from ripresa.diagnosis.questionnaire_loader import QuestionnaireParser, get_questionnaire
from ripresa.exports import seal as fingerprint
from ripresa.exports import verify_reader
from ripresa.filters import Filters
from ripresa.importers import flags, future_of_business, jsonstat_reader, records, sdmx, tsv, worldbank
from ripresa.importers.records import ImporterError

HERE = Path(__file__).resolve().parent
PIECES = [
    "",
    "0",
    "-1",
    "1e999",
    "NaN",
    "é",
    "\x00",
    "\ud800",
    "\\ud800",
    "​",
    "\n",
    '"',
    "'",
    ",",
    ";",
    "{",
    "}",
    "[",
    "]",
    ":",
    "=",
    "&",
    "%00",
    "%",
    "\\",
    "/",
    "../",
    "<",
    "ITC4",
    "2020",
    "2020-13",
    "9" * 400,
    "[" * 300,
    "null",
    "true",
    "{}",
    "[]",
]


@dataclass(frozen=True)
class Parser:
    """What is fuzzed: texts that it reads well, what reads them, the faults that are its own, and its share
    of the cases.
    """

    seeds: list[str]
    read: Callable[[str], object]
    faults: tuple = ()
    share: int = 10


def answers(text: str) -> object:
    """A diagnosis as a page hands it over: item and answer, line by line."""
    asked = [item.id for item in get_questionnaire().items]
    said = dict(line.partition("=")[::2] for line in text.split("\n"))
    return scoring.score_answers(
        {
            (item if item in said else name): int(value)
            if value.isascii() and value.isdigit() and len(value) < 9
            else value
            for item, (name, value) in zip(asked, said.items(), strict=False)
        }
    )


def parsers() -> dict[str, Parser]:
    """Every parser by name."""

    def file(name):
        return (HERE / "data_importers" / name).read_text(encoding="utf-8")[:4000]

    seal = fingerprint.serialize_seal(
        fingerprint.add_checksum({"ripresa": 1, "version": "0" * 12, "view": "map", "columns": {}})
    )
    table = (
        "indicator,geo,sector,gender,size,period,edition,value\n"
        "death_rate,ITC4,all,all,all,2024,register,7.9\n"
    )
    cube = (
        '{"id":["geo","time"],"size":[1,2],"dimension":{"geo":{"category":{"index":["IT"]}},'
        '"time":{"category":{"index":{"2020":0,"2021":1}}}},"value":{"0":1.5,"1":null},"status":{"1":"b"}}'
    )
    api = (
        '[{"page":1,"pages":1,"total":1,"lastupdated":"2025-01-01"},[{"indicator":{"id":"X"},'
        '"country":{"id":"IT"},"countryiso3code":"ITA","date":"2024","value":16.1}]]'
    )
    return {
        "address": Parser(
            [
                "lang=it&level=italy&geo=ITC4&geo=ITF2&period=2024&sector=F",
                "indicator=death_rate&size=0-9&gender=women&version=x",
            ],
            lambda text: Filters.from_url_parameters(parse_qs(text, keep_blank_values=True)),
            share=20,
        ),
        "language": Parser(["it-IT,it;q=0.9,en;q=0.8", "en"], lambda text: i18n.negotiate_language("", text)),
        "period": Parser(
            ["2020", "2020-H1", "2020-Q2", "2020-05", "2020-05-19", "2020-05/2020-10"],
            parse_period_start,
            (ValueError,),
        ),
        "number": Parser(["1.50", "1.2e-3", "-7"], records.normalize_decimal, (ValueError,)),
        "cell": Parser(
            ["12.3 bp", ": u", ": @C", "4.5"],
            lambda text: flags.parse_cell_value(*tsv.parse_cell(text)),
            (ImporterError,),
        ),
        "code": Parser(
            ["A: annual", "ESTAT:ISOC_E_DII$DEFAULTVIEW(1.0)"],
            lambda text: (sdmx.strip_label(text), sdmx._parse_table_id(text), sdmx._parse_date(text)),
        ),
        "month": Parser(["May 2016", "05/2016", "2022-01", "Feb-16"], future_of_business.parse_month),
        "json-stat": Parser(
            [cube],
            lambda text: list(jsonstat_reader.iterate_cells(jsonstat_reader.parse_document(text, "x"))),
            (ImporterError, KeyError, TypeError, ValueError, AttributeError, IndexError),
        ),
        "world bank": Parser([api], lambda text: worldbank.parse_api_response(text, "x"), (ImporterError,)),
        "world bank table": Parser(
            [file("worldbank.csv")], lambda text: worldbank.parse_csv(text, "x"), (ImporterError,), 5
        ),
        "seal": Parser([seal], fingerprint.deserialize_seal),
        "packed rows": Parser(
            [fingerprint.pack_rows([("death_rate", "ITC4", "7.9")] * 3)],
            fingerprint.unpack_rows,
            (ValueError,),
        ),
        "file to verify": Parser(
            [
                table,
                seal,
                f'<svg xmlns="http://www.w3.org/2000/svg"><metadata id="ripresa">{seal}'
                "</metadata><text>7,9%</text></svg>",
                f"%PDF-1.4\n/RipresaSeal <{seal.encode().hex()}>\ntrailer <</Size 3 /Root 1 0 R>>\n"
                "startxref 9\n%%EOF",
            ],
            lambda text: verify_reader.parse_file(text.encode("utf-8", "surrogatepass")),
            (verify_reader.UnknownFileError,),
            8,
        ),
        "diagnosis": Parser(
            ["\n".join(f"{item.id}=2" for item in get_questionnaire().items)],
            answers,
            (KeyError, ValueError),
            1,
        ),
        "question bank": Parser(
            [settings.QUESTIONNAIRE.read_text(encoding="utf-8")],
            lambda text: QuestionnaireParser(settings.QUESTIONNAIRE).parse(tomllib.loads(text), "0"),
            (QuestionnaireError, tomllib.TOMLDecodeError),
            0,
        ),
    }


def broken(text: str, chance: random.Random) -> str:
    """A text with one to four wounds: letters lost, doubled, moved, swapped for others, pieces put in."""
    for _ in range(chance.randint(1, 4)):
        at, to = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
        to = min(to, at + chance.choice((1, 1, 4, 40)))
        kind = chance.randrange(6)
        if kind == 0:
            text = text[:at] + text[to:]
        elif kind == 1:
            text = text[:to] + text[at:]
        elif kind == 2:
            text = text[:at] + chance.choice(PIECES) + text[to:]
        elif kind == 3:
            text = (
                text[:at]
                + chr(
                    chance.choice(
                        (chance.randrange(128), chance.randrange(0xD800), chance.randrange(0xE000, 0x110000))
                    )
                )
                + text[at:]
            )
        elif kind == 4:
            text = text[:at] + text[at:to][::-1] + text[to:]
        else:
            text = text[:at]
    return text


def wounded(content: bytes, chance: random.Random) -> bytes:
    """A file with the wounds of `broken`: one of its members if it is an archive, some of its bytes if it is
    no text.
    """
    if content.startswith(b"PK") and chance.random() < 0.8:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as whole, zipfile.ZipFile(out, "w") as made:
            hurt = chance.choice(whole.namelist())
            for name in whole.namelist():
                made.writestr(name, wounded(whole.read(name), chance) if name == hurt else whole.read(name))
        return out.getvalue()
    try:
        return broken(content.decode(), chance).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        at = chance.randrange(len(content))
        return (
            content[:at]
            + chance.choice((b"", b"", chance.randbytes(chance.randrange(40))))
            + content[at + chance.randrange(40) :]
        )


def run(cases: int, seed: int = 1) -> dict[str, int]:
    """Tries so many cases, shared among the parsers; gives the count of each. Raises AssertionError with the
    first case that is not answered.
    """
    tried, chosen = {}, parsers()
    whole = sum(parser.share for parser in chosen.values())
    for name, parser in chosen.items():
        tried[name] = max(cases * parser.share // whole, 20)
        for number in range(tried[name]):
            chance = random.Random(f"{seed} {name} {number}")
            text = broken(chance.choice(parser.seeds), chance)
            try:
                parser.read(text)
            except parser.faults:
                pass
            except Exception as fault:
                raise AssertionError(
                    f"{name}, case {number} of seed {seed}: {type(fault).__name__}: {fault}\n{text[:2000]!r}"
                ) from fault
    return tried


def main() -> int:
    asked = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Gives broken texts to the pure parsers."
    )
    asked.add_argument("--cases", type=int, default=1_000_000)
    asked.add_argument("--seed", type=int, default=1)
    given, begun = asked.parse_args(), time.monotonic()
    tried = run(given.cases, given.seed)
    for name, count in tried.items():
        print(f"{count:>9,}  {name}")
    print(
        f"{sum(tried.values()):>9,}  cases in {time.monotonic() - begun:.0f} s, each answered or "
        "refused in the parser's own words"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
