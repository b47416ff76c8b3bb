"""Who is led by women, and how did they fare?"""

from ripresa.views import shell
from ripresa.views.pages import topic_page

topic_page.render_page("women", shell.get_filters())
