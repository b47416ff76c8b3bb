"""Is that number true? Claims against the evidence."""

from ui import checks, frame

checks.show(frame.filters())
