"""The diagnosis as a firm meets it, and its published results: a plan each time, nothing lost, nothing kept
that was not offered.
"""

import json
import re
import sqlite3
from dataclasses import replace
from datetime import date
from html import unescape
from random import Random

import pandas as pd
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from ripresa import i18n
from ripresa.charts import diagnosis_charts as charts
from ripresa.database.query import run_query
from ripresa.diagnosis import published_file
from ripresa.diagnosis.contribution import CONTRIBUTION_FIELDS, Profile, generate_withdrawal_code
from ripresa.diagnosis.contribution_store import open_store
from ripresa.diagnosis.published_file import read_visible_release
from ripresa.diagnosis.quarterly_release import publish_quarter
from ripresa.diagnosis.questionnaire import DONT_KNOW
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import get_visible_items
from ripresa.diagnosis.synthetic_sample import generate_contributions
from ripresa.i18n import t
from ripresa.narrative.figure_text import FigureText
from ripresa.views import shell
from ripresa.views.diagnosis_session import PROFILE, RESULT, SCREENS, START, DiagnosisSession
from ripresa.views.pages import release_cells
from tests.helpers.app import (
    BLANK,
    ROOT,
    get_diagnosis,
    get_figures,
    get_heading,
    get_html,
    get_visible_text,
    get_visit_session,
    open_diagnosis,
    open_page,
)
from tests.helpers.diagnosis_cases import BAKERY, FULL

LANGS = pytest.mark.parametrize("lang", i18n.LANGS)
LABEL = "SYNTHETIC / DATI INVENTATI"


def only_the_screen_is_in_the_address(visit: AppTest, lang: str) -> bool:
    return {
        name: value if isinstance(value, str) else value[0] for name, value in visit.query_params.items()
    } == {"lang": lang, "step": get_diagnosis(visit).screen}


def walk(visit: AppTest, lang: str, choose) -> AppTest:
    """From the first screen to the result; `choose` gives the answer to an item, None to leave it blank."""
    visit.button(key=f"start_{lang}").click().run()
    for screen in SCREENS[1:-1]:
        assert only_the_screen_is_in_the_address(visit, lang)
        given = set()
        while screen != PROFILE and (
            there := [
                item
                for item in get_visible_items(get_diagnosis(visit).answers)
                if item.goal == screen and item.id not in given
            ]
        ):
            for item in there:
                given.add(item.id)
                if (answer := choose(item)) is not None:
                    visit.radio(key=f"{item.id}_{lang}").set_value(answer)
            visit.run()
        visit.button(key=f"next_{lang}").click().run()
    return visit


@LANGS
@pytest.mark.parametrize("whom", ["answers nothing", "answers all", "answers half"])
def test_everybody_gets_a_plan_and_nothing_is_written_to_the_address(whom, lang):
    random = Random(7)
    choose = {
        "answers nothing": lambda item: None,
        "answers all": lambda item: random.randrange(4),
        "answers half": lambda item: random.choice((None, random.choice((0, 1, 2, 3, DONT_KNOW)))),
    }[whom]
    visit = walk(open_page("diagnosis", lang=lang), lang, choose)
    assert not visit.exception
    assert get_heading(visit) == t("plan_title", lang)
    actions = re.findall(r"<h3>", get_html(visit))
    assert 1 <= len(actions) <= 8
    assert (t("plan_blank", lang, count=len(actions)) in get_visible_text(visit)) == (
        whom == "answers nothing"
    )
    assert get_questionnaire().slots[0].label[lang] in get_visible_text(visit)
    assert only_the_screen_is_in_the_address(visit, lang)


@LANGS
def test_a_firm_with_every_highest_answer_is_told_that_there_is_nothing_to_add(lang):
    visit = open_diagnosis(RESULT, lang, {item.id: 3 for item in get_questionnaire().items})
    assert t("plan_nothing", lang) in get_visible_text(visit)
    assert "<h3>" not in get_html(visit)
    assert visit.get("download_button") == []


