"""Who sells online, and how much?"""

from ui import frame, topic

topic.show("digital_sales", frame.filters())
