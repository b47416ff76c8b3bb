"""Where do I learn?"""

from ui import frame, resources

resources.show(frame.filters())
