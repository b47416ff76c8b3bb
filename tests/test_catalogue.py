"""The catalogue: both languages everywhere, every page opens on figures, and a fault is a sentence with a
place.
"""

import re
import shutil
from pathlib import Path

import pytest

from ripresa import catalogue, settings
from ripresa.catalogue import LANGS, LEVELS
from ripresa.database import query

INDICATORS, TOPICS, SOURCES = catalogue.load_indicators(), catalogue.load_topics(), catalogue.load_sources()
FIGURED = [
    (topic, level, id)
    for topic, subject in TOPICS.items()
    for level in LEVELS
    for id in dict.fromkeys([*subject.indicators_by_level.get(level, ()), *subject.extra_indicators])
    if level in INDICATORS[id].default
]
OPENED = [
    (topic, level, id)
    for topic, subject in TOPICS.items()
    for level in LEVELS
    for id in subject.indicators_by_level.get(level, ())
]
NEGATIONS = r"\b(mai|nessuna|né|non|never|no|neither|nor|not)\b"


def texts(thing) -> dict[str, dict]:
    """The bilingual texts of an indicator, a topic or a source."""
    return {
        name: words
        for name, words in vars(thing).items()
        if isinstance(words, dict) and set(words) & set(LANGS)
    }


# --- both languages ---


@pytest.mark.parametrize("id", INDICATORS)
def test_an_indicator_is_described_in_both_languages(id):
    said = texts(INDICATORS[id])
    assert {"label", "short", "description", "universe", "note"} <= set(said)
    for name in ("label", "short", "description", "universe"):
        assert all(said[name][lang].strip() for lang in LANGS), name
    for name in ("label", "description", "universe"):
        assert said[name]["it"] != said[name]["en"], name
    assert bool(said["note"]["it"].strip()) == bool(said["note"]["en"].strip())


@pytest.mark.parametrize("id", TOPICS)
def test_a_topic_asks_its_question_in_both_languages(id):
    for name in ("title", "question", "intro"):
        words = texts(TOPICS[id])[name]
        assert words["it"].strip(), name
        assert words["en"].strip(), name
        assert words["it"] != words["en"], name
    assert all(words.endswith("?") for words in TOPICS[id].question.values())


@pytest.mark.parametrize("id", SOURCES)
def test_a_source_says_its_terms_and_its_note_in_both_languages(id):
    source = SOURCES[id]
    assert all(
        source.name[lang].strip() and source.note[lang].strip() and source.licence[lang].strip()
        for lang in LANGS
    )
    assert source.publisher
    assert source.url.startswith("https://")


def test_a_population_is_that_of_the_sources_shown():
    deaths, esales = INDICATORS["death_rate"], INDICATORS["ent_with_esales"]
    own, eurostat = deaths.universe["en"], deaths.universes["eurostat_business_demography"]["en"]
    assert (
        catalogue.get_universe(deaths, ["istat_business_demography"] * 2, "en")
        == own
        == catalogue.get_universe(deaths, [], "en")
    )
    assert (
        catalogue.get_universe(deaths, ["eurostat_business_demography", "istat_business_demography"], "en")
        == f"{eurostat}; {own}"
    )
    assert "not always stated" in catalogue.get_universe(esales, ["chambers_press"], "en")
    assert "10 or more" in catalogue.get_universe(esales, ["eurostat_ecommerce"], "en")


@pytest.mark.parametrize("lang", LANGS)
def test_no_two_indicators_have_one_label(lang):
    labels = [indicator.label[lang] for indicator in INDICATORS.values()]
    assert len(labels) == len(set(labels))


# --- what a page opens on ---


def test_the_four_topics_open_at_every_level():
    for topic in ("closures", "profits", "digital_sales", "women"):
        assert all(TOPICS[topic].indicators_by_level[level] for level in LEVELS), topic


@pytest.mark.parametrize(("topic", "level", "id"), OPENED)
def test_what_a_topic_opens_has_a_default_view_there(topic, level, id):
    assert level in INDICATORS[id].default


