"""Whose sales fell, and by how much?"""

from ui import frame, topic

topic.show("profits", frame.filters())
