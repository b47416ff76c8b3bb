"""Small helpers around Streamlit's widgets."""

from collections.abc import Callable

import streamlit as st


def seed_widget(key: str, value: object) -> str:
    """Sets the value of the widget with this key, which is created next, and returns the key."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def render_csv_button(label: str, build_csv: Callable[[], bytes], file_name: str, key: str) -> None:
    """A button that downloads a CSV file, which is built when the button is pressed."""
    st.download_button(
        label, data=build_csv, file_name=file_name, mime="text/csv", key=key, on_click="ignore"
    )
