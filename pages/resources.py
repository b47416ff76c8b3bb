"""Where do I learn?"""

from ripresa.views import shell
from ripresa.views.pages import resources_page

resources_page.render_page(shell.get_filters())
