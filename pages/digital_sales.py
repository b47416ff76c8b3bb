"""Who sells online, and how much?"""

from ripresa.views import shell
from ripresa.views.pages import topic_page

topic_page.render_page("digital_sales", shell.get_filters())
