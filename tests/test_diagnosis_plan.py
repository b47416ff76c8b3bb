"""The plan: the worked bakery, the rules one by one, what holds for every set of answers; its calendar; the
official shares beside it.
"""

from datetime import date, timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ripresa.diagnosis.action_plan import build_action_plan, format_cause, format_first_step
from ripresa.diagnosis.official_statistics import (
    compare_with_official_statistics,
    format_notes,
    get_official_indicators,
)
from ripresa.diagnosis.plan_calendar import build_ics
from ripresa.diagnosis.questionnaire import DONT_KNOW
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import score_answers
from tests.helpers.diagnosis_cases import ANY, BAKERY, GOALS, ITEMS, answer_all

TODAY = date(2026, 11, 22)
SITE = "https://example.org"
CHOSEN = st.lists(st.sampled_from(GOALS), max_size=2, unique=True)


def made(answers: dict, *goals: str):
    return build_action_plan(score_answers(answers), goals)


def test_the_bakery_begins_with_its_accounts_then_its_listing():
    found = made(BAKERY, "found", "convert")
    assert [(a.slot, a.id) for a in found.actions] == [
        ("week", "retain_safety.low"),
        ("week", "found_listing.low"),
        ("week", "found_consistency.low"),
        ("quarter", "found_website.low"),
        ("month", "convert_reply.mid"),
    ]
    priorities = {a.id: a.priority for a in found.actions}
    assert priorities["found_listing.low"] == 9
    assert priorities["found_consistency.low"] == pytest.approx(8 / 3)
    assert priorities["found_website.low"] == pytest.approx(6 / 3.5)
    assert found.actions[0].is_critical


def test_each_action_says_the_answer_that_caused_it():
    action = made(BAKERY, "found").get_slot_actions("week")[1]
    assert format_cause(action, "it") == "Perché avete risposto: «No, o non l'abbiamo»"
    assert format_cause(action, "en") == "Because you answered: “No, or we have none”"


def test_dont_know_asks_to_find_out_first():
    action = next(a for a in made({"retain_reviews": DONT_KNOW}).actions if a.item.id == "retain_reviews")
    assert format_first_step(action, "en").startswith(
        "Find out how things stand today. Second step: Answer the latest"
    )
    assert format_first_step(action, "it").startswith(
        "Verificate come stanno le cose oggi. Secondo passo: Rispondete"
    )
    assert format_cause(action, "en") == "Because you answered: “I don't know”"


def test_a_missing_prerequisite_puts_its_own_action_first_and_the_other_waits():
    found = made(answer_all(3, retain_records=1, retain_contact=2))
    assert [(a.id, a.prerequisite.id) for a in found.blocked_actions] == [
        ("retain_contact.mid", "retain_records.low")
    ]
    assert [a.id for a in found.actions] == ["retain_records.low"]


def test_a_blank_prerequisite_blocks_nothing():
    assert [a.id for a in made({"convert_order": 1}).actions] == ["convert_order.low"]


def test_a_routed_item_has_no_action_of_its_own():
    ids = {a.item.id for a in made(answer_all(3, found_website=0)).actions}
    assert ids == {"found_website"}


def test_the_first_goal_has_two_actions_if_it_has_them():
    # retain asks for small things of little weight; everything else is at its lowest
    answers = (
        answer_all(0)
        | {item.id: 3 for item in get_questionnaire().get_goal("known").items}
        | {"known_audience": 2, "known_measure": 2}
    )
    found = made(answers, "known")
    assert sum(a.item.goal == "known" for a in found.actions) == 2


def test_nothing_answered_still_gives_a_plan_and_says_why():
    found = made({}, "found")
    assert found.is_starter_plan
    assert len(found.actions) == 8
    assert format_cause(found.actions[0], "it") == "Perché questa domanda è rimasta senza risposta"


@pytest.mark.parametrize("lang", ["it", "en"])
def test_the_first_step_after_a_blank_is_the_thing_to_do(lang):
    for action in made({}).actions:
        assert format_first_step(action, lang) == action.recommendation.first_step[lang]


def test_everything_at_the_top_asks_for_nothing():
    found = made(answer_all(3), "found")
    assert (found.actions, found.blocked_actions, found.is_starter_plan) == ((), (), False)


