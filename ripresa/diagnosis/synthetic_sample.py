"""An invented sample, so that the results page can be seen before the first real release. Invented, not calibrated on any firm or survey.

    python -m ripresa diagnosis sample     write data/raw/diagnosis_release.csv from the sample, every row labelled

It takes the same way as real diagnoses: scoring, tables, suppression, audit. It never enters the store and is never anyone's peer.
RIPRESA_DIAGNOSIS_SAMPLE=0 hides it from the pages; a real release replaces it.
"""

from dataclasses import replace
from datetime import date
from random import Random

from ripresa.diagnosis.contribution import Contribution, Profile, build_contribution
from ripresa.diagnosis.diagnosis_records import build_records
from ripresa.diagnosis.italian_areas import get_region_codes
from ripresa.diagnosis.published_file import RELEASE_PATH, SYNTHETIC_LABEL, read_release, write_release
from ripresa.diagnosis.quarterly_release import (
    QuarterlyRelease,
    ReleaseError,
    audit_release,
    build_release,
    format_summary,
)
from ripresa.diagnosis.questionnaire import DONT_KNOW, NOT_APPLICABLE, Item, Questionnaire
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import MAX_POINTS, score_answers

SEED = 2020
SAMPLE_SIZE = 2400
MONTHS = 6
END_DATE = date(2026, 9, 30)


def generate_contributions(
    size: int = SAMPLE_SIZE,
    seed: int = SEED,
    months: int = MONTHS,
    end_date: date = END_DATE,
    questionnaire: Questionnaire | None = None,
) -> list[Contribution]:
    """`size` invented diagnoses, the same for the same seed. The numbers below are arbitrary on purpose."""
    questionnaire = questionnaire or get_questionnaire()
    random = Random(seed)
    weights = {
        kind: [random.choice((1, 2, 3, 5)) for _ in codes]
        for kind, codes in _get_profile_codes(questionnaire).items()
    }
    hard = {item.id: random.uniform(-0.6, 0.6) for item in questionnaire.items}
    return [
        _generate_contribution(random, weights, hard, months, end_date, questionnaire) for _ in range(size)
    ]


def build_synthetic_release(questionnaire: Questionnaire | None = None) -> QuarterlyRelease:
    """The release of the invented sample, labelled in every row."""
    release = build_release(
        build_records(generate_contributions(questionnaire=questionnaire), questionnaire),
        "sample",
        f"{END_DATE:%Y-%m}",
        END_DATE,
        label=SYNTHETIC_LABEL,
        questionnaire=questionnaire,
    )
    audit_release(release.audit_state, (), (questionnaire or get_questionnaire()).privacy["threshold"])
    return release


def _get_profile_codes(questionnaire: Questionnaire) -> dict[str, tuple[str, ...]]:
    return {"region": get_region_codes()} | {
        kind: questionnaire.get_option_codes(kind) for kind in ("sector", "size", "customers", "role")
    }


def _generate_contribution(
    random: Random, weights: dict, hard: dict, months: int, ends: date, questionnaire: Questionnaire
) -> Contribution:
    picked = {
        kind: random.choices(codes, weights[kind])[0]
        for kind, codes in _get_profile_codes(questionnaire).items()
    }
    goals = tuple(random.sample([goal.id for goal in questionnaire.goals], random.choice((1, 2))))
    habit = random.gauss(0, 0.9)
    answers = {item.id: _generate_answer(random, item, habit - hard[item.id]) for item in questionnaire.items}
    month = (ends.year * 12 + ends.month - 1) - random.randrange(months)
    lang, seconds, day = (
        random.choice(("it", "it", "en")),
        random.uniform(180, 900),
        date(month // 12, month % 12 + 1, 1),
    )
    row = build_contribution(
        score_answers(answers, questionnaire),
        Profile(goals=goals, **picked),
        lang,
        seconds,
        day,
        questionnaire,
    )
    return replace(row, diagnosis_id=f"{random.getrandbits(128):032x}")


def _generate_answer(random: Random, item: Item, leaning: float):
    if random.random() < 0.04:
        return random.choice((DONT_KNOW, None))
    if item.not_applicable and random.random() < 0.05:
        return NOT_APPLICABLE
    return min(MAX_POINTS, max(0, round(1.5 + leaning + random.gauss(0, 0.8))))


def write_sample() -> str:
    """Writes the sample's release and says what it shows. Raises ReleaseError where a real release is in its place."""
    if any(row["label"] != SYNTHETIC_LABEL for row in read_release(RELEASE_PATH)):
        raise ReleaseError(
            f"{RELEASE_PATH.name} holds a real release: the invented sample does not replace it."
        )
    release = build_synthetic_release()
    write_release(release.rows, RELEASE_PATH)
    return f"{SYNTHETIC_LABEL}: audit passed; {format_summary(release.rows)}."