def test_the_plan_says_the_answer_that_caused_each_action_and_comes_before_the_score():
    page = get_visible_text(open_diagnosis(RESULT, "en", BAKERY, FULL))
    first = re.findall(r"<h3>(.*?)</h3>", get_html(open_diagnosis(RESULT, "en", BAKERY, FULL)))
    assert (
        unescape(first[0]) == get_questionnaire().get_item("retain_safety").get_recommendation(1).title["en"]
    )
    for id, points in BAKERY.items():
        item = get_questionnaire().get_item(id)
        assert item.get_recommendation(points).title["en"] in page
        assert item.question["en"] in page
        assert item.options[points].text["en"] in page
    assert (
        page.index(get_questionnaire().slots[0].label["en"])
        < page.index(t("scores_title", "en"))
        < page.index(t("official_title", "en"))
    )
    assert get_questionnaire().format_message("critical", "en") in page


@LANGS
def test_a_thin_plan_says_so_and_a_full_one_does_not(lang):
    thin, full = (
        open_diagnosis(RESULT, lang, BAKERY),
        open_diagnosis(RESULT, lang, {item.id: 1 for item in get_questionnaire().items}),
    )
    assert t("plan_thin", lang, count=5, asked=len(get_visible_items(BAKERY))) in get_visible_text(thin)
    thin.button(key=f"more_{lang}").click().run()
    assert get_heading(thin) == get_questionnaire().goals[0].label[lang]
    assert f"more_{lang}" not in [button.key for button in full.button]
    assert t("plan_more", lang) in [button.label for button in open_diagnosis(RESULT, lang).button]


@LANGS
def test_in_a_thin_plan_to_answer_more_is_the_one_bright_button_and_in_a_full_one_to_print(lang):
    thin, full = (
        open_diagnosis(RESULT, lang, BAKERY),
        open_diagnosis(RESULT, lang, {item.id: 1 for item in get_questionnaire().items}),
    )
    assert thin.button(key=f"more_{lang}").proto.type == "primary"
    assert 'class="print-button secondary"' in get_html(thin)
    assert 'class="print-button"' in get_html(full)
    assert not [button.key for button in full.button if button.proto.type == "primary" and button.key]
    assert [f"change_{lang}" in [button.key for button in plan.button] for plan in (thin, full)] == [
        False,
        True,
    ]


@LANGS
@pytest.mark.parametrize(
    "profile",
    [Profile(sector="F"), Profile(role="owner"), FULL],
    ids=["activity", "role", "all but the role"],
)
def test_a_plan_without_answers_acknowledges_what_was_said_about_the_firm(profile, lang):
    page = get_visible_text(open_diagnosis(RESULT, lang, profile=profile))
    told = [
        t(f"profile_{question.id}", lang)
        for question in get_questionnaire().profile_questions
        if getattr(profile, question.id)
    ]
    assert t("plan_told", lang, told=i18n.format_items(told, lang), count=8) in page
    assert t("plan_blank", lang, count=8) not in page


@LANGS
def test_a_score_says_its_number_its_level_and_its_range(lang):
    answers = {item.id: 1 for item in get_questionnaire().items} | {
        "known_social": DONT_KNOW,
        "retain_reviews": None,
    }
    page = get_visible_text(
        open_diagnosis(RESULT, lang, {id: one for id, one in answers.items() if one is not None})
    )
    assert (
        t("scores_between", lang, low=27, high=45) in page
    )  # known: five of five and a half weights at one third, the sixth unknown
    assert get_questionnaire().get_level(2).label[lang] in page


def test_a_goal_with_too_few_answers_has_no_number_and_says_why():
    assert get_questionnaire().format_message("not_shown_few", "it") in get_visible_text(
        open_diagnosis(RESULT, "it", BAKERY)
    )


@LANGS
@pytest.mark.parametrize(
    ("profile", "reasons"),
    [
        (BLANK, {"official_size"}),
        (FULL, {"official_region"}),
        (replace(FULL, size=""), {"official_region", "official_size"}),
    ],
)
def test_the_official_table_says_why_it_is_of_italy_and_why_of_a_size_nobody_chose(profile, reasons, lang):
    page = get_visible_text(open_diagnosis(RESULT, lang, BAKERY, profile))
    assert {
        key for key in ("official_region", "official_size") if t(key, lang, region="Veneto") in page
    } == reasons


def test_official_figures_of_the_size_class_stand_beside_the_answer_with_their_year():
    page = get_visible_text(
        open_diagnosis(RESULT, "en", {item.id: 2 for item in get_questionnaire().items}, FULL)
    )
    assert "15.0%" in page
    assert "2023" in page
    assert (
        get_questionnaire().format_message("official_small", "en") in page
    )  # a firm under 10 reads the class 10-49, and is told
    assert get_questionnaire().format_message("not_loaded", "en") in page


