"""The digital diagnosis: from 23 answers to a plan, and from contributed answers to tables that expose nobody. No Streamlit here."""
