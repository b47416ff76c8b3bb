"""The plan as a calendar file (.ics, RFC 5545): a day for each action, with a reminder and where to learn, and one to take the diagnosis again.

No answer and no score is in it: calendars are often shared.
"""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from icalendar import Alarm, Calendar, Event
from pandas.tseries.offsets import BDay

from ripresa.diagnosis.action_plan import Action, Plan, first_step
from ripresa.diagnosis.questionnaire import Instrument, bank

MORNING = timedelta(hours=9)  # of the day itself: a whole day has no hour to be reminded before


def ics(plan: Plan, lang: str, site: str, today: date, instrument: Instrument | None = None) -> str:
    """The text of the calendar file, in `lang`, with working days counted from `today`. site: where the pages are, such as https://example.org."""
    instrument = instrument or bank()
    calendar = Calendar()
    calendar.add("prodid", "-//Ripresa digitale//diagnosi//" + lang.upper())
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", instrument.word("calendar_name", lang))
    for slot in instrument.slots:
        for action, days in zip(plan.slot(slot.id), slot.days, strict=False):
            calendar.add_component(
                _event(
                    action.id,
                    action.recommendation.title[lang],
                    _text(action, lang, site, instrument),
                    learning(action, lang, site),
                    today,
                    days,
                )
            )
    calendar.add_component(
        _event(
            "review",
            instrument.word("calendar_review", lang),
            "",
            f"{site}/diagnosis?lang={lang}",
            today,
            instrument.planning["review_days"],
        )
    )
    return calendar.to_ical().decode()


def learning(action: Action, lang: str, site: str) -> str:
    """The address of the resources on an action's subject; nothing of the firm is in it."""
    return f"{site}/resources?{urlencode({'lang': lang, 'subject': action.item.subject})}"


def _text(action: Action, lang: str, site: str, instrument: Instrument) -> str:
    recommendation = action.recommendation
    bands = {
        kind: getattr(instrument, kind)[getattr(recommendation, kind)].label[lang]
        for kind in ("effort", "cost", "resource")
    }
    return instrument.word(
        "calendar_text",
        lang,
        step=first_step(action, lang, instrument),
        address=learning(action, lang, site),
        **bands,
    )


def _event(id: str, title: str, text: str, address: str, today: date, days: int) -> Event:
    day = (today + days * BDay()).date()
    event, alarm = Event(), Alarm()
    event.add("uid", f"{id}-{today:%Y%m%d}@ripresa-digitale")
    event.add("dtstamp", datetime.combine(today, time(), UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(1))
    event.add("summary", title)
    event.add("url", address)
    event.add("transp", "TRANSPARENT")
    if text:
        event.add("description", text)
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", MORNING)
    event.add_component(alarm)
    return event
