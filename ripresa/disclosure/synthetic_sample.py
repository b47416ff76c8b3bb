"""An invented sample, so that the results page can be seen before the first real release. Invented, not calibrated on any firm or survey.

    python -m ripresa diagnosis sample     write data/raw/diagnosis_release.csv from the sample, every row labelled

It takes the same way as real diagnoses: scoring, tables, suppression, audit. It never enters the store and is never anyone's peer.
RIPRESA_DIAGNOSIS_SAMPLE=0 hides it from the pages; a real release replaces it.
"""

from dataclasses import replace
from datetime import date
from random import Random

from ripresa.diagnosis.contribution import Contribution, Profile, contribution
from ripresa.diagnosis.questionnaire import DONT_KNOW, NOT_APPLICABLE, Instrument, Item, bank, regions
from ripresa.diagnosis.scoring import TOP, score
from ripresa.disclosure.published_file import FILE, SYNTHETIC, read, write
from ripresa.disclosure.quarterly_release import Release, ReleaseError, audit, publish, summary
from ripresa.disclosure.tabulation import counted

SEED = 2020
SIZE = 2400
MONTHS = 6
ENDS = date(2026, 9, 30)


def invented(
    size: int = SIZE,
    seed: int = SEED,
    months: int = MONTHS,
    ends: date = ENDS,
    instrument: Instrument | None = None,
) -> list[Contribution]:
    """`size` invented diagnoses, the same for the same seed. The numbers below are arbitrary on purpose."""
    instrument = instrument or bank()
    random = Random(seed)
    weights = {
        kind: [random.choice((1, 2, 3, 5)) for _ in codes] for kind, codes in _codes(instrument).items()
    }
    hard = {item.id: random.uniform(-0.6, 0.6) for item in instrument.items}
    return [_one(random, weights, hard, months, ends, instrument) for _ in range(size)]


def synthetic_release(instrument: Instrument | None = None) -> Release:
    """The release of the invented sample, labelled in every row."""
    release = publish(
        counted(invented(instrument=instrument), instrument),
        "sample",
        f"{ENDS:%Y-%m}",
        ENDS,
        label=SYNTHETIC,
        instrument=instrument,
    )
    audit(release.state, (), (instrument or bank()).privacy["threshold"])
    return release


def _codes(instrument: Instrument) -> dict[str, tuple[str, ...]]:
    return {"region": regions()} | {
        kind: instrument.codes(kind) for kind in ("sector", "size", "customers", "role")
    }


def _one(
    random: Random, weights: dict, hard: dict, months: int, ends: date, instrument: Instrument
) -> Contribution:
    picked = {kind: random.choices(codes, weights[kind])[0] for kind, codes in _codes(instrument).items()}
    goals = tuple(random.sample([goal.id for goal in instrument.goals], random.choice((1, 2))))
    habit = random.gauss(0, 0.9)
    answers = {item.id: _answer(random, item, habit - hard[item.id]) for item in instrument.items}
    month = (ends.year * 12 + ends.month - 1) - random.randrange(months)
    lang, seconds, day = (
        random.choice(("it", "it", "en")),
        random.uniform(180, 900),
        date(month // 12, month % 12 + 1, 1),
    )
    row = contribution(
        score(answers, instrument), Profile(goals=goals, **picked), lang, seconds, day, instrument
    )
    return replace(row, diagnosis_id=f"{random.getrandbits(128):032x}")


def _answer(random: Random, item: Item, leaning: float):
    if random.random() < 0.04:
        return random.choice((DONT_KNOW, None))
    if item.not_applicable and random.random() < 0.05:
        return NOT_APPLICABLE
    return min(TOP, max(0, round(1.5 + leaning + random.gauss(0, 0.8))))


def write_sample() -> str:
    """Writes the sample's release and says what it shows. Raises ReleaseError where a real release is in its place."""
    if any(row["label"] != SYNTHETIC for row in read(FILE)):
        raise ReleaseError(f"{FILE.name} holds a real release: the invented sample does not replace it.")
    release = synthetic_release()
    write(release.rows, FILE)
    return f"{SYNTHETIC}: audit passed; {summary(release.rows)}."
