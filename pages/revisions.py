"""What each version of the data changed."""

from ripresa.views import shell
from ripresa.views.pages import revisions_page

revisions_page.render_page(shell.get_filters())
