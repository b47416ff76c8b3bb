"""Is this file ours, intact and current?"""

from ripresa.views import shell
from ripresa.views.pages import verify_page

verify_page.show(shell.filters())
