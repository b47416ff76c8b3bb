"""Scores worked by hand, and what holds for every set of answers."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ripresa.diagnosis.digital_intensity import compute_digital_intensity
from ripresa.diagnosis.digital_intensity import get_visible_questions as intensity_questions
from ripresa.diagnosis.questionnaire import DONT_KNOW, NOT_APPLICABLE
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import (
    HIDDEN_EXCLUDE,
    HIDDEN_ZERO,
    SKIPPED,
    AnswerError,
    format_level,
    get_item_states,
    get_visible_items,
    round_score,
    score_answers,
)
from tests.helpers.diagnosis_cases import ANSWERED, ANY, BAKERY, GOALS, ITEMS, answer_all


def test_nothing_is_0_and_everything_is_100():
    nothing, everything = score_answers(answer_all(0)), score_answers(answer_all(3))
    assert (nothing.overall.value, nothing.overall.level) == (0, 1)
    assert (everything.overall.value, everything.overall.level, everything.overall.possible_levels) == (
        100,
        4,
        (4,),
    )
    assert format_level(everything.overall, "it") == "Consolidata"


def test_a_goal_is_the_weighted_mean_of_its_items():
    # known: weights 1 1 1 0.5 1 1 = 5.5; points 3 2 1 3 0 2: (3+2+1+1.5+0+2)/(3 x 5.5) = 9.5/16.5
    result = score_answers(
        answer_all(
            0, known_audience=3, known_social=2, known_content=1, known_ads=3, known_skills=0, known_measure=2
        )
    )
    assert result.goals["known"].value == pytest.approx(100 * 9.5 / 16.5)
    assert result.items["known_ads"].points_gained == pytest.approx(100 * 1.5 / 16.5)
    assert result.items["known_content"].points_missing == pytest.approx(100 * 2 / 16.5)


def test_the_bakery():
    result = score_answers(BAKERY)
    assert {id: state for id, state in get_item_states(BAKERY).items() if id.startswith("found")} == {
        "found_website": "answered",
        "found_listing": "answered",
        "found_consistency": "answered",
        "found_offer": SKIPPED,
        "found_usability": HIDDEN_EXCLUDE,
    }
    # found: site 1 of 3 with the weight of the usability test, 1.5 + 1; listing 0 x 1.5; consistency 1 x 1:
    # 3.5 / (3 x 5)
    found = result.goals["found"]
    assert found.value == pytest.approx(100 * 3.5 / 15)
    assert (found.low, found.high) == (pytest.approx(100 * 3.5 / 18), pytest.approx(100 * 6.5 / 18))
    assert (found.level, found.possible_levels) == (1, (1, 2))
    assert format_level(found, "en") == "between “Setting out” and “Under construction”"
    assert [s.item.id for s in result.critical_items] == ["retain_safety"]
    assert {id: result.goals[id].missing_reason for id in ("known", "convert", "retain")} == {
        "known": "few",
        "convert": "few",
        "retain": "few",
    }
    assert (result.overall.value, result.overall.missing_reason) == (None, "goals")


def test_a_firm_without_site_or_page_scores_0_for_what_cannot_be_there():
    answers = answer_all(2, found_website=0)
    assert [id for id, state in get_item_states(answers).items() if state == HIDDEN_ZERO] == [
        "found_offer",
        "convert_trust",
    ]
    # found: site 0 x 2.5, listing 2 x 1.5, consistency 2, offer 0: 5 / (3 x 6)
    assert score_answers(answers).goals["found"].value == pytest.approx(100 * 5 / 18)


def test_opening_a_site_never_lowers_the_score():
    before = score_answers(answer_all(3, found_website=1, found_usability=0)).goals["found"].value
    after = score_answers(answer_all(3, found_website=2, found_usability=0)).goals["found"].value
    assert after > before


def test_the_parent_unknown_keeps_its_items_shown():
    assert "found_usability" in [item.id for item in get_visible_items({"found_website": DONT_KNOW})]
    assert "found_usability" in [item.id for item in get_visible_items({})]
    assert "found_usability" not in [item.id for item in get_visible_items({"found_website": 1})]


def test_does_not_apply_leaves_both_sides_of_the_fraction():
    result = score_answers(
        answer_all(2, convert_order=NOT_APPLICABLE, convert_sales=NOT_APPLICABLE, convert_reply=3)
    )
    # convert: weights 6 - 1.5 - 1 = 3.5; (3 + 2 + 2 + 0.5 x 2) / (3 x 3.5)
    assert result.goals["convert"].value == pytest.approx(100 * 8 / 10.5)
    assert result.goals["convert"].is_exact


def test_dont_know_and_blank_leave_the_score_and_widen_the_range():
    for unknown in (DONT_KNOW, None):
        retain = score_answers(answer_all(2, retain_records=unknown)).goals["retain"]
        assert retain.value == pytest.approx(200 / 3)
        assert (retain.low, retain.high) == (pytest.approx(100 * 11 / 21), pytest.approx(100 * 15.5 / 21))


def test_no_number_under_60_percent_of_the_weight_or_three_items():
    retain = [
        item.id for item in get_questionnaire().get_goal("retain").items
    ]  # weights 1.5 1 1 1 1 1.5: 60% of 7 is 4.2
    assert not score_answers(dict.fromkeys(retain[1:5], 2)).goals["retain"].has_value
    assert score_answers(dict.fromkeys(retain[:4], 2)).goals["retain"].has_value
    assert not score_answers(dict.fromkeys(["found_website", "found_listing"], 2)).goals["found"].has_value


def test_the_level_is_decided_before_rounding():
    # known: 4 of 16.5 points is 24.24: shown as 24, level 1, close to level 2
    known = score_answers(answer_all(0, known_audience=3, known_social=1)).goals["known"]
    assert (round_score(known.value), known.level, known.possible_levels) == (24, 1, (1, 2))
    assert round_score(62.5) == 63


def test_the_overall_level_is_at_most_one_above_the_weakest_goal():
    weak = {item.id: 0 for item in get_questionnaire().get_goal("known").items}
    result = score_answers(answer_all(3) | weak)
    assert result.overall.value == 75
    assert (result.overall.level, result.overall.possible_levels, result.overall.is_capped) == (2, (2,), True)


def test_one_step_moves_a_goal_by_3_to_8_points():
    steps = score_answers(answer_all(2)).sensitivity
    assert steps.goal == (pytest.approx(100 * 0.5 / 18), pytest.approx(100 * 1.5 / 18))
    assert steps.overall == (pytest.approx(100 * 0.5 / 72), pytest.approx(100 * 1.5 / 72))


def test_an_answer_that_is_not_offered_is_refused():
    with pytest.raises(
        AnswerError,
        match=r'item "known_social" cannot be answered with "4"; use one of: 0, 1, 2, 3, dont_know\.',
    ):
        score_answers({"known_social": 4})
    with pytest.raises(AnswerError):
        score_answers({"known_social": NOT_APPLICABLE})
    with pytest.raises(KeyError):
        score_answers({"unknown": 1})


@hypothesis_settings(max_examples=150, deadline=None)
@given(ANY)
def test_scores_lie_from_0_to_100_inside_their_range(answers):
    result = score_answers(answers)
    for found in (*result.goals.values(), result.overall):
        if found.has_value:
            assert 0 <= found.low <= found.value <= found.high <= 100
            assert 1 <= found.level <= 4
            assert found.level in found.possible_levels or found.is_capped
            assert set(found.possible_levels) <= {found.level - 1, found.level, found.level + 1}
    if result.overall.has_value:
        assert result.overall.level <= min(goal.level for goal in result.goals.values()) + 1


@hypothesis_settings(max_examples=150, deadline=None)
@given(ANSWERED, st.sampled_from(ITEMS))
def test_a_better_answer_never_lowers_a_score_or_a_level(answers, item):
    better = answers | {item.id: min(3, answers[item.id] + 1)}
    before, after = score_answers(answers), score_answers(better)
    for goal in GOALS:
        assert after.goals[goal].value >= before.goals[goal].value - 1e-9
        assert after.goals[goal].level >= before.goals[goal].level
    assert after.overall.value >= before.overall.value - 1e-9
    assert after.overall.level >= before.overall.level


@hypothesis_settings(max_examples=100, deadline=None)
@given(ANY, st.data())
def test_the_range_holds_the_score_whatever_the_unknown_answers_are(answers, data):
    known = {id: a for id, a in answers.items() if a not in (DONT_KNOW, None)}
    known.setdefault("found_website", 3)  # the item that routes others
    before = score_answers(known)
    after = score_answers(
        known | {item.id: data.draw(st.sampled_from([0, 1, 2, 3])) for item in ITEMS if item.id not in known}
    )
    for goal in GOALS:
        if before.goals[goal].has_value:
            assert before.goals[goal].low - 1e-9 <= after.goals[goal].value <= before.goals[goal].high + 1e-9


@hypothesis_settings(max_examples=50, deadline=None)
@given(ANY, st.randoms())
def test_the_order_of_the_answers_does_not_matter(answers, random):
    ids = list(answers)
    random.shuffle(ids)
    assert score_answers({id: answers[id] for id in ids}) == score_answers(answers)


def test_the_twelve_official_variables_are_counted_only_when_known():
    questions = {
        "d_internet": "yes",
        "d_speed": "yes",
        "d_erp": "no",
        "d_cloud": "basic",
        "d_b2c": "yes",
        "d_analytics": "no",
    }
    full = compute_digital_intensity(score_answers(answer_all(2)), questions)
    # met: internet, speed, social, website, paid cloud, AI, e-commerce, web sales to people
    assert (full.min_count, full.max_count, full.level["id"]) == (8, 8, "high")
    part = compute_digital_intensity(
        score_answers(answer_all(2, convert_ai=DONT_KNOW)),
        {k: v for k, v in questions.items() if k != "d_erp"},
    )
    assert (part.min_count, part.max_count, part.level) == (7, 9, None)


def test_the_question_on_web_sales_is_asked_only_to_those_who_have_them():
    assert "d_b2c" not in [q["id"] for q in intensity_questions(score_answers(answer_all(1)))]
    assert compute_digital_intensity(score_answers(answer_all(1)), {}).variables_met[10] is False