@LANGS
@pytest.mark.parametrize(
    ("subject", "first", "lacking"),
    [
        ("website", None, ["short_course"]),
        ("maps", "eccellenze-video", ["checklist"]),
        ("security", "enisa-12-steps", []),
    ],
)
def test_the_resources_begin_with_the_kind_the_plan_named_or_say_that_none_is_known(
    subject, first, lacking, lang
):
    visit = open_diagnosis(RESULT, lang, BAKERY, FULL)
    visit.switch_page("pages/resources.py")
    visit.query_params["subject"] = subject
    page, rows = (
        get_visible_text(visit.run()),
        {row["id"]: row for row in run_query("resources", lang=lang).to_dict("records")},
    )
    there = [unescape(title) for title in re.findall(r"<h3>(?:<a[^>]*>)?(.*?)<", get_html(visit))]
    assert (
        t(
            "resources_promise_none",
            lang,
            kinds=", ".join(t(f"resource_kind_{kind}", lang) for kind in lacking),
        )
        in page
    ) == bool(lacking)
    assert (t("resources_promise", lang, count=1) in page) == (subject == "maps")
    assert not first or rows[first]["title"] in there[:3]
    assert (
        len(there)
        == len(set(there))
        == len([row for row in rows.values() if subject in row["topics"].split()])
    )


def test_without_a_plan_the_resources_speak_of_none():
    for visit in (
        open_page("resources", lang="en", subject="website"),
        open_page("resources", lang="en", subject="maps", kind="guide"),
    ):
        assert t("resources_promise_none", "en", kinds="").partition(":")[0] not in get_visible_text(visit)


# --- nothing is lost, and everything can be erased ---


@LANGS
def test_back_and_forth_loses_nothing(lang):
    visit = open_diagnosis("known", lang)
    visit.radio(key=f"known_social_{lang}").set_value(2).run()
    visit.button(key=f"next_{lang}").click().run()
    assert get_heading(visit) == get_questionnaire().get_goal("found").label[lang]
    visit.button(key=f"back_{lang}").click().run()
    assert visit.radio(key=f"known_social_{lang}").value == 2
    visit.button(key=f"skip_to_plan_{lang}").click().run()
    assert get_heading(visit) == t("plan_title", lang)
    assert get_diagnosis(visit).answers == {"known_social": 2}


def test_the_language_switch_keeps_the_answers_and_the_screen():
    visit = open_diagnosis("known", "it", {"known_social": 2, "known_ads": "not_applicable"})
    assert visit.radio(key="known_social_it").value == 2
    visit.radio(key="lang").set_value("en").run()
    assert get_heading(visit) == get_questionnaire().get_goal("known").label["en"]
    assert visit.radio(key="known_social_en").value == 2
    assert visit.radio(key="known_ads_en").value == "not_applicable"
    visit.radio(key="known_social_en").set_value(3).run()
    assert get_diagnosis(visit).answers["known_social"] == 3


def test_another_page_and_back_loses_nothing():
    visit = open_diagnosis("known", "it", {"known_social": 2}, FULL)
    visit.switch_page("pages/about.py").run()
    visit.switch_page("pages/diagnosis.py").run()
    assert visit.radio(key="known_social_it").value == 2
    assert get_diagnosis(visit).profile == FULL
    assert get_diagnosis(visit).screen == "known"


@LANGS
def test_the_screen_of_the_address_is_shown_where_there_are_answers_and_only_there(lang):
    visit = open_diagnosis("convert", lang, BAKERY, FULL)
    visit.query_params["step"] = "found"  # the browser's Back
    assert get_heading(visit.run()) == get_questionnaire().get_goal("found").label[lang]
    assert get_diagnosis(visit).answers == BAKERY
    del visit.query_params["step"]
    assert get_heading(visit.run()) == t("diagnosis_question", lang)
    assert t("diagnosis_elsewhere", lang) not in get_visible_text(visit)
    visit.query_params["step"] = RESULT  # and Forward
    assert get_heading(visit.run()) == t("plan_title", lang)
    assert get_diagnosis(visit).answers == BAKERY
    visit.query_params["step"] = "moon"
    assert get_heading(visit.run()) == t("plan_title", lang)
    visit.button(key=f"erase_{lang}").click().run()
    assert "step" not in visit.query_params
    assert get_heading(visit) == t("diagnosis_question", lang)
    for elsewhere in (visit, open_page("diagnosis", lang=lang)):
        elsewhere.query_params["step"] = RESULT
        assert get_heading(elsewhere.run()) == t("diagnosis_question", lang)
        assert t("diagnosis_elsewhere", lang) in get_visible_text(elsewhere)


