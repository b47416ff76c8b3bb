"""Whose sales fell, and by how much?"""

from ripresa.views import shell
from ripresa.views.pages import topic_page

topic_page.render_page("profits", shell.get_filters())
