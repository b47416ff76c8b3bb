"""What a firm has answered in this visit: kept in the server's memory with the session, and nowhere else. The address holds the screen alone."""

import time
from dataclasses import dataclass, field, replace

import streamlit as st

from ripresa.diagnosis.action_plan import ActionPlan, build_action_plan
from ripresa.diagnosis.contribution import Contribution, Profile
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import DiagnosisResult, score_answers
from ripresa.views.session import get_session

START, PROFILE, RESULT = "start", "profile", "result"
SCREENS = (START, PROFILE, *(goal.id for goal in get_questionnaire().goals), RESULT)


@dataclass
class DiagnosisSession:
    """The answers, where the firm is among the screens, and what it gave if it chose to contribute.

    `opened` counts the screens opened: the browser goes back to the top of the page when it changes. `row` and `secret` are what is being
    stored, kept so that a second try stores the same; `code` is the withdrawal code while it is on the screen."""

    screen: str = START
    screens_opened: int = 0
    answers: dict = field(default_factory=dict, repr=False)
    profile: Profile = field(default=Profile(), repr=False)
    started_at: float = 0.0
    duration_seconds: float = 0.0
    pending_contribution: Contribution | None = field(default=None, repr=False)
    pending_code: str = field(default="", repr=False)
    withdrawal_code: str = field(default="", repr=False)
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
    """The screen is that of the address: the browser's Back and Forward lead from one to the other. From another page, the screen left last.
    False for a screen of answers that are not here: of another visit, or erased."""
    here, asked = get_diagnosis_session(), st.query_params.get("step", START)
    if get_session().has_page_changed and "step" not in st.query_params:
        _set_url_step(here.screen)
    elif asked != here.screen and asked in SCREENS and here.started_at:
        here.screen, here.screens_opened = asked, here.screens_opened + 1
    return asked == START or bool(here.started_at)


def open_screen(screen: str) -> None:
    """Opens a screen (for callbacks)."""
    here = get_diagnosis_session()
    now = time.monotonic()
    here.started_at = here.started_at or now
    if screen == RESULT:
        here.duration_seconds = here.duration_seconds or now - here.started_at
    here.screen, here.screens_opened = screen, here.screens_opened + 1
    _set_url_step(screen)


def _set_url_step(screen: str) -> None:
    if screen != START:
        st.query_params["step"] = screen
    elif "step" in st.query_params:
        del st.query_params["step"]


def open_adjacent_screen(offset: int) -> None:
    """Opens the screen after (1) or before (-1) this one."""
    open_screen(SCREENS[SCREENS.index(get_diagnosis_session().screen) + offset])


def set_answer(item_id: str, given) -> None:
    """Takes an answer; None leaves the question blank."""
    here = get_diagnosis_session()
    here.answers.pop(item_id, None)
    if given is not None:
        here.answers[item_id] = given


def update_profile(**profile) -> None:
    """Takes answers to the profile."""
    here = get_diagnosis_session()
    here.profile = replace(here.profile, **profile)


def clear_diagnosis() -> None:
    """Erases every answer of this visit."""
    get_session().diagnosis = DiagnosisSession(screens_opened=get_diagnosis_session().screens_opened + 1)
    _set_url_step(START)