def links(page: str, began: float) -> list[str]:
    """The links written in a page's own words, in a visit with a diagnosis under way or without."""
    visit = AppTest.from_file(ROOT / "dashboard.py", default_timeout=60)
    get_visit_session(visit).diagnosis = DiagnosisSession(
        screen="known" if began else START, started_at=began
    )
    visit.switch_page(f"pages/{page}.py")
    visit.run()
    assert not visit.exception
    return [link for link in re.findall(r"<a [^>]*>", get_html(visit)) if "/database" not in link]


@pytest.mark.parametrize("page", shell.PAGE_NAMES)
def test_no_link_of_any_page_loses_a_diagnosis_under_way(page):
    """Streamlit's own links keep the session; one that loads the page again opens in a tab of its own."""
    assert [
        link for link in links(page, began=1.0) if 'target="_blank"' not in link and 'href="#' not in link
    ] == []


@pytest.mark.parametrize("part", ["catalogue", "coverage"])
def test_the_views_that_the_data_page_opens_lose_none_either(part):
    visit = AppTest.from_file(ROOT / "dashboard.py", default_timeout=60)
    get_visit_session(visit).diagnosis = DiagnosisSession(screen="known", started_at=1.0)
    visit.switch_page("pages/data.py").run()
    visit.radio(key=f"part_{visit.session_state['lang']}").set_value(part).run()
    opened = re.findall(r'<a href="[a-z_]+\?lang=[^>]*>', get_html(visit))
    assert len(opened) > 40
    assert all('target="_blank"' in link for link in opened)


def test_without_a_diagnosis_links_open_in_place():
    assert all(
        any('target="_self"' in link for link in links(page, began=0.0))
        for page in ("revisions", "profile", "compare")
    )


def test_a_question_is_asked_only_where_it_applies():
    visit = open_diagnosis("found", "en", {"found_website": 0})
    assert "found_usability_en" not in [radio.key for radio in visit.radio]
    visit.radio(key="found_website_en").set_value(3).run()
    assert "found_usability_en" in [radio.key for radio in visit.radio]


@pytest.mark.parametrize(
    ("lang", "making", "selling"),
    [
        ("it", "vendete ciò che fate, pane compreso", "vendete ciò che fanno altri"),
        ("en", "you sell what you make, bread included", "you sell what others make"),
    ],
)
def test_a_baker_and_a_shopkeeper_can_tell_their_activities_apart(lang, making, selling):
    options = dict(
        zip(
            get_questionnaire().get_option_codes("sector"),
            open_diagnosis(PROFILE, lang).radio(key=f"profile_sector_{lang}").options,
            strict=True,
        )
    )
    assert making in options["C"]
    assert selling in options["G"]


def test_the_profile_takes_up_to_two_goals_in_order():
    visit = open_diagnosis(PROFILE, "it")
    assert "goal_2_it" not in [radio.key for radio in visit.radio]
    visit.radio(key="goal_1_it").set_value("found").run()
    visit.radio(key="goal_2_it").set_value("retain").run()
    visit.selectbox(key="profile_region_it").set_value("ITC4").run()
    assert (get_diagnosis(visit).profile.goals, get_diagnosis(visit).profile.region) == (
        ("found", "retain"),
        "ITC4",
    )
    visit.radio(key="goal_1_it").set_value("retain").run()
    assert get_diagnosis(visit).profile.goals == ("retain",)


