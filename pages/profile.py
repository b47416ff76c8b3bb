"""How is this region, or country, doing?"""

from ripresa.views import shell
from ripresa.views.pages import profile_page

profile_page.render_page(shell.get_filters())