@hypothesis_settings(max_examples=150, deadline=None)
@given(ANY, CHOSEN)
def test_every_plan_keeps_its_limits(answers, goals):
    result = score_answers(answers)
    found = build_action_plan(result, goals)
    room = {slot.id: slot for slot in get_questionnaire().slots}
    ids = [a.id for a in (*found.actions, *found.blocked_actions, *found.unscheduled_actions)]
    assert len(ids) == len(set(ids))
    assert len(found.actions) <= 8
    assert max([sum(a.item.goal == goal for a in found.actions) for goal in GOALS]) <= 4
    for id, slot in room.items():
        actions = found.get_slot_actions(id)
        assert len(actions) <= slot.max_actions
        assert {a.recommendation.effort for a in actions} <= set(slot.efforts)
    if result.critical_items:
        assert found.actions[0].is_critical
    if any(answers[item.id] in (0, 1, 2, DONT_KNOW, None) for item in ITEMS if item.show_if is None):
        assert found.actions
    for waiting in found.blocked_actions:
        assert waiting.prerequisite.id in ids


@hypothesis_settings(max_examples=50, deadline=None)
@given(ANY, CHOSEN, st.randoms())
def test_the_same_answers_give_the_same_plan(answers, goals, random):
    ids = list(answers)
    random.shuffle(ids)
    assert build_action_plan(score_answers({id: answers[id] for id in ids}), goals) == build_action_plan(
        score_answers(answers), goals
    )


@pytest.mark.parametrize("lang", ["it", "en"])
def test_the_calendar_holds_every_action_and_no_answer(lang):
    found = made(BAKERY, "found", "convert")
    text = build_ics(found, lang, SITE, TODAY)
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert [str(e["summary"]) for e in events] == [
        *(
            a.recommendation.title[lang]
            for slot in ("week", "month", "quarter")
            for a in found.get_slot_actions(slot)
        ),
        get_questionnaire().format_message("calendar_review", lang),
    ]
    assert all(e["dtstart"].dt > TODAY and e["dtstart"].dt.weekday() < 5 for e in events)
    assert "\r\n" in text
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    unfolded = text.replace("\r\n ", "")
    assert all(
        get_questionnaire().format_answer(a.item, a.answer, lang) not in unfolded for a in found.actions
    )


def test_the_calendar_is_the_same_every_time():
    assert build_ics(made(BAKERY, "found"), "it", SITE, TODAY) == build_ics(
        made(BAKERY, "found"), "it", SITE, TODAY
    )


@pytest.mark.parametrize(
    ("lang", "kept", "without"),
    [
        ("it", ("agenda", "prenotazioni", "tessere", "fatture"), "Se non tenete nomi"),
        ("en", ("diary", "bookings", "loyalty cards", "invoices"), "If you keep no names"),
    ],
)
def test_who_writes_no_invoices_can_count_the_customers_who_come_back_too(lang, kept, without):
    step = next(
        format_first_step(action, lang)
        for action in made(answer_all(3, retain_repeat=0)).actions
        if action.id == "retain_repeat.low"
    )
    assert all(word in step for word in kept)
    assert without in step


@pytest.mark.parametrize(
    "today", [TODAY + timedelta(days) for days in range(7)], ids=lambda today: f"{today:%A}"
)
def test_the_actions_of_each_part_of_the_plan_fall_within_it_on_working_days_of_their_own(today):
    found = made(answer_all(0, found_website=2), "found")
    assert [len(found.get_slot_actions(slot.id)) for slot in get_questionnaire().slots] == [3, 3, 2]
    days = iter(
        event["dtstart"].dt - today
        for event in icalendar.Calendar.from_ical(build_ics(found, "it", SITE, today)).walk("VEVENT")
    )
    for slot, most in (("week", 7), ("month", 30), ("quarter", 90)):
        there = [next(days).days for _ in found.get_slot_actions(slot)]
        assert there == sorted(set(there)), slot
        assert there[0] > 0, slot
        assert there[-1] <= most, slot
    assert next(days).days in (180, 181, 182)


@pytest.mark.parametrize("lang", ["it", "en"])
def test_every_action_of_the_calendar_reminds_in_the_morning_and_says_where_to_learn(lang):
    found = made(BAKERY, "found", "convert")
    *events, review = icalendar.Calendar.from_ical(build_ics(found, lang, SITE, TODAY)).walk("VEVENT")
    actions = [a for slot in ("week", "month", "quarter") for a in found.get_slot_actions(slot)]
    for event, action in zip(events, actions, strict=True):
        assert event["url"] == f"https://example.org/resources?lang={lang}&subject={action.item.subject}"
        assert event["description"].endswith(event["url"])
    assert review["url"] == f"https://example.org/diagnosis?lang={lang}"
    for event in (*events, review):
        (alarm,) = event.walk("VALARM")
        assert (alarm["action"], alarm["description"], alarm["trigger"].dt) == (
            "DISPLAY",
            event["summary"],
            timedelta(hours=9),
        )