@LANGS
def test_the_second_goal_is_counted_asked_in_full_and_comes_last_so_that_nothing_moves(lang):
    before, after = (
        open_diagnosis(PROFILE, lang, profile=replace(BLANK, goals=goals)) for goals in ((), ("found",))
    )
    asked = [
        [one.key for one in (*visit.selectbox, *visit.radio) if one.key != "lang"]
        for visit in (before, after)
    ]
    assert asked[1] == [*asked[0], f"goal_2_{lang}"]
    assert asked[0][-1] == f"goal_1_{lang}"
    assert len(after.radio(key=f"goal_2_{lang}").label.split()) >= 4
    assert len(asked[1]) == 7
    assert {"it": "sette domande", "en": "seven questions"}[lang] in get_visible_text(
        open_page("diagnosis", lang=lang)
    )


def test_a_screen_can_be_left_blank_again_and_everything_erased():
    visit = open_diagnosis("known", "it", {"known_social": 2, "found_website": 1}, FULL)
    visit.button(key="clear_it").click().run()
    assert get_diagnosis(visit).answers == {"found_website": 1}
    assert visit.radio(key="known_social_it").value is None
    visit.button(key="erase_it").click().run()
    assert (get_diagnosis(visit).answers, get_diagnosis(visit).profile, get_diagnosis(visit).screen) == (
        {},
        Profile(),
        START,
    )


def test_what_is_kept_in_memory_says_no_answer_when_it_is_printed():
    assert "found" not in repr(
        DiagnosisSession(answers=BAKERY, profile=FULL, withdrawal_code="SECRET", pending_code="SECRET")
    )
    assert "SECRET" not in repr(DiagnosisSession(withdrawal_code="SECRET", pending_code="SECRET"))


@LANGS
def test_answering_everything_takes_less_than_the_first_screen_promises(lang):
    """Every word of the screens at 200 a minute (what each repeats, once), and 4 seconds for each of the 30
    choices; the withdrawal form is closed.
    """
    read, choices = [], 0
    for screen in SCREENS[:-1]:
        visit = (
            open_page("diagnosis", lang=lang)
            if screen == START
            else open_diagnosis(screen, lang, {"found_website": 3}, replace(BLANK, goals=("found",)))
        )
        page = unescape(
            re.sub(
                r"<(style|script)[^>]*>.*?</\1>|<footer.*?</footer>|<[^>]*>",
                " ",
                get_html(visit),
                flags=re.DOTALL,
            )
        )
        asked = [*visit.selectbox, *(radio for radio in visit.radio if radio.key != "lang")]
        choices += len(asked)
        read += [
            page,
            *(one.label for one in asked),
            *(button.label for button in visit.button if button.key),
        ]
        read += [text for radio in asked if radio.type == "radio" for text in radio.options]
    words_read = sum(len(text.split()) for text in dict.fromkeys(read))
    minutes = words_read / 200 + choices * 4 / 60
    assert choices == 30
    assert 6 < minutes < get_questionnaire().promised_minutes == 8
    assert f" {get_questionnaire().promised_minutes} " in get_visible_text(open_page("diagnosis", lang=lang))


# --- contributing ---


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("RIPRESA_CONTRIBUTION_STORE", str(tmp_path / "diagnosis.sqlite3"))
    return tmp_path / "diagnosis.sqlite3"


def stored(path) -> list[dict]:
    with sqlite3.connect(path) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("select * from diagnosis")]


@LANGS
def test_contributing_is_unticked_stores_exactly_the_designed_fields_and_can_be_undone(lang, store):
    visit = open_diagnosis(RESULT, lang, BAKERY, FULL)
    assert visit.checkbox(key=f"consent_{lang}").value is False
    assert visit.button(key=f"contribute_{lang}").disabled
    assert not store.exists()
    visit.checkbox(key=f"consent_{lang}").check().run()
    visit.button(key=f"contribute_{lang}").click().run()
    (row,) = stored(store)
    assert tuple(row) == CONTRIBUTION_FIELDS
    assert (
        row["region"],
        row["sector"],
        row["size_class"],
        row["goal_1"],
        row["goal_2"],
        row["language"],
        row["duration_class"],
    ) == ("ITH3", "I", "0-9", "found", "convert", lang, "5-8")
    assert json.loads(row["answers"])["found_website"] == 1
    code = re.search(r'class="code">([0-9A-Z-]{30,})<', get_html(visit))[1]
    visit.button(key=f"code_noted_{lang}").click().run()
    assert code not in get_html(visit)
    assert code not in repr(vars(get_diagnosis(visit)))
    assert t("contribute_done", lang) in get_visible_text(visit)
    visit.text_input[0].input(code)
    next(button for button in visit.button if button.label == t("withdraw_do", lang)).click().run()
    assert t("withdraw_done", lang) in get_visible_text(visit)
    assert stored(store) == []
    assert only_the_screen_is_in_the_address(visit, lang)


