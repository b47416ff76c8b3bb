"""How is this made: methods, sources, licences, privacy."""

from ripresa.views import shell
from ripresa.views.pages import about_page

about_page.show(shell.filters())
