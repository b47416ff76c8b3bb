"""The plan as a calendar file (.ics, RFC 5545): an all-day event with a reminder for each action.

It contains no answer and no score, because calendars are often shared.
"""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from icalendar import Alarm, Calendar, Event
from pandas.tseries.offsets import BDay

from ripresa.diagnosis.action_plan import Action, ActionPlan, format_first_step
from ripresa.diagnosis.questionnaire_loader import get_questionnaire

REMINDER_OFFSET = timedelta(hours=9)  # of the day itself, because an all-day event starts at midnight


def build_ics(plan: ActionPlan, lang: str, base_url: str, today: date) -> str:
    """The text of the calendar file, in `lang`; working days are counted from `today`.

    `base_url` is the address of the site, such as https://example.org.
    """
    questionnaire = get_questionnaire()
    calendar = Calendar()
    calendar.add("prodid", "-//Ripresa digitale//diagnosi//" + lang.upper())
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", questionnaire.format_message("calendar_name", lang))
    for slot in questionnaire.slots:
        for action, days in zip(plan.get_slot_actions(slot.id), slot.due_in_days, strict=False):
            event = _build_event(
                action.id,
                action.recommendation.title[lang],
                build_resources_url(action, lang, base_url),
                today,
                days,
            )
            event.add("description", _format_description(action, lang, base_url))
            calendar.add_component(event)
    review = _build_event(
        "review",
        questionnaire.format_message("calendar_review", lang),
        f"{base_url}/diagnosis?lang={lang}",
        today,
        questionnaire.planning["review_days"],
    )
    calendar.add_component(review)
    content: bytes = calendar.to_ical()
    return content.decode()


def build_resources_url(action: Action, lang: str, base_url: str) -> str:
    """The address of the resources on the subject of an action; it contains nothing about the firm."""
    return f"{base_url}/resources?{urlencode({'lang': lang, 'subject': action.item.subject})}"


def _format_description(action: Action, lang: str, base_url: str) -> str:
    questionnaire, recommendation = get_questionnaire(), action.recommendation
    return questionnaire.format_message(
        "calendar_text",
        lang,
        step=format_first_step(action, lang),
        address=build_resources_url(action, lang, base_url),
        effort=questionnaire.effort[recommendation.effort].label[lang],
        cost=questionnaire.cost[recommendation.cost].label[lang],
        resource=questionnaire.resource[recommendation.resource].label[lang],
    )


def _build_event(id: str, title: str, url: str, today: date, days: int) -> Event:
    """An all-day event, `days` working days from today."""
    day = (today + days * BDay()).date()
    event, alarm = Event(), Alarm()
    event.add("uid", f"{id}-{today:%Y%m%d}@ripresa-digitale")
    event.add("dtstamp", datetime.combine(today, time(), UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(1))
    event.add("summary", title)
    event.add("url", url)
    event.add("transp", "TRANSPARENT")
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", REMINDER_OFFSET)
    event.add_component(alarm)
    return event
