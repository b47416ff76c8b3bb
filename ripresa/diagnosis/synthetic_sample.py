"""An invented sample, calibrated on no firm or survey: it fills the results page until the first release.

    python -m ripresa diagnosis sample     write data/raw/diagnosis_release.csv, every row labelled

It goes through the same steps as real diagnoses: scoring, tables, suppression, audit. It never enters the
store and is never used for peer comparisons. RIPRESA_DIAGNOSIS_SAMPLE=0 hides it from the pages; a real
release replaces it.
"""

from collections.abc import Mapping, Sequence
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
from ripresa.diagnosis.questionnaire import DONT_KNOW, NOT_APPLICABLE, Answer, Item, Questionnaire
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import MAX_POINTS, score_answers

SEED = 2020
SAMPLE_SIZE = 2400
MONTHS = 6
END_DATE = date(2026, 9, 30)


def generate_contributions(
    size: int = SAMPLE_SIZE, seed: int = SEED, months: int = MONTHS
) -> list[Contribution]:
    """`size` invented diagnoses, the same for the same seed. The parameters are arbitrary on purpose."""
    questionnaire = get_questionnaire()
    random = Random(seed)
    codes = {"region": get_region_codes()} | {
        name: questionnaire.get_option_codes(name) for name in ("sector", "size", "customers", "role")
    }
    weights = {name: [random.choice((1, 2, 3, 5)) for _ in codes[name]] for name in codes}
    difficulty = {item.id: random.uniform(-0.6, 0.6) for item in questionnaire.items}
    last_month = END_DATE.year * 12 + END_DATE.month - 1
    contributions = []
    for _ in range(size):
        profile, answers = _generate_diagnosis(random, codes, weights, difficulty, questionnaire)
        year, month = divmod(last_month - random.randrange(months), 12)
        contribution = build_contribution(
            score_answers(answers),
            profile,
            lang=random.choice(("it", "it", "en")),
            seconds=random.uniform(180, 900),
            today=date(year, month + 1, 1),
        )
        contributions.append(replace(contribution, diagnosis_id=f"{random.getrandbits(128):032x}"))
    return contributions


def build_synthetic_release() -> QuarterlyRelease:
    """The release of the invented sample, labelled in every row."""
    records = build_records(generate_contributions())
    release = build_release(records, "sample", f"{END_DATE:%Y-%m}", END_DATE, label=SYNTHETIC_LABEL)
    audit_release(release.audit_state, (), get_questionnaire().privacy["threshold"])
    return release


def write_sample() -> str:
    """Writes the release of the sample and returns a summary.

    Raises ReleaseError where a real release is in its place.
    """
    if any(row["label"] != SYNTHETIC_LABEL for row in read_release(RELEASE_PATH)):
        raise ReleaseError(
            f"{RELEASE_PATH.name} holds a real release: the invented sample does not replace it."
        )
    release = build_synthetic_release()
    write_release(release.rows, RELEASE_PATH)
    return f"{SYNTHETIC_LABEL}: audit passed; {format_summary(release.rows)}."


def _generate_diagnosis(
    random: Random,
    codes: Mapping[str, Sequence[str]],
    weights: Mapping[str, Sequence[int]],
    difficulty: Mapping[str, float],
    questionnaire: Questionnaire,
) -> tuple[Profile, dict[str, Answer]]:
    choices = {name: random.choices(codes[name], weights[name])[0] for name in codes}
    goals = tuple(random.sample([goal.id for goal in questionnaire.goals], random.choice((1, 2))))
    ability = random.gauss(0, 0.9)
    answers = {
        item.id: _generate_answer(random, item, ability - difficulty[item.id]) for item in questionnaire.items
    }
    return Profile(goals=goals, **choices), answers


def _generate_answer(random: Random, item: Item, leaning: float) -> Answer:
    if random.random() < 0.04:
        return random.choice((DONT_KNOW, None))
    if item.not_applicable and random.random() < 0.05:
        return NOT_APPLICABLE
    return min(MAX_POINTS, max(0, round(1.5 + leaning + random.gauss(0, 0.8))))
