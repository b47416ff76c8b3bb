"""Where do we begin?"""

from ripresa.views import shell
from ripresa.views.pages import diagnosis_page

diagnosis_page.render_page(shell.get_filters())
