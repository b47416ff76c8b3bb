"""The texts of figures, computed from rows and a view: headlines, notes, comparisons."""
