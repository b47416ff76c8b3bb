"""Where do we begin?"""

from ui import diagnosis, frame

diagnosis.show(frame.filters())
