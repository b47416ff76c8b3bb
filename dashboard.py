"""The frame around every page. `streamlit run dashboard.py` shows the pages; `streamlit run api.py` serves its own routes beside them."""

from ripresa.views import shell

shell.run()
