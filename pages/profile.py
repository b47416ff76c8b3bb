"""How is this region, or country, doing?"""

from ui import frame, profile

profile.show(frame.filters())
