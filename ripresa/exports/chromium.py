"""The Chromium of this machine, for images on the server and for PDFs."""

import os
import shutil

from ripresa import settings

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str:
    """The path of a Chrome or Chromium, $BROWSER_PATH or $CHROMIUM first; "" where there is none."""
    configured = filter(os.path.exists, settings.get_browser_paths())
    installed = filter(None, map(shutil.which, COMMANDS))
    return next(configured, "") or next(installed, "")