def test_what_is_stored_is_listed_before_the_choice():
    page = get_visible_text(open_diagnosis(RESULT, "en", BAKERY, FULL))
    assert all(
        t(f"stored_{name}", "en") in page
        for name in ("month", "place", "firm", "goals", "role", "language", "duration", "scores", "answers")
    )


@LANGS
def test_a_firm_elsewhere_is_told_before_it_begins_and_before_it_offers_that_the_regions_are_italian(lang):
    assert open_diagnosis(PROFILE, lang).selectbox(key=f"profile_region_{lang}").proto.placeholder == t(
        "diagnosis_choose", lang
    )
    assert {"it": "italiana", "en": "Italian"}[lang] in t("diagnosis_choose", lang)
    assert (
        t("italy", lang)
        in get_visible_text(open_page("diagnosis", lang=lang)).partition(t("diagnosis_how_long", lang))[0]
    )
    assert t("italy", lang) in t("stored_place", lang)
    assert t("stored_place", lang) in get_visible_text(open_diagnosis(RESULT, lang, BAKERY, FULL))


def test_without_a_profile_the_page_says_what_is_missing_and_asks_for_nothing_else(store):
    visit = open_diagnosis(RESULT, "en", BAKERY, Profile(region="ITC4"))
    assert t("profile_sector", "en") in get_visible_text(visit)
    assert not visit.checkbox
    visit.button(key="to_profile_en").click().run()
    assert get_heading(visit) == t("diagnosis_profile", "en")


def test_a_store_that_does_not_answer_says_so_and_loses_nothing(monkeypatch):
    monkeypatch.setenv("RIPRESA_CONTRIBUTION_STORE", "mysql://nowhere")
    visit = open_diagnosis(RESULT, "en", BAKERY, FULL)
    visit.checkbox(key="consent_en").check().run()
    visit.button(key="contribute_en").click().run()
    assert not visit.exception
    assert t("contribute_fault", "en") in get_visible_text(visit)
    assert get_diagnosis(visit).answers == BAKERY
    assert not get_diagnosis(visit).has_contributed


def test_a_wrong_code_is_said_to_be_unknown(store):
    visit = open_page("diagnosis", lang="it")
    visit.text_input[0].input("AAAA")
    next(button for button in visit.button if button.label == t("withdraw_do", "it")).click().run()
    assert t("withdraw_unknown", "it") in get_visible_text(visit)


# --- the published results ---


@LANGS
def test_an_invented_sample_is_called_so_in_every_title_table_and_file(lang):
    visit = open_page("diagnosis_results", lang=lang)
    page = get_html(visit)
    own, other = (
        get_questionnaire().format_message("synthetic", one)
        for one in (lang, *(one for one in i18n.LANGS if one != lang))
    )
    assert own in get_heading(visit)
    assert other not in page
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert titles
    assert all(own in title for title in titles)
    assert all(own in chart.alt and own in json.dumps(chart.spec["layout"]) for chart in get_figures(visit))
    assert all(row["label"] == LABEL for row in read_visible_release())
    link = next(
        link
        for link in open_page("diagnosis", lang=lang).get("page_link")
        if "diagnosis_results" in link.proto.page and t("diagnosis_to_results", lang) in link.proto.label
    )
    assert own in link.proto.label
    assert other not in link.proto.label


@LANGS
def test_the_first_words_say_that_these_firms_chose_to_answer(lang):
    page = get_visible_text(open_page("diagnosis_results", lang=lang))
    assert {"it": "hanno scelto di fare la diagnosi", "en": "chose to take the diagnosis"}[lang] in page
    assert page.index(t("results_question", lang)) < page.index("2.340" if lang == "it" else "2,340")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """What the release command makes of a store with 120 contributed diagnoses."""
    folder = tmp_path_factory.mktemp("real")
    store, file = open_store(str(folder / "diagnosis.sqlite3")), folder / "diagnosis_release.csv"
    for row in generate_contributions(120, seed=3, months=2):
        store.add_contribution(row, generate_withdrawal_code(), date(2026, 9, 1))
    publish_quarter(store, "2026-Q3", date(2026, 11, 22), file)
    return file


