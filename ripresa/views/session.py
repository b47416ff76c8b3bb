"""The state of one visitor's session, kept under a single key of `st.session_state`.

Keys of widgets (`level_it`, `lang`) are apart: they hold what a widget shows, not what a page needs later.
"""

from __future__ import annotations

import secrets
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from ripresa.filters import Filters

if TYPE_CHECKING:  # loaded by the pages that need them
    from ripresa.sandbox.pool import QueryResult
    from ripresa.views.diagnosis_session import DiagnosisSession

SESSION_KEY = "session"


@dataclass
class SqlSession:
    """The SQL page: the text of the editor and the query that runs or has run."""

    text: str | None = None  # None until the page is first opened
    editor_number: int = 0  # part of the editor's key: a new text needs a new widget
    token: str = field(
        default_factory=lambda: secrets.token_hex(16), repr=False
    )  # names this session to the sandbox
    future: Future[QueryResult] | None = None


@dataclass
class Session:
    """What the server keeps of a visit; everything else is in the URL."""

    filters: Filters | None = None  # None before the first run of the shell
    page: str = ""  # URL path of the page shown
    query_parameters: dict[str, list[str]] = field(default_factory=dict)  # of the URL at the last run
    has_new_choice: bool = False  # filters were changed by a widget since the last run
    has_page_changed: bool = False  # this run is the first on its page
    open_actions: dict[tuple[str, str], set[str]] = field(
        default_factory=dict
    )  # by page and figure: table, csv, export
    diagnosis: DiagnosisSession | None = None  # None until a page of the diagnosis is opened
    sql: SqlSession = field(default_factory=SqlSession)


def get_session() -> Session:
    """The session of the visitor whose script runs, created at the first call."""
    if SESSION_KEY not in st.session_state:
        st.session_state[SESSION_KEY] = Session()
    session: Session = st.session_state[SESSION_KEY]
    return session
