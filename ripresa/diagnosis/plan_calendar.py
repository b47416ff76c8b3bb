"""The plan as a calendar file (.ics, RFC 5545): an all-day event with a reminder for each action.

It contains no answer and no score, because calendars are often shared.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from icalendar import Alarm, Calendar, Component, Event
from pandas.tseries.offsets import BDay

from ripresa.diagnosis.action_plan import Action, ActionPlan, format_first_step
from ripresa.diagnosis.questionnaire_loader import get_questionnaire

REMINDER_OFFSET = timedelta(hours=9)  # of the day itself, because an all-day event starts at midnight


def build_ics(plan: ActionPlan, lang: str, base_url: str, today: date) -> str:
    """The text of the calendar file, in `lang`; working days are counted from `today`.

    `base_url` is the address of the site, such as https://example.org.
    """
    questionnaire = get_questionnaire()
    events = [
        _build_event(
            action.id,
            action.recommendation.title[lang],
            build_resources_url(action, lang, base_url),
            today,
            days,
            _format_description(action, lang, base_url),
        )
        for slot in questionnaire.slots
        for action, days in zip(plan.get_slot_actions(slot.id), slot.due_in_days, strict=False)
    ]
    review = _build_event(
        "review",
        questionnaire.format_message("calendar_review", lang),
        f"{base_url}/diagnosis?lang={lang}",
        today,
        questionnaire.planning["review_days"],
    )
    properties = {
        "prodid": f"-//Ripresa digitale//diagnosi//{lang.upper()}",
        "version": "2.0",
        "method": "PUBLISH",
        "x-wr-calname": questionnaire.format_message("calendar_name", lang),
    }
    content: bytes = _fill(Calendar(), properties, [*events, review]).to_ical()
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


def _build_event(id: str, title: str, url: str, today: date, days: int, description: str = "") -> Component:
    """An all-day event with a reminder, `days` working days from today."""
    day = (today + days * BDay()).date()
    alarm = _fill(Alarm(), {"action": "DISPLAY", "description": title, "trigger": REMINDER_OFFSET})
    properties = {
        "uid": f"{id}-{today:%Y%m%d}@ripresa-digitale",
        "dtstamp": datetime.combine(today, time(), UTC),
        "dtstart": day,
        "dtend": day + timedelta(1),
        "summary": title,
        "description": description,
        "url": url,
        "transp": "TRANSPARENT",
    }
    return _fill(Event(), properties, [alarm])


def _fill(
    component: Component, properties: Mapping[str, object], children: Iterable[Component] = ()
) -> Component:
    """The component with these properties, less the empty ones, and these children."""
    for name, value in properties.items():
        if value:
            component.add(name, value)
    for child in children:
        component.add_component(child)
    return component
