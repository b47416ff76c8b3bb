"""Give me the data: figures, catalogue, coverage, dictionary."""

from ui import frame, library

library.show(frame.filters())
