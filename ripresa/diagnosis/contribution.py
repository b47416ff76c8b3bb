"""What a firm gives when it chooses to contribute: one row with exactly these fields, and a code to take it back."""

import json
import secrets
import uuid
from base64 import b32encode
from dataclasses import dataclass, field, fields
from datetime import date
from hashlib import sha256

from ripresa.diagnosis.questionnaire import Questionnaire, get_comparability_class
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import ANSWERED, DiagnosisResult

COUNTRY = "IT"
RFC_4648_ALPHABET, CROCKFORD_ALPHABET = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
)  # the second has no I, L, O, U to misread
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
    """The stored row: nothing else about a firm is kept. `answers` and `goals` are JSON: {item: points or state}, {goal: [score, low, high, level]}."""

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


def get_missing_questions(profile: Profile, questionnaire: Questionnaire | None = None) -> list[str]:
    """Ids of the profile questions that contributing needs and that are blank."""
    return [
        q.id
        for q in (questionnaire or get_questionnaire()).profile_questions
        if q.is_required and not getattr(profile, q.id)
    ]


def build_contribution(
    result: DiagnosisResult,
    profile: Profile,
    lang: str,
    seconds: float,
    today: date,
    questionnaire: Questionnaire | None = None,
) -> Contribution:
    """The row to store. Build it once for a diagnosis and keep it: storing the same row twice leaves one."""
    questionnaire = questionnaire or get_questionnaire()
    _validate(result, profile, questionnaire)
    goal_1, goal_2 = (*profile.goals, "")[:2]
    overall = result.overall
    return Contribution(
        diagnosis_id=uuid.uuid4().hex,
        version=questionnaire.version,
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
        duration_class=get_duration_class(seconds, questionnaire),
        score=_round_or_none(overall.value),
        score_low=_round_or_none(overall.low),
        score_high=_round_or_none(overall.high),
        level=overall.level,
        answers=json.dumps(
            {id: s.points if s.state == ANSWERED else s.state for id, s in result.items.items()},
            separators=(",", ":"),
        ),
        goals=json.dumps(
            {
                id: [_round_or_none(g.value), _round_or_none(g.low), _round_or_none(g.high), g.level]
                for id, g in result.goals.items()
            },
            separators=(",", ":"),
        ),
    )


def get_duration_class(seconds: float, questionnaire: Questionnaire | None = None) -> str:
    """One of four classes of minutes: "0-5", "5-8", "8-12", "12+"."""
    limits = (questionnaire or get_questionnaire()).privacy["minutes"]
    below = [limit for limit in limits if limit * 60 <= seconds]
    start = below[-1] if below else 0
    return f"{start}+" if start == limits[-1] else f"{start}-{limits[len(below)]}"


def generate_withdrawal_code() -> str:
    """A withdrawal code of 128 random bits, to be shown once: 26 letters and digits in groups, none easily misread."""
    letters = (
        b32encode(secrets.token_bytes(16))
        .decode()
        .rstrip("=")
        .translate(str.maketrans(RFC_4648_ALPHABET, CROCKFORD_ALPHABET))
    )
    return "-".join(letters[i : i + 5] for i in range(0, len(letters), 5))


def hash_withdrawal_code(code: str) -> str:
    """All that is kept of a code. Case, spaces, hyphens and letters misread for digits do not matter."""
    return sha256(code.upper().translate(LOOKALIKE_TRANSLATION).encode()).hexdigest()


def _validate(result: DiagnosisResult, profile: Profile, questionnaire: Questionnaire):
    if not any(s.state == ANSWERED for s in result.items.values()):
        raise ContributionError("There is no answer to contribute.")
    if blank := get_missing_questions(profile, questionnaire):
        raise ContributionError(f"To contribute, the profile needs: {', '.join(blank)}.")
    for question in questionnaire.profile_questions:
        given = getattr(profile, question.id)
        given = given if isinstance(given, tuple) else (given,) if given else ()
        unknown = [code for code in given if code not in questionnaire.get_option_codes(question.id)]
        if unknown or len(given) > question.max_choices or len(set(given)) < len(given):
            raise ContributionError(
                f'profile "{question.id}" cannot be {given}; use up to {question.max_choices} of: {", ".join(questionnaire.get_option_codes(question.id))}.'
            )


def _round_or_none(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
