"""How is this made: methods, sources, licences, privacy."""

from ui import about, frame

about.show(frame.filters())
