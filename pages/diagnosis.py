"""Where do we begin?"""

from ripresa.views import shell
from ripresa.views.pages import diagnosis_page

diagnosis_page.show(shell.filters())
