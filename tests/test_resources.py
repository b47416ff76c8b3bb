"""The resources: found by what is looked for, their state never more than the evidence says; and the check of
their addresses, without a network.
"""

import csv
import re
from html import unescape

import httpx
import pytest

from ripresa import i18n
from ripresa.cli import check_links
from ripresa.database.query import run_query
from ripresa.database.resources import RESOURCE_VOCABULARY
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.i18n import t
from ripresa.views.pages import resources_page
from ripresa.views.pages.resources_page import GOALS, ResourceFilters, is_history, is_match, sort_by_proximity
from tests.helpers.app import get_checked_html, get_html, open_page, strip_tags

ROWS = [
    row | {"goals": resources_page._parse_goals(row["goals"]), "topics": row["topics"].split()}
    for row in run_query("resources", lang="en").to_dict("records")
]
BY_ID = {row["id"]: row for row in ROWS}


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_every_resource_is_there_with_its_state_and_what_it_rests_on(lang):
    page = strip_tags(get_checked_html(open_page("resources", lang=lang), lang))
    for row in run_query("resources", lang=lang).to_dict("records"):
        assert row["title"] in page
        assert resources_page.describe_state(row, lang) in page


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_every_code_of_a_resource_has_words(row):
    for lang in i18n.LANGS:
        assert resources_page.render_resource(row, lang)


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_what_is_not_known_is_never_called_closed_and_what_ended_is_history(lang):
    ended = t("state_ended_undated", lang).rstrip(".")
    for row in ROWS:
        assert (ended in resources_page.describe_state(row, lang)) == (row["state"] == "ended")
        assert is_history(row) or row["state"] != "ended"
    assert is_history(BY_ID["piccolegrandimprese-hub"])
    assert is_history(BY_ID["business-open-days-2020"])
    assert BY_ID["piccolegrandimprese-hub"]["state"] == "unknown"


@pytest.mark.parametrize("goal", GOALS)
def test_a_plan_s_link_by_goal_and_kind_shows_what_fits(goal):
    visit = open_page("resources", lang="en", goal=goal, kind="guide")
    page = strip_tags(get_checked_html(visit, "en"))
    expected = [row for row in ROWS if goal in row["goals"] and row["kind"] == "guide"]
    assert expected
    assert all(row["title"] in page for row in expected)
    assert get_html(visit).count("<h3>") == len(expected)
    assert visit.selectbox(key="resources_goal_en").value == goal


def test_the_goals_are_spelt_as_in_the_diagnosis():
    assert list(GOALS) == [goal.id for goal in get_questionnaire().goals] == RESOURCE_VOCABULARY["goals"][:-1]
    assert ResourceFilters.from_query({"goal": "known"}, ROWS) == ResourceFilters(goal="known")


@pytest.mark.parametrize(
    "address", [{"goal": "moon"}, {"kind": "'; drop"}, {"cost": ""}, {"subject": "🦄", "language": "xx"}]
)
def test_a_broken_address_looks_for_anything(address):
    assert ResourceFilters.from_query(address, ROWS) == ResourceFilters()


def test_a_choice_goes_to_the_address_and_is_read_back_in_the_other_language():
    visit = open_page("resources", lang="en", goal="found")
    visit.selectbox(key="resources_kind_en").set_value("helpdesk").run()
    assert (visit.query_params["kind"], visit.query_params["goal"]) == ("helpdesk", "found")
    visit = open_page("resources", lang="it", goal="found", kind="helpdesk")
    assert visit.selectbox(key="resources_kind_it").value == "helpdesk"


