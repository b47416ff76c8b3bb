"""How are Italy's small firms doing, and have they recovered?"""

from ripresa.views import shell
from ripresa.views.pages import overview_page

overview_page.render_page(shell.get_filters())
