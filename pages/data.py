"""Give me the data: figures, catalogue, coverage, dictionary."""

from ripresa.views import shell
from ripresa.views.pages import data_page

data_page.render_page(shell.get_filters())
