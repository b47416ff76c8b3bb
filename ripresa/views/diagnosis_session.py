"""The diagnosis in progress, which is kept in the session alone; the URL holds the screen only."""

import time
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from ripresa.diagnosis.action_plan import ActionPlan, build_action_plan
from ripresa.diagnosis.contribution import Contribution, Profile
from ripresa.diagnosis.questionnaire import Answer
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import DiagnosisResult, score_answers
from ripresa.views.session import get_session

START, PROFILE, RESULT = "start", "profile", "result"
SCREENS = (START, PROFILE, *(goal.id for goal in get_questionnaire().goals), RESULT)


@dataclass
class DiagnosisSession:
    """The answers of a firm, its screen and its contribution. Answers and codes are left out of repr()."""

    screen: str = START
    screens_opened: int = 0  # the browser scrolls to the top of the page when it changes
    answers: dict[str, Answer] = field(default_factory=dict, repr=False)
    profile: Profile = field(default=Profile(), repr=False)
    started_at: float = 0.0  # by time.monotonic(); 0 before the first screen is opened
    duration_seconds: float = 0.0
    pending_contribution: Contribution | None = field(default=None, repr=False)  # the same for a retry
    pending_code: str = field(default="", repr=False)
    withdrawal_code: str = field(default="", repr=False)  # while it is shown
    has_contributed: bool = False
    has_store_error: bool = False

    @property
    def result(self) -> DiagnosisResult:
        return score_answers(self.answers)

    @property
    def plan(self) -> ActionPlan:
        return build_action_plan(self.result, self.profile.goals)


def get_diagnosis_session() -> DiagnosisSession:
    """The diagnosis of this session."""
    session = get_session()
    if session.diagnosis is None:
        session.diagnosis = DiagnosisSession()
    return session.diagnosis


def has_started_diagnosis() -> bool:
    """Whether a diagnosis is in progress or done in this session."""
    diagnosis = get_session().diagnosis
    return diagnosis is not None and diagnosis.started_at > 0


def sync_screen_with_url() -> bool:
    """Opens the screen of the URL, so that Back and Forward work; after another page, the last screen.

    False where the URL names a screen whose answers are gone: of another session, or erased."""
    diagnosis, step = get_diagnosis_session(), st.query_params.get("step", START)
    if get_session().has_page_changed and "step" not in st.query_params:
        _set_url_step(diagnosis.screen)
    elif step != diagnosis.screen and step in SCREENS and diagnosis.started_at:
        diagnosis.screen, diagnosis.screens_opened = step, diagnosis.screens_opened + 1
    return step == START or has_started_diagnosis()


def open_screen(screen: str) -> None:
    """Opens a screen (for callbacks)."""
    diagnosis, now = get_diagnosis_session(), time.monotonic()
    diagnosis.started_at = diagnosis.started_at or now
    if screen == RESULT:
        diagnosis.duration_seconds = diagnosis.duration_seconds or now - diagnosis.started_at
    diagnosis.screen, diagnosis.screens_opened = screen, diagnosis.screens_opened + 1
    _set_url_step(screen)


def _set_url_step(screen: str) -> None:
    if screen != START:
        st.query_params["step"] = screen
    elif "step" in st.query_params:
        del st.query_params["step"]


def open_adjacent_screen(offset: int) -> None:
    """Opens the next screen (1) or the previous one (-1)."""
    open_screen(SCREENS[SCREENS.index(get_diagnosis_session().screen) + offset])


def set_answer(item_id: str, answer: Answer) -> None:
    """Stores an answer; None leaves the question blank."""
    answers = get_diagnosis_session().answers
    if answer is None:
        answers.pop(item_id, None)
    else:
        answers[item_id] = answer


def update_profile(**answers: str | tuple[str, ...]) -> None:
    """Stores answers to questions about the firm, by field of Profile."""
    diagnosis, changed = get_diagnosis_session(), dict[str, Any](answers)
    diagnosis.profile = replace(diagnosis.profile, **changed)


def clear_diagnosis() -> None:
    """Erases every answer of this session."""
    get_session().diagnosis = DiagnosisSession(screens_opened=get_diagnosis_session().screens_opened + 1)
    _set_url_step(START)
