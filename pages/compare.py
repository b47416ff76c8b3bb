"""Two to six areas side by side."""

from ui import compare, frame

compare.show(frame.filters())
