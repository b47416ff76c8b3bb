"""Answers and diagnoses that the tests of the diagnosis share."""

from dataclasses import replace
from datetime import date
from random import Random

from hypothesis import strategies as st

from ripresa.diagnosis.contribution import Profile, build_contribution
from ripresa.diagnosis.diagnosis_records import DiagnosisRecord
from ripresa.diagnosis.italian_areas import get_region_codes
from ripresa.diagnosis.questionnaire import DONT_KNOW, NOT_APPLICABLE
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import score_answers

BAKERY = {
    "found_listing": 0,
    "found_website": 1,
    "found_consistency": 1,
    "convert_reply": 2,
    "retain_safety": 1,
}
ITEMS = get_questionnaire().items
GOALS = [goal.id for goal in get_questionnaire().goals]


def answer_all(points: int, **other) -> dict:
    return {item.id: points for item in ITEMS} | other


def answer(item):
    return st.sampled_from([0, 1, 2, 3, DONT_KNOW, None, *([NOT_APPLICABLE] if item.not_applicable else [])])


ANY = st.fixed_dictionaries({item.id: answer(item) for item in ITEMS})
ANSWERED = st.fixed_dictionaries({item.id: st.sampled_from([0, 1, 2, 3]) for item in ITEMS})


SMALL_BANK = replace(
    get_questionnaire(),
    goals=(replace(get_questionnaire().goals[0], items=get_questionnaire().goals[0].items[:1]),),
)  # one goal of one item: fewer tables


def generate_diagnoses(
    random: Random, many: int, month: str, weights: dict, instrument=SMALL_BANK
) -> list[DiagnosisRecord]:
    """Random diagnoses as a release counts them; `weights` makes some regions, sectors and sizes rare."""
    measures = ("overall", *(goal.id for goal in instrument.goals))
    found = []
    for _ in range(many):
        levels = {measure: random.choices("1234", weights["level"])[0] for measure in measures}
        picked = {
            kind: random.choices(get_codes(kind), weights[kind])[0] for kind in ("region", "sector", "size")
        }
        answers = {
            item.id: random.choices(("0", "1", "2", "3", "none", "blank"), (5, 6, 6, 4, 1, 1))[0]
            for item in instrument.items
        }
        scores = {measure: 25 * int(level) - random.uniform(0.1, 25) for measure, level in levels.items()}
        action = f"{random.choice(instrument.items).id}.{random.choice(('low', 'mid'))}"
        found.append(
            DiagnosisRecord(
                f"{random.getrandbits(128):032x}",
                month=month,
                levels=levels,
                scores=scores,
                answers=answers,
                first_action=action,
                **picked,
            )
        )
    return found


def generate_weights(random: Random) -> dict:
    """Random weights for `diagnoses`."""
    rare = {
        kind: [random.choice((1, 1, 2, 4, 9)) for _ in get_codes(kind)]
        for kind in ("region", "sector", "size")
    }
    return rare | {"level": [random.choice((1, 2, 4)) for _ in "1234"]}


def get_codes(kind: str) -> tuple[str, ...]:
    return get_region_codes() if kind == "region" else get_questionnaire().get_option_codes(kind)


TODAY = date(2026, 11, 22)

PROFILE = Profile("ITC4", "I", "0-9", "b2c", ("found", "convert"), "owner")


def build_row(profile: Profile = PROFILE, today: date = TODAY, **answers):
    return build_contribution(score_answers(answer_all(2, **answers)), profile, "it", 400, today)


FULL = Profile(region="ITH3", sector="I", size="0-9", customers="b2c", goals=("found", "convert"))