@LANGS
@pytest.mark.parametrize("setting", ["0", "1"])
def test_a_real_release_takes_the_place_of_the_sample_whatever_the_setting(lang, setting, real, monkeypatch):
    monkeypatch.setattr(published_file, "RELEASE_PATH", real)
    monkeypatch.setenv("RIPRESA_DIAGNOSIS_SAMPLE", setting)
    visit = open_page("diagnosis_results", lang=lang)
    page = get_html(visit)
    assert not visit.exception
    assert get_heading(visit) == t("results_question", lang)
    whole = next(
        row["n_shown"]
        for row in read_visible_release()
        if row["table_id"] == "diagnoses" and row["measure"] == "all"
    )
    lead = t(
        "results_lead",
        lang,
        n=whole,
        start=i18n.format_period("2026-08", lang),
        end=i18n.format_period("2026-09", lang),
    )
    assert int(whole) >= 100
    assert lead in get_visible_text(visit)
    assert "SYNTHETIC" not in page + repr(visit)
    assert "INVENTATI" not in page
    assert t("results_invented", lang) not in get_visible_text(visit)
    assert t("withheld_small", lang, threshold=10) in get_visible_text(visit)


def test_a_real_release_gives_a_firm_its_peers_and_the_sample_gives_none(real, monkeypatch):
    assert t("peers_none", "en") in get_visible_text(open_diagnosis(RESULT, "en", BAKERY, FULL))
    monkeypatch.setattr(published_file, "RELEASE_PATH", real)
    page = get_visible_text(open_diagnosis(RESULT, "en", BAKERY, FULL))
    assert t("peers_none", "en") not in page
    assert re.search(
        r"Among \d+ firms (of your \w+ )?that chose to answer \(up to September 2026\), the middle "
        r"half lies between \d+ and \d+",
        page,
    )


@LANGS
def test_the_sample_can_be_switched_off(lang, monkeypatch):
    monkeypatch.setenv("RIPRESA_DIAGNOSIS_SAMPLE", "0")
    visit = open_page("diagnosis_results", lang=lang)
    assert t("results_none", lang) in get_visible_text(visit)
    assert LABEL not in get_html(visit)
    assert not get_figures(visit)


def test_the_choices_are_those_of_the_release_and_no_others():
    visit = open_page("diagnosis_results", lang="en")
    rows = [
        row
        for row in read_visible_release()
        if row["table_id"] == "level"
        and row["measure"] == "overall"
        and row["sector"] == row["size_class"] == "all"
    ]
    assert len(visit.selectbox(key="results_area_en").options) == len({row["area"] for row in rows})
    visit.radio(key="results_kind_en").set_value("sector").run()
    assert "All sectors" in visit.selectbox(key="results_sector_en").options


@LANGS
@pytest.mark.parametrize("kind", release_cells.GROUP_KINDS)
def test_every_group_and_score_can_be_read(kind, lang):
    visit = open_page("diagnosis_results", lang=lang)
    visit.radio(key=f"results_kind_{lang}").set_value(kind).run()
    for measure in ("overall", *(goal.id for goal in get_questionnaire().goals)):
        visit.selectbox(key=f"results_measure_{lang}").set_value(measure).run()
        visit.selectbox(key=f"results_{kind}_{lang}").set_value(
            next(
                row[kind]
                for row in reversed(read_visible_release())
                if row["table_id"] == "level" and row["measure"] == measure
            )
        ).run()
        for toggle in visit.toggle:
            toggle.set_value(True)
        visit.run()
        assert not visit.exception
        assert not re.search(r"\bnan\b|\bNone\b", get_visible_text(visit))


@LANGS
def test_the_months_and_the_answers_of_a_release_can_be_read(lang):
    visit = open_page("diagnosis_results", lang=lang)
    page, rows = get_visible_text(visit), read_visible_release()
    counted = [row for row in rows if (row["table_id"], row["measure"]) == ("diagnoses", "month")]
    assert counted
    assert all(
        f"{i18n.format_period(row['category'], lang)} {row['n_shown']}" in " ".join(page.split())
        for row in counted
    )
    item = get_questionnaire().get_item("known_social")
    visit.selectbox(key=f"results_item_{lang}").set_value(item.id).run()
    page = " ".join(get_visible_text(visit).split())
    for points, option in enumerate(item.options):
        (row,) = [
            row
            for row in rows
            if (row["table_id"], row["measure"], row["size_class"], row["category"])
            == ("answer", item.id, "all", str(points))
        ]
        assert (
            f"{option.text[lang]} {i18n.format_value(float(row['estimate']), 'percent', 1, lang)} (" in page
        )
    assert t("given_blank", lang) in page
    assert not visit.exception


