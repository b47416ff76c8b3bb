"""How is this made: methods, sources, licences, privacy."""

from ripresa.views import shell
from ripresa.views.pages import about_page

about_page.render_page(shell.get_filters())