def row(
    indicator: str, value: float, period="2023", size="10-49", sector="all", geo="ITA", edition="survey-year"
) -> dict:
    return {
        "indicator": indicator,
        "geo": geo,
        "sector": sector,
        "size": size,
        "period": period,
        "edition": edition,
        "value": value,
        "status": "ok",
        "source_name": "Eurostat",
    }


ROWS = [
    row("ent_with_web_sales", 15.0),
    row("ent_with_web_sales", 14.4, period="2022"),
    row("ent_with_web_sales", 18.6, size="50-249"),
    row("ent_with_esales_min1pct_turnover", 12.4),
    row("ent_with_web_sales", 40.0, geo="FRA"),
    row("ent_with_web_sales", 99.0, edition="sales-year", period="2025"),
]


def beside(answers: dict, code: str, rows=ROWS, **more):
    return next(
        c
        for c in compare_with_official_statistics(score_answers(answers), rows, 2026, **more)
        if c.official_question.code == code
    )


def test_an_answer_stands_beside_the_latest_official_share_of_its_size():
    found = beside({"convert_sales": 1}, "E_AWSELL", size="50-249")
    assert (
        found.state,
        found.firm_answer,
        found.by_size.value,
        found.by_size.year,
        found.by_size.is_larger_size_class,
    ) == (
        "shown",
        True,
        18.6,
        2023,
        False,
    )
    assert beside({"convert_sales": 1}, "E_ESELL", size="10-49").firm_answer is False
    assert beside({"convert_sales": 2}, "E_ESELL", size="10-49").by_size.value == 12.4


def test_a_firm_under_ten_reads_the_next_class_with_a_note():
    found = beside({"convert_sales": 0}, "E_AWSELL", size="0-9")
    assert (found.by_size.value, found.by_size.size, found.by_size.is_larger_size_class) == (
        15.0,
        "10-49",
        True,
    )
    assert (
        "Official figures cover firms of 10 or more persons: the 10-49 class is shown here."
        in format_notes(found, "en")
    )
    assert "Indagine 2023; le vendite sono quelle dell'anno prima." in format_notes(found, "it")


def test_what_is_not_loaded_says_so_and_lights_up_when_it_is():
    assert beside({}, "E_WEB", size="10-49").state == "not_loaded"
    assert format_notes(beside({}, "E_WEB"), "it") == ["Cifra ufficiale non caricata."]
    assert (
        beside({"found_website": 2}, "E_WEB", rows=[row("e_web", 77.0)], size="10-49").by_size.value == 77.0
    )
    assert {"ent_with_web_sales", "ent_with_esales_min1pct_turnover", "e_web"} <= set(
        get_official_indicators()
    )


def test_a_share_older_than_four_years_is_not_compared():
    found = next(
        c
        for c in compare_with_official_statistics(score_answers({}), ROWS, 2028, size="10-49")
        if c.official_question.code == "E_AWSELL"
    )
    assert (found.state, found.by_size) == ("too_old", None)
    assert "2023" in format_notes(found, "en")[0]


def test_a_share_by_sector_stands_apart_and_is_never_crossed_with_size():
    rows = [*ROWS, row("ent_with_web_sales", 22.0, size="GE10", sector="G")]
    found = beside({"convert_sales": 3}, "E_AWSELL", rows=rows, size="10-49", sector="G")
    assert (found.by_size.value, found.by_sector.value, found.by_sector.size) == (15.0, 22.0, "GE10")


def test_loose_comparisons_are_shown_only_on_request():
    shown = {
        c.official_question.match for c in compare_with_official_statistics(score_answers({}), ROWS, 2026)
    }
    assert shown == {"direct", "near"}
    asked = {
        c.official_question.code
        for c in compare_with_official_statistics(score_answers({}), ROWS, 2026, include_proxies=True)
    }
    assert "E_DASWEB" in asked
    assert "E_WEBPER" not in asked  # its code is not confirmed


def test_an_absence_is_a_no_and_an_unknown_is_neither():
    assert beside({"found_website": 0}, "E_WEBACC").firm_answer is False
    assert beside({"convert_sales": DONT_KNOW}, "E_AWSELL").firm_answer is None
