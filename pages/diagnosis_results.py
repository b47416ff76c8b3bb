"""What do the firms that took the diagnosis say?"""

from ripresa.views import shell
from ripresa.views.pages import diagnosis_results_page

diagnosis_results_page.render_page(shell.get_filters())
