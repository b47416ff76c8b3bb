"""The question bank says everything in both languages, and a fault in it is one sentence with its place."""

import pytest

from ripresa import settings
from ripresa.diagnosis.italian_areas import get_macro_area_codes, get_region_codes, load_italian_areas
from ripresa.diagnosis.questionnaire import DONT_KNOW, QuestionnaireError
from ripresa.diagnosis.questionnaire_loader import get_questionnaire, load_questionnaire


def test_the_bank_holds_23_items_and_46_recommendations_in_four_goals():
    instrument = get_questionnaire()
    assert len(instrument.items) == 23
    assert sum(len(item.recommendations) for item in instrument.items) == 46
    assert {goal.id: len(goal.items) for goal in instrument.goals} == {
        "known": 6,
        "found": 5,
        "convert": 6,
        "retain": 6,
    }


def test_the_weights_of_the_goals():
    assert {
        goal.id: float(sum(item.weight for item in goal.items)) for goal in get_questionnaire().goals
    } == {
        "known": 5.5,
        "found": 6,
        "convert": 6,
        "retain": 7,
    }


def test_the_regions_are_the_21_italian_areas_in_four_macro_areas():
    assert len(get_region_codes()) == 21
    assert get_macro_area_codes() == ("ITC", "ITH", "ITI", "ITF+ITG")
    assert get_questionnaire().get_option_codes("region") == get_region_codes()
    assert load_italian_areas()["ITH1"]["parent"] == "ITH"


def test_every_answer_has_words_in_both_languages():
    instrument = get_questionnaire()
    for item in instrument.items:
        for lang in ("it", "en"):
            labels = [label for _, label in instrument.get_answer_options(item, lang)]
            assert len(set(labels)) == len(labels) == 5 + bool(item.not_applicable)
    assert instrument.format_answer(instrument.get_item("convert_sales"), 3, "it") == "Più del 10%"
    assert instrument.format_answer(instrument.get_item("convert_sales"), DONT_KNOW, "en") == "I don't know"


def test_the_class_of_comparable_versions_is_the_first_two_numbers():
    assert get_questionnaire().version == "0.2.0"
    assert get_questionnaire().comparability_class == "0.2"


FAULTS = [
    (
        'effort = "S"',
        'effort = "XL"',
        'item "known_audience", action "known_audience.low": effort "XL" is not known; use one of: S, M, L.',
    ),
    (
        'goal = "known"',
        'goal = "fame"',
        'item "known_audience": goal "fame" is not known; use one of: known, found, convert, retain.',
    ),
    ("weight = 1.0", "weight = 9", 'item "known_audience": weight "9" is not a number from 0.1 to 5.'),
    (
        "points = [0, 1]",
        "points = [0]",
        'item "known_audience": its actions answer to the points [0, 2]; each of 0, 1, 2 needs one.',
    ),
    ('id = "known_social"', 'id = "known_audience"', "items: these ids stand twice: known_audience."),
    (
        'match = "near"',
        'match = "close"',
        'item "known_social", official "E_SM1_ANY": match "close" is not known; use one of: '
        "direct, near, proxy.",
    ),
    (
        'if_hidden = "zero"',
        'if_hidden = "one"',
        'item "found_offer": if_hidden "one" is not known; use one of: zero, exclude.',
    ),
    (
        'show_if = { item = "found_website"',
        'show_if = { item = "found_site"',
        'item "found_offer", show_if: item "found_site" is not known; use one of: known_audience,',
    ),
    ('efforts = ["S"]', 'efforts = ["S", "Z"]', 'slot "week": effort "Z" is not known; use one of: S, M, L.'),
]


@pytest.mark.parametrize(("right", "wrong", "sentence"), FAULTS, ids=[fault[1] for fault in FAULTS])
def test_a_fault_is_one_sentence_with_file_place_and_what_is_allowed(tmp_path, right, wrong, sentence):
    text = settings.QUESTIONNAIRE.read_text(encoding="utf-8")
    assert right in text
    path = tmp_path / "instrument.toml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(QuestionnaireError) as fault:
        load_questionnaire(path)
    assert str(fault.value).startswith(f"instrument.toml, {sentence}")


def test_a_text_missing_in_one_language_is_a_fault(tmp_path):
    text = settings.QUESTIONNAIRE.read_text(encoding="utf-8")
    path = tmp_path / "instrument.toml"
    path.write_text(
        text.replace('question.en = "How active', 'question.fr = "How active', 1), encoding="utf-8"
    )
    with pytest.raises(QuestionnaireError, match=r'item "known_social": "question" has no text in: en\.'):
        load_questionnaire(path)


def test_an_item_that_is_not_there_is_named():
    with pytest.raises(KeyError, match='item "nothing" is not known'):
        get_questionnaire().get_item("nothing")