def cell(category: str, status: str = "shown", estimate: str = "40", **more) -> dict:
    return {
        "category": category,
        "status": status,
        "estimate": estimate,
        "ci_low": "30" if estimate else "",
        "ci_high": "50" if estimate else "",
        "threshold": "10",
        "statistics_from": "30",
    } | more


def test_a_withheld_cell_is_drawn_as_withheld_with_its_reason_and_never_as_zero():
    cells = release_cells.build_cells(
        [cell("1", "small", ""), cell("2"), cell("3"), cell("4", "paired", "")], "en"
    )
    text = FigureText("t", "s")
    figure = charts.build_level_chart(
        cells, {str(level.id): level.label["en"] for level in get_questionnaire().levels}, "light", "en", text
    )
    drawn, hidden = figure.data
    assert list(drawn.x) == [None, 40.0, 40.0, None]
    assert list(hidden.text) == [t("withheld_small", "en", threshold="10"), t("withheld_paired", "en")]
    assert hidden.marker.pattern.shape == "x"
    go.Figure(figure.to_dict())


@pytest.mark.parametrize(
    ("shown", "opens"), [({"10-49", "all"}, "10-49"), ({"GE250"}, "GE250"), (set(), "all")]
)
def test_official_shares_open_with_a_size_that_has_one(shown, opens):
    sizes = ["all", "10-49", "GE250"]
    rows = [
        {"table_id": "official", "size_class": size, "status": "shown" if size in shown else "paired"}
        for size in sizes
    ]
    assert release_cells.get_default_size(rows, sizes) == opens


def test_a_reason_does_not_stand_on_the_mark_of_the_official_share():
    gone = [
        {"name": str(official), "official": official}
        | release_cells.build_cells([cell("1", "small", "")], "en")[0]
        for official in (None, 15.0, 80.0)
    ]
    figure = charts.build_official_comparison_chart(gone, "light", "en", FigureText("t", "s", population="f"))
    assert list(figure.data[-1].x) == [1, 18.0, 1]


def test_levels_shown_together_are_drawn_once():
    cells = release_cells.build_cells(
        [
            cell("1", "small", ""),
            cell("2", "paired", ""),
            cell("1+2", "merged", "60"),
            cell("3"),
            cell("4", estimate="0"),
        ],
        "it",
    )
    assert [(one["category"], one["value"]) for one in cells] == [("1+2", 60.0), ("3", 40.0), ("4", 0.0)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_figure_is_a_valid_one_and_an_invented_one_says_so_inside(theme):
    names = {str(level.id): level.label["it"] for level in get_questionnaire().levels}
    text = FigureText("t", "s", label=LABEL, population="f")
    cells = release_cells.build_cells(
        [cell("1"), cell("2"), cell("3", "paired", ""), cell("4", "small", ""), cell("3+4", "merged", "20")],
        "it",
    )
    gone = release_cells.build_cells([cell(str(one), "small", "") for one in (1, 2, 3, 4)], "it")
    items = [{"name": "a", "official": 12.0} | cells[0], {"name": "b", "official": None} | gone[0]]
    groups = [{"name": "Lazio", "cells": cells}, {"name": "Puglia", "cells": gone}]
    for figure in (
        charts.build_level_chart(cells, names, theme, "it", text),
        charts.build_group_chart(groups, names, theme, "it", text),
        charts.build_official_comparison_chart(items, theme, "it", text),
    ):
        go.Figure(figure.to_dict())
        assert LABEL in figure.layout.annotations[0].text


def test_the_file_to_take_away_says_that_it_is_invented():
    rows = pd.DataFrame(list(read_visible_release()))
    assert set(rows["label"]) == {LABEL}
    assert release_cells.get_file_stem([{"label": LABEL}]).startswith("SYNTHETIC")
