"""The script that Streamlit runs for every page; `python -m ripresa serve` adds the API and other routes."""

from ripresa.views import shell

shell.run()
