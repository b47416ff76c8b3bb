"""Who closed, where, in which sector?"""

from ripresa.views import shell
from ripresa.views.pages import topic_page

topic_page.render_page("closures", shell.get_filters())
