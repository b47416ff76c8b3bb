"""How are Italy's small firms doing, and have they recovered?"""

from ui import frame, overview

overview.show(frame.filters())
