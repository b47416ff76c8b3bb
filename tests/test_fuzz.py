"""The pure parsers answer or refuse in their own words, whatever they are given: some seconds of what `make
fuzz` does a million times.

So do the pages, given broken files, any answers and any address at once.
"""

import hashlib
import random
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ripresa import i18n
from ripresa.database.build import ensure_database
from ripresa.diagnosis.contribution import Profile
from ripresa.diagnosis.italian_areas import get_region_codes
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.exports import verify as judge
from ripresa.i18n import t
from ripresa.views.diagnosis_session import SCREENS
from ripresa.views.pages import verify_page
from tests import fuzz
from tests.helpers.app import get_heading, get_html, open_diagnosis, open_page
from tests.helpers.diagnosis_cases import ANY
from tests.helpers.exporting import IMAGES, TABLES, build_file, build_sealed_image
from tests.test_frame import url_parameters

SOME = hypothesis_settings(
    deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
LANGS = st.sampled_from(i18n.LANGS)
PLACES = url_parameters.map(
    lambda address: {name: values for name, values in address.items() if name not in ("", "lang")}
)
SEEDS = st.integers(0, 2**32)
NAMES = st.sampled_from(
    [
        "figures.csv",
        "{0}{name}",
        "%s",
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "figures.csv-metadata.json",
    ]
)
PROFILES = st.builds(
    Profile,
    region=st.sampled_from(["", *get_region_codes()]),
    goals=st.lists(
        st.sampled_from([goal.id for goal in get_questionnaire().goals]), max_size=2, unique=True
    ).map(tuple),
    **{
        name: st.sampled_from(["", *get_questionnaire().get_option_codes(name)])
        for name in ("sector", "size", "customers")
    },
)


def test_no_broken_text_stops_a_parser(record_property):
    tried = fuzz.run(12_000, seed=7)
    record_property("cases", sum(tried.values()))
    assert sum(tried.values()) >= 11_900
    assert min(tried.values()) >= 20


def test_a_parser_that_fails_is_told_with_its_case(monkeypatch):
    monkeypatch.setattr(fuzz, "parsers", lambda: {"whole": fuzz.Parser(["12", "34"], int)})
    with pytest.raises(AssertionError, match=r"whole, case \d+ of seed 1: ValueError"):
        fuzz.run(100)


def test_a_case_is_the_same_each_time_and_most_are_broken():
    made = [fuzz.broken("period=2020-05", random.Random(f"1 x {number}")) for number in range(500)]
    assert made == [fuzz.broken("period=2020-05", random.Random(f"1 x {number}")) for number in range(500)]
    assert made.count("period=2020-05") < 50


@cache
def whole() -> list[bytes]:
    """A file of each kind that is verified."""
    return [*map(build_file, TABLES), *map(build_sealed_image, IMAGES)]


FILES = st.builds(
    lambda kind, seed, name: (name, fuzz.wounded(whole()[kind], random.Random(seed))),
    st.integers(0, len((*TABLES, *IMAGES)) - 1),
    SEEDS,
    NAMES,
)


@pytest.fixture(scope="module", autouse=True)
def unchanged():
    """Whatever the tests of this file do, the database stays as it was."""

    def stamp():
        return hashlib.sha256(ensure_database().read_bytes()).digest()

    before = stamp()
    yield
    assert stamp() == before


@hypothesis_settings(SOME, max_examples=600)
@given(st.lists(FILES, min_size=1, max_size=2))
def test_any_broken_file_has_a_verdict_in_words(given):
    for verdict in verify_page.verify_files(given):
        said = {lang: verify_page._render_verdict(verdict, lang) for lang in i18n.LANGS}
        assert verdict.state in judge.STATES
        assert said["it"] != said["en"]
        assert "<script>" not in "".join(said.values())


@hypothesis_settings(SOME, max_examples=8)
@given(PLACES, LANGS, st.lists(FILES, min_size=1, max_size=3))
def test_broken_files_at_any_address_are_judged_on_the_page(address, lang, given):
    visit = open_page("verify", lang=lang, **address)
    visit.file_uploader[0].upload(*given[0])
    for file in given[1:]:
        visit.file_uploader[0].upload(*file)
    visit.run()
    assert not visit.exception
    assert get_heading(visit) == t("verify_question", lang)
    assert get_html(visit).count('class="claim verdict_') == len(verify_page.verify_files(given))


@hypothesis_settings(SOME, max_examples=12)
@given(st.sampled_from(SCREENS), ANY, PROFILES, PLACES, LANGS, SEEDS)
def test_any_answers_at_any_address_lead_on(screen, answers, profile, address, lang, seed):
    visit, chance = (
        open_diagnosis(
            screen,
            lang,
            {item: given for item, given in answers.items() if given is not None},
            profile,
            **address,
        ),
        random.Random(seed),
    )
    for _ in range(3):
        chance.choice([button for button in visit.button if not button.disabled]).click().run()
        assert not visit.exception
        assert get_heading(visit) not in {t("fault_title", lang) for lang in i18n.LANGS}
