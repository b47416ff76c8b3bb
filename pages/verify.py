"""Is this file ours, intact and current?"""

from ripresa.views import shell
from ripresa.views.pages import verify_page

verify_page.render_page(shell.get_filters())
