"""What a firm has answered in this visit: kept in the server's memory with the session, and nowhere else. The address holds the screen alone."""

import time
from dataclasses import dataclass, field, replace

import streamlit as st

from ripresa.diagnosis.action_plan import Plan, plan
from ripresa.diagnosis.contribution import Contribution, Profile
from ripresa.diagnosis.questionnaire import bank
from ripresa.diagnosis.scoring import Result, score

START, PROFILE, RESULT = "start", "profile", "result"
SCREENS = (START, PROFILE, *(goal.id for goal in bank().goals), RESULT)


@dataclass
class Visit:
    """The answers, where the firm is among the screens, and what it gave if it chose to contribute.

    `opened` counts the screens opened: the browser goes back to the top of the page when it changes. `row` and `secret` are what is being
    stored, kept so that a second try stores the same; `code` is the withdrawal code while it is on the screen."""

    screen: str = START
    opened: int = 0
    answers: dict = field(default_factory=dict, repr=False)
    profile: Profile = field(default=Profile(), repr=False)
    began: float = 0.0
    seconds: float = 0.0
    row: Contribution | None = field(default=None, repr=False)
    secret: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    contributed: bool = False
    failed: bool = False

    @property
    def result(self) -> Result:
        return score(self.answers)

    @property
    def plan(self) -> Plan:
        return plan(self.result, self.profile.goals)


def visit() -> Visit:
    """The diagnosis of this session."""
    return st.session_state.setdefault("diagnosis", Visit())


def follow() -> bool:
    """The screen is that of the address: the browser's Back and Forward lead from one to the other. From another page, the screen left last.
    False for a screen of answers that are not here: of another visit, or erased."""
    here, asked = visit(), st.query_params.get("step", START)
    if st.session_state["moved"] and "step" not in st.query_params:
        _tell_address(here.screen)
    elif asked != here.screen and asked in SCREENS and here.began:
        here.screen, here.opened = asked, here.opened + 1
    return asked == START or bool(here.began)


def go(screen: str) -> None:
    """Opens a screen (for callbacks)."""
    here = visit()
    now = time.monotonic()
    here.began = here.began or now
    if screen == RESULT:
        here.seconds = here.seconds or now - here.began
    here.screen, here.opened = screen, here.opened + 1
    _tell_address(screen)


def _tell_address(screen: str) -> None:
    if screen != START:
        st.query_params["step"] = screen
    elif "step" in st.query_params:
        del st.query_params["step"]


def step(by: int) -> None:
    """Opens the screen after (1) or before (-1) this one."""
    go(SCREENS[SCREENS.index(visit().screen) + by])


def answer(item: str, given) -> None:
    """Takes an answer; None leaves the question blank."""
    here = visit()
    here.answers.pop(item, None)
    if given is not None:
        here.answers[item] = given


def tell(**profile) -> None:
    """Takes answers to the profile."""
    here = visit()
    here.profile = replace(here.profile, **profile)


def forget() -> None:
    """Erases every answer of this visit."""
    st.session_state["diagnosis"] = Visit(opened=visit().opened + 1)
    _tell_address(START)
