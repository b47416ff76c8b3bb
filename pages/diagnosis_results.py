"""What do the firms that took the diagnosis say?"""

from ui import diagnosis_results, frame

diagnosis_results.show(frame.filters())
