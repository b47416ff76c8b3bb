"""What a firm gives when it chooses to contribute: one row with exactly these fields, and a code to take it back."""

import json
import secrets
import uuid
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, fields
from datetime import date
from hashlib import sha256

from ripresa.diagnosis.questionnaire import Instrument, bank, comparability
from ripresa.diagnosis.scoring import ANSWERED, Result

COUNTRY = "IT"
RFC_4648, CROCKFORD = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
)  # the second has no I, L, O, U to misread
MISREAD = str.maketrans("ILO", "110", "- \t\n")


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
    def comparability(self) -> str:
        return comparability(self.version)


FIELDS = tuple(f.name for f in fields(Contribution))


def missing(profile: Profile, instrument: Instrument | None = None) -> list[str]:
    """Ids of the profile questions that contributing needs and that are blank."""
    return [q.id for q in (instrument or bank()).profile if q.required and not getattr(profile, q.id)]


def contribution(
    result: Result,
    profile: Profile,
    lang: str,
    seconds: float,
    today: date,
    instrument: Instrument | None = None,
) -> Contribution:
    """The row to store. Build it once for a diagnosis and keep it: storing the same row twice leaves one."""
    instrument = instrument or bank()
    _check(result, profile, instrument)
    goal_1, goal_2 = (*profile.goals, "")[:2]
    overall = result.overall
    return Contribution(
        diagnosis_id=uuid.uuid4().hex,
        version=instrument.version,
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
        duration_class=duration_class(seconds, instrument),
        score=_rounded(overall.value),
        score_low=_rounded(overall.low),
        score_high=_rounded(overall.high),
        level=overall.level,
        answers=json.dumps(
            {id: s.points if s.state == ANSWERED else s.state for id, s in result.items.items()},
            separators=(",", ":"),
        ),
        goals=json.dumps(
            {
                id: [_rounded(g.value), _rounded(g.low), _rounded(g.high), g.level]
                for id, g in result.goals.items()
            },
            separators=(",", ":"),
        ),
    )


def duration_class(seconds: float, instrument: Instrument | None = None) -> str:
    """One of four classes of minutes: "0-5", "5-8", "8-12", "12+"."""
    limits = (instrument or bank()).privacy["minutes"]
    below = [limit for limit in limits if limit * 60 <= seconds]
    start = below[-1] if below else 0
    return f"{start}+" if start == limits[-1] else f"{start}-{limits[len(below)]}"


def values(row: Contribution) -> dict:
    """The row as {column: value}."""
    return dict(zip(FIELDS, astuple(row), strict=True))


def from_values(row: Mapping) -> Contribution:
    """The row from {column: value}."""
    return Contribution(**{name: row[name] for name in FIELDS})


def new_code() -> str:
    """A withdrawal code of 128 random bits, to be shown once: 26 letters and digits in groups, none easily misread."""
    letters = (
        b32encode(secrets.token_bytes(16)).decode().rstrip("=").translate(str.maketrans(RFC_4648, CROCKFORD))
    )
    return "-".join(letters[i : i + 5] for i in range(0, len(letters), 5))


def code_hash(code: str) -> str:
    """All that is kept of a code. Case, spaces, hyphens and letters misread for digits do not matter."""
    return sha256(code.upper().translate(MISREAD).encode()).hexdigest()


def _check(result: Result, profile: Profile, instrument: Instrument):
    if not any(s.state == ANSWERED for s in result.items.values()):
        raise ContributionError("There is no answer to contribute.")
    if blank := missing(profile, instrument):
        raise ContributionError(f"To contribute, the profile needs: {', '.join(blank)}.")
    for question in instrument.profile:
        given = getattr(profile, question.id)
        given = given if isinstance(given, tuple) else (given,) if given else ()
        unknown = [code for code in given if code not in instrument.codes(question.id)]
        if unknown or len(given) > question.choices or len(set(given)) < len(given):
            raise ContributionError(
                f'profile "{question.id}" cannot be {given}; use up to {question.choices} of: {", ".join(instrument.codes(question.id))}.'
            )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
