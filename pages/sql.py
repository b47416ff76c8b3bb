"""Ask the published tables in SQL."""

from ui import frame, sql

sql.show(frame.filters())
