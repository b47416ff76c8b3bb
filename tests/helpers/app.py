"""Pages opened without a browser, as Streamlit's AppTest runs them, and what they hold."""

import json
import re
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path

from streamlit.testing.v1 import AppTest

from ripresa.diagnosis.contribution import Profile
from ripresa.i18n import t
from ripresa.views.diagnosis_session import DiagnosisSession
from ripresa.views.session import SESSION_KEY, Session

ROOT = Path(__file__).resolve().parents[2]
BLANK = Profile()


def open_page(page: str = "overview", **address) -> AppTest:
    """A page opened cold at an address by a first visitor; lists repeat a parameter."""
    visit = AppTest.from_file(ROOT / "dashboard.py", default_timeout=60)
    if page != "overview":
        visit.switch_page(f"pages/{page}.py")
    for name, value in address.items():
        visit.query_params[name] = value
    return visit.run()


def get_visit_session(visit: AppTest) -> Session:
    """The session of a visit, also before its first run."""
    if SESSION_KEY not in visit.session_state:
        visit.session_state[SESSION_KEY] = Session()
    return visit.session_state[SESSION_KEY]


def rerun_overview(visit: AppTest) -> AppTest:
    """Runs the overview through the dashboard's entry point; AppTest would run only the page's own script."""
    visit._finished_page_script_hash = ""
    return visit.run()


def get_html(visit: AppTest) -> str:
    """All the page's own HTML, without its style and scripts."""
    return "\n".join(
        part.proto.body for part in visit.get("html") if not part.proto.body.startswith(("<style", "<script"))
    )


def get_heading(visit: AppTest) -> str:
    """The page's h1."""
    found = re.findall(r"<h1>(.*?)</h1>", get_html(visit))
    assert len(found) == 1, f"{len(found)} h1 on the page"
    return found[0]


def get_elements(visit) -> list:
    """Every element of a page, as the browser gets it."""
    found, waiting = [], [visit.main]
    while waiting:
        node = waiting.pop()
        children = getattr(node, "children", None)
        if children:
            waiting += children.values()
        elif getattr(node, "proto", None) is not None:
            found.append(node)
    return found


def get_checked_html(visit, lang: str) -> str:
    """The page's HTML, once it is sure that nothing failed and no word is missing."""
    assert not visit.exception
    page = get_html(visit)
    assert get_heading(visit) != t("fault_title", lang), "the page failed"
    text = re.sub(r"<[^>]*>", " ", page)
    assert not re.search(r"\bnan\b|\bNone\b|\{\w+\}|\[\]", text), re.search(
        r".{30}(\bnan\b|\bNone\b|\{\w+\}|\[\]).{30}", text
    )
    return page


@cache
def get_cold_html(page: str, lang: str) -> str:
    """The checked HTML of a page at its bare address, rendered once for all tests that only read it."""
    return get_checked_html(open_page(page, lang=lang), lang)


def strip_tags(page: str) -> str:
    """HTML as text."""
    return unescape(re.sub(r"<[^>]*>", "", page))


def open_diagnosis(screen: str, lang: str = "it", answers=(), profile: Profile = BLANK, **address) -> AppTest:
    """The diagnosis opened at a screen and an address, with answers given before."""
    visit = AppTest.from_file(ROOT / "dashboard.py", default_timeout=60)
    visit.switch_page("pages/diagnosis.py")
    for name, value in {**address, "lang": lang, "step": screen}.items():
        visit.query_params[name] = value
    get_visit_session(visit).diagnosis = DiagnosisSession(
        screen=screen, answers=dict(answers), profile=profile, started_at=1.0, duration_seconds=300.0
    )
    return visit.run()


def get_visible_text(visit: AppTest) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", get_html(visit)))


def get_diagnosis(visit: AppTest) -> DiagnosisSession:
    diagnosis = get_visit_session(visit).diagnosis
    assert diagnosis is not None
    return diagnosis


@dataclass(frozen=True)
class SentFigure:
    id: str
    sent: bytes

    @property
    def spec(self) -> dict:
        """data, layout, config, alt, fullscreenLabel, isClickable."""
        return json.loads(self.sent)

    @property
    def alt(self) -> str:
        return self.spec["alt"]


def get_figures(visit) -> list[SentFigure]:
    """The figures of a visit (an AppTest), in the order of the page."""
    return [
        SentFigure(element.proto.id, element.proto.bytes)
        for element in visit.get("bidi_component")
        if element.proto.component_name == "ripresa_figure"
    ]


def get_figure_actions(visit) -> dict[str, dict]:
    """The row of buttons under each figure, by the figure's name: labels, caption, open, file."""
    return {
        element.proto.id.rsplit("-", 1)[1].removesuffix("_actions"): json.loads(
            element.proto.json or element.proto.mixed.json
        )
        for element in visit.get("bidi_component")
        if element.proto.component_name == "ripresa_figure_actions"
    }


def press_actions(visit, name: str, *what: str):
    """The buttons `what` of a figure's row touched: "table", "csv", "export"."""
    session = get_visit_session(visit)
    session.open_actions[session.page, name] ^= set(what)
    return visit.run()
