"""What each version of the data changed."""

from ui import frame, revisions

revisions.show(frame.filters())
