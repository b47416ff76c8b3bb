"""Alternatives to compare with: the closures page of the Italian regions in Dash and in plain Streamlit."""
