"""The plan as a calendar file (.ics, RFC 5545): a day for each action, with a reminder and where to learn, and one to take the diagnosis again.

No answer and no score is in it: calendars are often shared.
"""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from icalendar import Alarm, Calendar, Event
from pandas.tseries.offsets import BDay

from ripresa.diagnosis.action_plan import Action, ActionPlan, format_first_step
from ripresa.diagnosis.questionnaire import Questionnaire
from ripresa.diagnosis.questionnaire_loader import get_questionnaire

REMINDER_OFFSET = timedelta(hours=9)  # of the day itself: a whole day has no hour to be reminded before


def build_ics(
    plan: ActionPlan, lang: str, base_url: str, today: date, questionnaire: Questionnaire | None = None
) -> str:
    """The text of the calendar file, in `lang`, with working days counted from `today`. site: where the pages are, such as https://example.org."""
    questionnaire = questionnaire or get_questionnaire()
    calendar = Calendar()
    calendar.add("prodid", "-//Ripresa digitale//diagnosi//" + lang.upper())
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", questionnaire.word("calendar_name", lang))
    for slot in questionnaire.slots:
        for action, days in zip(plan.get_slot_actions(slot.id), slot.due_in_days, strict=False):
            calendar.add_component(
                _build_event(
                    action.id,
                    action.recommendation.title[lang],
                    _format_description(action, lang, base_url, questionnaire),
                    build_resources_url(action, lang, base_url),
                    today,
                    days,
                )
            )
    calendar.add_component(
        _build_event(
            "review",
            questionnaire.word("calendar_review", lang),
            "",
            f"{base_url}/diagnosis?lang={lang}",
            today,
            questionnaire.planning["review_days"],
        )
    )
    return calendar.to_ical().decode()


def build_resources_url(action: Action, lang: str, base_url: str) -> str:
    """The address of the resources on an action's subject; nothing of the firm is in it."""
    return f"{base_url}/resources?{urlencode({'lang': lang, 'subject': action.item.subject})}"


def _format_description(action: Action, lang: str, site: str, questionnaire: Questionnaire) -> str:
    recommendation = action.recommendation
    bands = {
        kind: getattr(questionnaire, kind)[getattr(recommendation, kind)].label[lang]
        for kind in ("effort", "cost", "resource")
    }
    return questionnaire.word(
        "calendar_text",
        lang,
        step=format_first_step(action, lang, questionnaire),
        address=build_resources_url(action, lang, site),
        **bands,
    )


def _build_event(id: str, title: str, text: str, address: str, today: date, days: int) -> Event:
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
    alarm.add("trigger", REMINDER_OFFSET)
    event.add_component(alarm)
    return event