@pytest.mark.parametrize(("topic", "level", "id"), FIGURED)
def test_a_default_view_has_figures_exactly_as_declared(topic, level, id):
    """Nothing is replaced: sector, gender, size, period and the first edition of the paragraph all have
    figures at that level.
    """
    indicator = INDICATORS[id]
    view = indicator.get_default_view(level)
    cut = {
        "indicator": id,
        "sector": view["sector"],
        "gender": view["gender"],
        "size": view["size"],
        "lang": "it",
    }
    if view["chart"] == "series":
        found = query.run_query(
            "trend",
            geos=tuple(view["geo"]) or tuple(query.run_query("areas", level=level, lang="it")["code"]),
            **cut,
        )
    else:
        found = query.run_query(
            "map", period=view["period"], editions=tuple(view["editions"]), level=level, **cut
        )
    assert view["editions"][0] in set(found["edition"])
    assert view["period"] == "latest" or view["period"] in set(found["period"])


@pytest.mark.parametrize(
    ("topic", "level", "id"),
    [row for row in OPENED if INDICATORS[row[2]].get_default_view(row[1])["chart"] == "map"],
)
def test_a_choropleth_opens_on_all_italian_areas_a_dozen_countries_of_europe_or_130_of_the_world(
    topic, level, id
):
    view = INDICATORS[id].get_default_view(level)
    found = query.run_query(
        "map",
        indicator=id,
        sector=view["sector"],
        gender=view["gender"],
        size=view["size"],
        period=view["period"],
        editions=tuple(view["editions"]),
        level=level,
        lang="it",
    )
    assert len(found) >= {"italy": 21, "europe": 12, "world": 130}[level]


# --- what a paragraph points to ---


@pytest.mark.parametrize("id", INDICATORS)
def test_what_a_paragraph_points_to_is_there(id):
    indicator = INDICATORS[id]
    names = query.run_query("labels", lang="it")
    known = {kind: set(names[names.kind == kind]["code"]) for kind in ("sector", "gender", "size", "edition")}
    assert set(indicator.related) <= set(INDICATORS)
    assert set(indicator.share_counts.values()) <= set(INDICATORS)
    assert indicator.topic in TOPICS
    assert indicator.source in SOURCES
    for view in indicator.default.values():
        assert set(view) <= {"sector", "gender", "size", "period", "editions", "geo", "chart"}, view
        assert set(view["editions"]) <= known["edition"]
        assert set(view.get("geo", ())) <= set(query.run_query("areas", level="any", lang="it")["code"])
        assert all(view.get(kind, "all") in known[kind] for kind in ("sector", "gender", "size"))
        assert view.get("chart", "map") in catalogue.CHART_TYPES


def test_every_indicator_is_reached_from_its_own_topic():
    for id, indicator in INDICATORS.items():
        subject = TOPICS[indicator.topic]
        assert id in subject.extra_indicators or any(
            id in level for level in subject.indicators_by_level.values()
        ), id


def test_deaths_have_births_beside_them():
    assert "birth_rate" in INDICATORS["death_rate"].related


# --- words that would be wrong ---


@pytest.mark.parametrize("id", [id for id, indicator in INDICATORS.items() if indicator.topic == "profits"])
def test_a_figure_on_sales_or_value_added_speaks_of_profit_only_to_deny_it(id):
    for name, words in texts(INDICATORS[id]).items():
        for lang in LANGS:
            for sentence in re.split(r"[.;]\s", words[lang].lower()):
                assert not re.search("profit|util[ei] ", sentence) or (
                    re.search(NEGATIONS, sentence) and name not in ("label", "short")
                ), (name, sentence)


def test_lower_sales_are_called_sales():
    indicator = INDICATORS["lower_sales_yoy"]
    assert indicator.label == {
        "it": "Imprese con vendite più basse di un anno prima",
        "en": "Firms with lower sales than a year before",
    }
    assert "mai i profitti" in indicator.description["it"]
    assert "never profits" in indicator.description["en"]


def test_the_page_of_sales_says_that_no_source_asks_about_profits():
    subject = TOPICS["profits"]
    assert "Nessuna fonte chiede dei profitti" in subject.intro["it"]
    assert "No source asks about profits" in subject.intro["en"]
    assert (
        "profit"
        not in (
            subject.title["it"] + subject.title["en"] + subject.question["it"] + subject.question["en"]
        ).lower()
    )


