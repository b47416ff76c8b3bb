"""Two to six areas side by side."""

from ripresa.views import shell
from ripresa.views.pages import compare_page

compare_page.render_page(shell.get_filters())
