"""Everything on the pages' side that relies on private parts of Streamlit.

The selectors are in streamlit_overrides.css (layout, colours) and in the table STREAMLIT of shell.js (events,
attributes). tests/test_streamlit_testids.py looks for each in the installed version and names what is gone.
"""

import json
import re

# DOMPurify, which cleans the HTML of st.html, silently removes a script whose text holds such a sequence.
REMOVED_IN_SCRIPT = re.compile(r"<[/\w!]")


def build_script_element(script: str) -> str:
    """A <script> element for `st.html(..., unsafe_allow_javascript=True)`.

    Raises ValueError for a script that Streamlit would drop.
    """
    if found := REMOVED_IN_SCRIPT.search(script):
        excerpt = script[max(0, found.start() - 20) : found.end() + 20]
        raise ValueError(
            f"Streamlit drops a script that holds {found[0]!r} (in {excerpt!r}): write \\x3c for '<'."
        )
    return f"<script>{script}</script>"


def format_script_arguments(*values: object) -> str:
    """Values as arguments of a JavaScript call, with every "<" escaped."""
    return ", ".join(json.dumps(value, ensure_ascii=False) for value in values).replace("<", "\\u003c")