@pytest.mark.parametrize(
    "id", [id for id, indicator in INDICATORS.items() if indicator.source == "future_of_business"]
)
def test_a_self_selected_survey_says_whom_it_asked(id):
    assert "pagina Facebook" in INDICATORS[id].universe["it"]
    assert "Facebook page" in INDICATORS[id].universe["en"]
    assert "graduatoria" in INDICATORS[id].note["it"]
    assert "ranking" in INDICATORS[id].note["en"]


# --- faults ---


@pytest.fixture
def root(tmp_path) -> Path:
    """A copy of the three declarations, to break."""
    for name in ("catalogue/indicators.toml", "catalogue/topics.toml", "catalogue/sources.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(settings.DATA / name, tmp_path / name)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    """Replaces the first place where the words stand."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def said(root: Path) -> list[str]:
    """The sentences with which the catalogue is refused."""
    with pytest.raises(catalogue.CatalogueError) as fault:
        catalogue.load_indicators(root)
    sentences = str(fault.value).splitlines()
    assert all(sentence.startswith("data/") and sentence.endswith(".") for sentence in sentences), sentences
    return sentences


FAULTS = {  # file, words replaced, words in their place, what the sentence names
    "a missing translation": (
        "catalogue/indicators.toml",
        "label.en ",
        "# label.en ",
        "data/catalogue/indicators.toml, [death_rate]: label.en is missing; write it in both languages.",
    ),
    "an empty translation": (
        "catalogue/topics.toml",
        'title.it         = "Chiusure"',
        'title.it         = " "',
        "data/catalogue/topics.toml, [closures]: title.it is missing; write it in both languages.",
    ),
    "an unknown unit": (
        "catalogue/indicators.toml",
        'unit              = "percent"',
        'unit              = "percents"',
        "data/catalogue/indicators.toml, [death_rate]: unit 'percents' is not known; use one of: "
        "percent, points,",
    ),
    "an unknown direction": (
        "catalogue/indicators.toml",
        'desired_direction = "lower"',
        'desired_direction = "less"',
        "[death_rate]: desired_direction 'less' is not known; use one of: higher, lower, neither.",
    ),
    "an unknown chart": (
        "catalogue/indicators.toml",
        'chart             = "map"',
        'chart             = "pie"',
        "[death_rate]: chart 'pie' is not known; use one of: map, dots, series.",
    ),
    "an unknown source": (
        "catalogue/indicators.toml",
        'source            = "istat_business_demography"',
        'source            = "hearsay"',
        "[death_rate]: source 'hearsay' is not known; use one of: ",
    ),
    "an unknown topic": (
        "catalogue/indicators.toml",
        'topic             = "closures"',
        'topic             = "gossip"',
        "[death_rate]: topic 'gossip' is not known; use one of: closures, profits,",
    ),
    "decimals in words": (
        "catalogue/indicators.toml",
        "decimals          = 1",
        'decimals          = "one"',
        "[death_rate]: decimals 'one' is not a whole number from 0 to 4.",
    ),
    "an unknown field": (
        "catalogue/indicators.toml",
        "decimals          = 1",
        'decimals          = 1\ncolour = "red"',
        "[death_rate]: colour is not a field of an indicator; use some of: ",
    ),
    "a population of an unknown source": (
        "catalogue/indicators.toml",
        "universes.eurostat_business_demography.it",
        'universes.eurostat = { it = "a", en = "b" }\nuniverses.eurostat_business_demography.it',
        "[death_rate]: universes 'eurostat' is not known; use one of: ",
    ),
    "a population in one language": (
        "catalogue/indicators.toml",
        "universes.eurostat_business_demography.en",
        "universes.eurostat_business_demography.fr",
        "[death_rate]: universes.eurostat_business_demography.en is missing; write it in both languages.",
    ),
    "an unknown level": (
        "catalogue/indicators.toml",
        "default.italy",
        "default.italia",
        "[death_rate]: default.italia is not a level; use one of: italy, europe, world.",
    ),
    "an indicator that a topic invents": (
        "catalogue/topics.toml",
        '"birth_rate"',
        '"birth_rat"',
        "data/catalogue/topics.toml, [closures]: indicator 'birth_rat' is not in "
        "data/catalogue/indicators.toml.",
    ),
    "an unknown kind of source": (
        "catalogue/sources.toml",
        "kind ",
        'kind = "rumour"\n# kind ',
        "kind 'rumour' is not known; use one of: survey, self_selected,",
    ),
    "a source without terms": (
        "catalogue/sources.toml",
        "licence.it",
        "# licence.it",
        "licence.it is missing; write it in both languages.",
    ),
    "a misspelt choice of a view": (
        "catalogue/indicators.toml",
        "default.italy = { period",
        "default.italy = { perod",
        "[death_rate], default.italy: perod is not a choice of a view; use some of: sector,",
    ),
    "a neighbour that is not there": (
        "catalogue/indicators.toml",
        'related           = ["birth_rate"]',
        'related           = ["birth_rat"]',
        "[death_rate]: 'birth_rat' is not an indicator of this file.",
    ),
    "a rule with an unknown column": (
        "catalogue/indicators.toml",
        'exclusion_reason = "vintage", source',
        'exclusion_reason = "vintage", sourc',
        "[death_rate]: sourc is not a column a rule can name; use some of: exclusion_reason,",
    ),
    "a rule with an unknown reason": (
        "catalogue/indicators.toml",
        'exclusion_reason = "vintage"',
        'exclusion_reason = "gossip"',
        "[death_rate]: exclusion_reason 'gossip' is not known; use one of: disputed, vintage, subgroup.",
    ),
    "an unknown field of a topic": (
        "catalogue/topics.toml",
        'default_level    = "italy"',
        'default_level = "italy"\ncolour = "red"',
        "data/catalogue/topics.toml, [closures]: colour is not a field of a topic; use some of: ",
    ),
    "a topic without a level": (
        "catalogue/topics.toml",
        "indicators_by_level.world = [",
        "# indicators_by_level.world = [",
        "data/catalogue/topics.toml, [closures]: indicators_by_level.world is missing; "
        "write [] where the level has nothing.",
    ),
    "an unknown field of a source": (
        "catalogue/sources.toml",
        "licence.it",
        'colour = "red"\nlicence.it',
        "colour is not a field of a source; use some of: ",
    ),
    "a field that the file's order gives": (
        "catalogue/sources.toml",
        "licence.it",
        "position = 99\nlicence.it",
        "position is given by the place in the file; remove it.",
    ),
    "a range in quotes": (
        "catalogue/indicators.toml",
        "[death_rate]\n",
        '[death_rate]\nrange = ["1", 2]\n',
        "[death_rate]: range '1' is not valid: input should be a valid number.",
    ),
    "words outside any paragraph": (
        "catalogue/indicators.toml",
        "[death_rate]",
        "loose = 3\n[death_rate]",
        "data/catalogue/indicators.toml: loose stands outside any [paragraph].",
    ),
    "words that are not TOML": (
        "catalogue/indicators.toml",
        "[death_rate]",
        "[death_rate",
        "data/catalogue/indicators.toml: not valid TOML (",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence_with_its_place_and_the_words_allowed(fault, root):
    name, old, new, expected = FAULTS[fault]
    edit(root / name, old, new)
    sentences = said(root)
    assert len(sentences) == 1, sentences
    assert expected in sentences[0], sentences


def test_all_faults_are_said_at_once(root):
    edit(root / "catalogue/indicators.toml", "label.en ", "# label.en ")
    edit(
        root / "catalogue/indicators.toml", 'unit              = "percent"', 'unit              = "percents"'
    )
    edit(root / "catalogue/topics.toml", '"birth_rate"', '"birth_rat"')
    assert len(said(root)) == 3


@pytest.mark.parametrize(
    "name", ["catalogue/indicators.toml", "catalogue/topics.toml", "catalogue/sources.toml"]
)
def test_a_missing_declaration_is_one_sentence(name, root):
    (root / name).unlink()
    assert said(root) == [f"data/{name} is missing: restore it from the repository."]


def test_an_unknown_indicator_is_a_key_error_with_its_name():
    with pytest.raises(KeyError, match="no_such_thing"):
        catalogue.get_indicator("no_such_thing")


@pytest.mark.parametrize("id", INDICATORS)
def test_turnover_is_what_firms_sell_and_nothing_else(id):
    """English turnover is Italian fatturato, in every name; births and deaths of firms use another word."""
    for words in (INDICATORS[id].label, INDICATORS[id].short):
        assert ("turnover" in words["en"].casefold()) == ("fatturato" in words["it"].casefold()), words
        assert "turnover" not in words["it"].casefold(), words
