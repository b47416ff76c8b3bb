"""A contributed diagnosis: one row with exactly these fields, and a code to withdraw it."""

import json
import secrets
import uuid
from base64 import b32encode
from dataclasses import dataclass, field, fields
from datetime import date
from hashlib import sha256

from ripresa.diagnosis.questionnaire import get_comparability_class
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import ANSWERED, DiagnosisResult, Score

COUNTRY = "IT"
# Crockford's alphabet has no I, L, O or U, which are easily misread.
TO_CROCKFORD_BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
LOOKALIKE_TRANSLATION = str.maketrans("ILO", "110", "- \t\n")


class ContributionError(ValueError):
    """The diagnosis cannot be contributed as it is."""


@dataclass(frozen=True)
class Profile:
    """The answers to the profile; "" and () where left blank. `goals` are in order of choice."""

    region: str = ""
    sector: str = ""
    size: str = ""
    customers: str = ""
    goals: tuple[str, ...] = ()
    role: str = ""


@dataclass(frozen=True)
class Contribution:
    """The stored row, all that is stored about a firm.

    `answers` and `goals` are JSON: {item: points or state} and {goal: [score, low, high, level]}.
    """

    diagnosis_id: str
    version: str
    month: str
    country: str
    region: str
    sector: str
    size_class: str
    customers: str
    goal_1: str
    goal_2: str
    role: str
    language: str
    duration_class: str
    score: float | None
    score_low: float | None
    score_high: float | None
    level: int | None
    answers: str = field(repr=False)
    goals: str = field(repr=False)

    @property
    def comparability_class(self) -> str:
        return get_comparability_class(self.version)


CONTRIBUTION_FIELDS = tuple(f.name for f in fields(Contribution))


def get_missing_questions(profile: Profile) -> list[str]:
    """Ids of the profile questions that are required to contribute and were left blank."""
    return [
        question.id
        for question in get_questionnaire().profile_questions
        if question.is_required and not getattr(profile, question.id)
    ]


def build_contribution(
    result: DiagnosisResult, profile: Profile, lang: str, seconds: float, today: date
) -> Contribution:
    """The row to store; `seconds` is how long the diagnosis took. Raises ContributionError.

    Build it once for a diagnosis: storing the same row twice leaves one.
    """
    _validate(result, profile)
    goal_1, goal_2 = (*profile.goals, "")[:2]
    score, low, high, level = _round_score(result.overall)
    return Contribution(
        diagnosis_id=uuid.uuid4().hex,
        version=get_questionnaire().version,
        month=f"{today:%Y-%m}",
        country=COUNTRY,
        region=profile.region,
        sector=profile.sector,
        size_class=profile.size,
        customers=profile.customers,
        goal_1=goal_1,
        goal_2=goal_2,
        role=profile.role,
        language=lang,
        duration_class=get_duration_class(seconds),
        score=score,
        score_low=low,
        score_high=high,
        level=level,
        answers=_dump_json(
            {id: item.points if item.state == ANSWERED else item.state for id, item in result.items.items()}
        ),
        goals=_dump_json({id: _round_score(goal) for id, goal in result.goals.items()}),
    )


def get_duration_class(seconds: float) -> str:
    """One of four classes of minutes: "0-5", "5-8", "8-12", "12+"."""
    start = 0
    for limit in get_questionnaire().privacy["minutes"]:
        if seconds < limit * 60:
            return f"{start}-{limit}"
        start = limit
    return f"{start}+"


def generate_withdrawal_code() -> str:
    """A withdrawal code of 128 random bits, displayed once: 26 letters and digits in groups of five."""
    letters = b32encode(secrets.token_bytes(16)).decode().rstrip("=").translate(TO_CROCKFORD_BASE32)
    return "-".join(letters[i : i + 5] for i in range(0, len(letters), 5))


def hash_withdrawal_code(code: str) -> str:
    """The only trace of a code that is stored; case, spaces, hyphens and look-alike letters do not matter."""
    return sha256(code.upper().translate(LOOKALIKE_TRANSLATION).encode()).hexdigest()


def _validate(result: DiagnosisResult, profile: Profile) -> None:
    if not any(item.state == ANSWERED for item in result.items.values()):
        raise ContributionError("There is no answer to contribute.")
    if missing := get_missing_questions(profile):
        raise ContributionError(f"To contribute, the profile needs: {', '.join(missing)}.")
    for question in get_questionnaire().profile_questions:
        value = getattr(profile, question.id)
        codes = value if isinstance(value, tuple) else (value,) if value else ()
        allowed = get_questionnaire().get_option_codes(question.id)
        if (
            not set(codes) <= set(allowed)
            or len(codes) > question.max_choices
            or len(set(codes)) < len(codes)
        ):
            raise ContributionError(
                f'profile "{question.id}" cannot be {codes}; '
                f"use up to {question.max_choices} of: {', '.join(allowed)}."
            )


def _round_score(score: Score) -> tuple[float | None, float | None, float | None, int | None]:
    """Value, low and high with two decimals, and the level."""
    value, low, high = (
        None if number is None else round(number, 2) for number in (score.value, score.low, score.high)
    )
    return value, low, high, score.level


def _dump_json(values: object) -> str:
    return json.dumps(values, separators=(",", ":"))
