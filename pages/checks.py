"""Is that number true? Claims against the evidence."""

from ripresa.views import shell
from ripresa.views.pages import checks_page

checks_page.render_page(shell.get_filters())
