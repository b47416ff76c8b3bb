"""The plan as a calendar file (.ics, RFC 5545): one whole-day reminder for each action, and one to take the diagnosis again.

No answer and no score is in it: calendars are often shared.
"""

from datetime import UTC, date, datetime, time, timedelta

from icalendar import Calendar, Event

from diagnosis.instrument import Instrument, bank
from diagnosis.plan import Action, Plan, first_step

SATURDAY = 5


def ics(plan: Plan, lang: str, today: date, instrument: Instrument | None = None) -> str:
    """The text of the calendar file, in `lang`, with days counted from `today`; weekends move to Monday."""
    instrument = instrument or bank()
    calendar = Calendar()
    calendar.add("prodid", "-//Ripresa digitale//diagnosi//" + lang.upper())
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", instrument.word("calendar_name", lang))
    for slot in instrument.slots:
        for action, days in zip(plan.slot(slot.id), slot.days, strict=False):
            calendar.add_component(_event(action.id, action.recommendation.title[lang], _text(action, lang, instrument), today, days))
    calendar.add_component(_event("review", instrument.word("calendar_review", lang), "", today, instrument.planning["review_days"]))
    return calendar.to_ical().decode()


def _text(action: Action, lang: str, instrument: Instrument) -> str:
    recommendation = action.recommendation
    bands = {kind: getattr(instrument, kind)[getattr(recommendation, kind)].label[lang] for kind in ("effort", "cost", "resource")}
    return instrument.word("calendar_text", lang, step=first_step(action, lang, instrument), **bands)


def _event(id: str, title: str, text: str, today: date, days: int) -> Event:
    day = today + timedelta(days)
    if day.weekday() >= SATURDAY:
        day += timedelta(7 - day.weekday())
    event = Event()
    event.add("uid", f"{id}-{today:%Y%m%d}@ripresa-digitale")
    event.add("dtstamp", datetime.combine(today, time(), UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(1))
    event.add("summary", title)
    event.add("transp", "TRANSPARENT")
    if text:
        event.add("description", text)
    return event
