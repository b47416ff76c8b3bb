"""The private selectors of Streamlit that our CSS, scripts and browser tests use, each looked for in the
installed version.

A failure after an upgrade names the selector that is gone and the files that use it.
"""

import re
from functools import cache
from pathlib import Path

import pytest
import streamlit
from streamlit import file_util

from ripresa import settings
from ripresa.exports import browser_image
from ripresa.views import streamlit_internals
from ripresa.views.components import export_menu

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("ripresa", "tests/browser", "benchmarks")
SUFFIXES = (".css", ".js", ".py", ".html")
PATTERNS = (
    re.compile(r"""data-testid[\^*~|$]?=\\?["']?([A-Za-z-]+)"""),
    re.compile(r"""(?:get_by_test_id|byTestId)\(["'](\w+)"""),
    re.compile(r"""(?<![\w/])\.(st[A-Z]\w+|rc-[\w-]+|react-aria-\w+)(?![\w(=])"""),
    re.compile(r"""\b(data-test-[\w-]+|stSidebarCollapsed-)"""),
)
COMPOSED_NAMES = {  # names that the bundle builds from a prefix and a variable part
    "rc-overflow-item": "rc-overflow",
    "rc-overflow-item-rest": "rc-overflow",
    "stBaseButton-primary": "stBaseButton-",
}


def find_names() -> dict[str, set[str]]:
    """Each private name of Streamlit with the files of ours that use it."""
    names: dict[str, set[str]] = {}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in SUFFIXES and "__pycache__" not in path.parts:
                text = path.read_text(encoding="utf-8")
                for pattern in PATTERNS:
                    for name in pattern.findall(text):
                        names.setdefault(name, set()).add(str(path.relative_to(ROOT)))
    return names


NAMES = find_names()


@cache
def load_bundle() -> str:
    """The JavaScript and CSS that Streamlit sends to the browser."""
    static = Path(file_util.get_static_dir()) / "static"
    files = sorted(path for path in static.rglob("*") if path.suffix in (".js", ".css"))
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files)


def test_the_selectors_are_found():
    assert {"stMainBlockContainer", "stRadioOption", "rc-overflow-item", "data-test-script-state"} <= set(
        NAMES
    )
    assert len(NAMES) > 40


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_private_name_is_in_the_installed_streamlit(name):
    searched = COMPOSED_NAMES.get(name, name)
    assert searched in load_bundle(), (
        f"Streamlit {streamlit.__version__} has no {searched!r} any more: "
        f"mend {', '.join(sorted(NAMES[name]))}"
    )


@pytest.mark.parametrize(
    "attribute", ["data-orientation", "data-selected", "data-focus-visible", "data-collapsed"]
)
def test_a_state_that_the_stylesheet_selects_is_in_the_installed_streamlit(attribute):
    text = (settings.ROOT / "ripresa" / "views" / "streamlit_overrides.css").read_text(encoding="utf-8")
    assert attribute in text, "no longer used: leave it out here"
    assert attribute in load_bundle(), f"Streamlit {streamlit.__version__} sets no {attribute!r} any more"


def test_only_the_overrides_select_by_test_id_in_the_shell():
    text = (settings.ROOT / "ripresa" / "views" / "style.css").read_text(encoding="utf-8")
    assert "data-testid" not in text, "rules on Streamlit's own elements belong in streamlit_overrides.css"


def test_a_script_that_streamlit_would_drop_is_refused():
    assert streamlit_internals.build_script_element("a < b") == "<script>a < b</script>"
    for script in ("'<p'", "'</p'", "a<b", "'<!--'"):
        with pytest.raises(ValueError, match="Streamlit drops a script"):
            streamlit_internals.build_script_element(script)
    assert streamlit_internals.format_script_arguments("</script>", 1) == '"\\u003c/script>", 1'


def test_the_scripts_of_the_pages_are_kept():
    for element in (browser_image.load_script(), export_menu.build_copy_script()):
        script = element.removeprefix("<script>").removesuffix("</script>")
        assert streamlit_internals.build_script_element(script) == element
