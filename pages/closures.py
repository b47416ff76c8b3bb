"""Who closed, where, in which sector?"""

from ui import frame, topic

topic.show("closures", frame.filters())
