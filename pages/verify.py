"""Is this file ours, intact and current?"""

from ui import frame, verify

verify.show(frame.filters())
