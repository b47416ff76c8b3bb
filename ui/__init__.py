"""Everything the dashboard shows: the frame, the filter bar, panels, the topic page. Streamlit begins here."""
