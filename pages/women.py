"""Who is led by women, and how did they fare?"""

from ui import frame, topic

topic.show("women", frame.filters())
