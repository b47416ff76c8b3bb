"""Rows and a view become words: headlines, notes, alternative texts, comparisons. Pure: no drawing, no session."""