def test_a_region_has_its_own_those_of_italy_of_europe_and_of_the_world_its_own_first():
    found = [row for row in ROWS if is_match(row, ResourceFilters(), "ITH5")]
    assert {row["region"] for row in found} == {"ITH5", "ITA", "EU27_2020", "WORLD"}
    assert [row["region"] for row in sort_by_proximity(found, "ITH5")][:3] == ["ITH5"] * 3
    visit = open_page("resources", lang="en", geo=["ITH5"])
    assert visit.selectbox(key="resources_region_en").value == "ITH5"
    assert get_html(visit).count("<h3>") == len(found)


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize(
    ("region", "own", "active"), [("ITI4", 2, True), ("ITF5", 1, False), ("ITC4", 0, False)]
)
def test_what_is_the_region_s_own_stands_first_and_none_active_is_said(region, own, active, lang):
    page = get_checked_html(open_page("resources", lang=lang, geo=[region]), lang)
    place = next(
        row.name for row in run_query("areas", level="italy", lang=lang).itertuples() if row.code == region
    )
    wide = len(
        [row for row in ROWS if row["region"] in resources_page.WIDE_REGIONS and row["state"] == "active"]
    )
    listed = page.partition('class="resources"')[2]
    there = [t("resources_own", lang, region=place, count=own), t("resources_wide", lang, count=wide)][
        own == 0 :
    ]
    assert list(map(unescape, re.findall(r"<h2>(.+?)</h2>", listed)))[: len(there)] == there
    assert (t("resources_own_none", lang, region=place, count=wide) in strip_tags(page)) is not active
    assert ('class="active"' in listed.partition("</li>")[0]) is (active or not own)


def test_a_kind_that_is_not_there_gives_way_to_the_other_kinds_and_the_page_says_so():
    visit = open_page("resources", lang="en", kind="video_tutorial", subject="export")
    assert t("resources_other_kinds", "en", kind="video tutorial") in strip_tags(
        get_checked_html(visit, "en")
    )
    assert get_html(visit).count("<h3>") == len([row for row in ROWS if "export" in row["topics"]])


def test_nothing_found_is_a_sentence_and_a_way_back():
    visit = open_page("resources", lang="en", cost="paid", subject="women")
    assert t("resources_nothing", "en") in strip_tags(get_checked_html(visit, "en"))
    visit.button(key="resources_all_en").click().run()
    assert get_html(visit).count("<h3>") == len(ROWS)


# --- the check of addresses ---


def answering(request: httpx.Request) -> httpx.Response:
    path = request.url.path
    if path == "/moved":
        return httpx.Response(301, headers={"location": "https://other.example/new"})
    if path == "/slash":
        return httpx.Response(301, headers={"location": "https://www.one.example/slash/"})
    if path == "/silent":
        raise httpx.ConnectError("no route")
    return httpx.Response({"/gone": 404, "/closed": 403, "/broken": 503}.get(path, 200), text="a page")


def asked(*paths: str, **more) -> list:
    with httpx.Client(transport=httpx.MockTransport(answering), follow_redirects=True) as client:
        return list(
            check_links.check_links(
                [{"id": path, "address": f"https://one.example{path}"} for path in paths], client, **more
            )
        )


def test_an_address_answers_has_moved_is_missing_refuses_fails_or_is_silent():
    found = asked(
        "/", "/slash", "/moved", "/gone", "/closed", "/broken", "/silent", sleep=lambda seconds: None
    )
    assert [answer.found for answer in found] == [
        "answers",
        "answers",
        "moved",
        "missing",
        "refused",
        "fails",
        "silent",
    ]
    assert found[2].final == "https://other.example/new"
    assert "no route" in found[-1].note


def test_a_host_is_left_in_peace_between_two_requests():
    pauses = []
    asked("/", "/a", "/b", pause=3, sleep=pauses.append, clock=lambda: 10.0)
    assert pauses == [3.0, 3.0]


def test_the_report_has_a_line_a_resource_and_the_resources_stay_as_they_are(tmp_path, monkeypatch):
    before = check_links.RESOURCES_FILE.read_bytes()
    monkeypatch.setattr(check_links.httpx, "Client", lambda **settings: _client())
    assert (
        check_links.main(
            ["--out", str(tmp_path / "links.csv"), "--only", "diagnosi-digitale-pmi", "--pause", "0"]
        )
        == 0
    )
    lines = list(csv.DictReader((tmp_path / "links.csv").open(encoding="utf-8")))
    assert [line["id"] for line in lines] == ["diagnosi-digitale-pmi"]
    assert lines[0]["status"] == "200"
    assert check_links.RESOURCES_FILE.read_bytes() == before


CLIENT = httpx.Client


def _client() -> httpx.Client:
    return CLIENT(transport=httpx.MockTransport(answering), follow_redirects=True)


def test_an_id_that_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit):
        check_links.main(["--only", "nowhere"])
    assert "nowhere is not in data/resources.csv" in capsys.readouterr().err
