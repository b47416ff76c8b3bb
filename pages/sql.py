"""SQL queries over the published tables."""

from ripresa.views import shell
from ripresa.views.pages import sql_page

sql_page.render_page(shell.get_filters())
