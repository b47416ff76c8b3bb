"""What a reader takes away from a figure: offered in both languages, made only when asked for, equal to the
rows on the page.
"""

import csv
import io
import json
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from ripresa import i18n, settings
from ripresa.charts.theme import get_palette
from ripresa.database import query as queries
from ripresa.database import releases
from ripresa.embed import embed_page
from ripresa.exports import export_table as figures
from ripresa.exports import formats, verify
from ripresa.exports import seal as fingerprint
from ripresa.i18n import t
from ripresa.observations.rows import get_row_roles
from ripresa.views.components import export_menu
from ripresa.views.components.html import render_html
from ripresa.views.pages import area_comparison, compare_page, topic_figures, topic_page
from ripresa.views.pages.topic_figures import build_map_figures
from tests.helpers import app
from tests.helpers.app import get_elements, get_html, open_page
from tests.helpers.exporting import load_rows, load_view

MAPS = [("closures", "italy"), ("digital_sales", "europe"), ("women", "world")]


@pytest.fixture
def counted(monkeypatch) -> list[str]:
    """What is prepared meanwhile."""
    made = []
    for module, name in (
        (figures, "build_export"),
        (formats, "build_file"),
        (export_menu.snippets, "build_sql"),
        (export_menu.embed_page, "build_iframe_code"),
        (export_menu.image_renderer, "render_image"),
    ):
        monkeypatch.setattr(module, name, _noted(getattr(module, name), name, made))
    return made


def _noted(ask, name: str, made: list[str]):
    def asked(*given, **more):
        made.append(name)
        return ask(*given, **more)

    return asked


def kit(topic: str, lang: str, part: str = "", name: str = "map", **address):
    """A page with what can be taken of a figure open at a part."""
    visit = open_page(topic, lang=lang, **address)
    app.press_actions(visit, name, "export")
    if part:
        visit.radio(key=f"{name}_section_{lang}").set_value(part).run()
    assert not visit.exception
    return visit


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize(("topic", "level"), MAPS)
def test_every_figure_offers_all_that_can_be_taken(topic, level, lang):
    visit = open_page(topic, lang=lang, level=level)
    offered = app.get_figure_actions(visit)
    assert all(row["labels"]["export"] == t("save_kit", lang) for row in offered.values()), (
        "the map and its ranking share one"
    )
    assert len(offered) >= len(app.get_figures(visit)) - 1 > 0, "the map and its ranking share one"
    visit = kit(topic, lang, level=level)
    assert visit.radio(key=f"map_section_{lang}").options == [
        t(f"save_{part}", lang) for part in export_menu.SECTIONS
    ]


def test_nothing_is_prepared_before_it_is_asked_for(counted):
    visit = open_page("closures", lang="it")
    assert counted == []
    app.press_actions(visit, "map", "export")
    assert counted == ["build_export"], "the image's words, and no file"
    counted.clear()
    visit.radio(key="map_section_it").set_value("files").run()
    assert counted == [], "a file is made at its click"
    visit.radio(key="map_section_it").set_value("code").run()
    assert set(counted) == {"build_sql"}


def test_closed_it_costs_a_figure_less_than_two_kilobytes():
    visit = open_page("closures", lang="it")
    assert "cameras" not in get_html(visit)
    assert "copied" not in get_html(visit)
    sizes = [node.proto.ByteSize() for node in get_elements(visit) if t("save_kit", "it") in str(node.proto)]
    assert len(sizes) > 1
    assert max(sizes) < 2000


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize(("topic", "level"), MAPS)
def test_a_file_has_the_rows_of_the_figure(topic, level, lang):
    shown = load_rows(topic, level, lang)
    made = export_menu.build_file(
        shown, load_view(topic, level, lang), (), "csv", "https://pmi.example.org"
    ).decode()
    back = list(csv.DictReader(io.StringIO(made)))
    assert [row["geo"] for row in back] == list(shown["geo"])
    assert [float(row["value"]) if row["value"] else None for row in back] == [
        None if value != value else value for value in shown["value"]
    ]
    assert verify.verify_file(made.encode(), "x.csv").state == "current"


@pytest.mark.parametrize(
    ("topic", "choice", "reference", "many"),
    [
        ("women", {"level": "italy"}, "ITA", 21),
        ("closures", {"level": "italy"}, "ITA", 21),
        (
            "digital_sales",
            {"level": "europe", "indicator": "dii_at_least_basic", "period": "2025"},
            "EU27_2020",
            32,
        ),
    ],
)
def test_a_map_leaves_with_what_its_title_compares_it_with_marked_and_never_ranked(
    topic, choice, reference, many
):
    shown = load_view(topic, lang="en", **choice)
    first, order = build_map_figures(shown, "light", "")
    content = export_menu.build_file(first.rows, shown, (first.figure,), "csv", "https://pmi.example.org")
    areas, others = [], []
    for row in csv.DictReader(io.StringIO(content.decode())):
        {"area": areas, "reference": others}[row["role"]].append(row)
    assert [row["geo"] for row in others] == [reference]
    assert len(areas) == many
    title = first.figure.layout.meta["title"]
    assert (
        i18n.format_value(float(others[0]["value"]), shown.indicator.unit, shown.indicator.decimals, "en")
        in title
    )
    ranked = [
        code for trace in order.figure.data if trace.customdata is not None for code, *_ in trace.customdata
    ]
    assert len(ranked) == many
    assert reference not in ranked
    one = export_menu.build_export_table(first.rows, shown, (first.figure,), "https://pmi.example.org")
    drawn_ = fingerprint.build_image_seal(one.seal, one.table)
    assert (
        len(fingerprint.unpack_rows(drawn_["observations"]))
        == verify.verify_file(content).row_count
        == many + 1 - (topic == "women")
    ), "an image and a file count the same figures"
    assert verify.verify_file(content).state == "current"


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_the_table_of_a_map_says_which_row_the_areas_are_compared_with(lang):
    visit = open_page("women", lang=lang)
    app.press_actions(visit, "map", "table")
    page, name = get_html(visit), {"it": "Italia", "en": "Italy"}[lang]
    assert page.count(f'<th scope="row">{t("reference", lang, name=name)}</th>') == 1
    assert f'<th scope="row">{name}</th>' not in page
    body = embed_page.build_response(
        load_view("women", "italy").indicator.id, {"lang": lang, "figure": "map"}
    ).body.decode()
    assert body.count(f'<th scope="row">{t("reference", lang, name=name)}</th>') == 1
    assert body.count('<th scope="row">') == 22


def test_italy_is_a_reference_among_regions_and_an_area_where_it_is_chosen_or_alone():
    among = {"geo": "ITA", "level": "country"}, {"geo": "ITC4", "level": "area"}
    assert get_row_roles(list(among), load_view("closures", "italy")) == ["reference", "area"]
    assert get_row_roles(list(among), load_view("closures", "italy", geo=("ITA", "ITC4"))) == ["area", "area"]
    assert get_row_roles(list(among[:1]), load_view("closures", "italy")) == ["area"]
    group = {"geo": "EU27_2020", "level": "group"}
    assert get_row_roles([group, among[0]], load_view("closures", "europe")) == ["reference", "area"]


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_every_format_is_one_click_away(lang):
    visit = kit("closures", lang, "files")
    assert {t(f"save_file_{form}", lang) for form in formats.FORMATS} <= {
        button.proto.label for button in visit.get("download_button")
    }


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_the_citation_names_the_publisher_first_and_can_be_copied(lang):
    page = get_html(kit("closures", lang, "cite"))
    assert page.count('class="copy-button"') == 3
    assert "@misc{" in page
    assert "TY  - DATA" in page
    assert "<code>ISTAT" in page
    assert queries.get_data_version() in page
    assert t("save_copy", lang) in page


def test_the_cited_link_says_every_choice_and_the_version():
    page = get_html(kit("closures", "en", "link", period="2023"))
    plain, cited = [line.partition("</code>")[0].replace("&amp;", "&") for line in page.split("<code>")[1:3]]
    assert parse_qs(urlsplit(plain).query) == {"lang": ["en"], "period": ["2023"]}
    assert parse_qs(urlsplit(cited).query)["version"] == [queries.get_data_version()]
    assert {"level", "indicator", "sector", "gender", "size", "period"} <= set(
        parse_qs(urlsplit(cited).query)
    )


@pytest.mark.parametrize("part", ["link", "cite"])
@pytest.mark.parametrize("lang", i18n.LANGS)
def test_a_version_that_is_not_kept_says_so_where_it_is_cited(lang, part, monkeypatch):
    said = t("save_unkept", lang, version=queries.get_data_version())
    for kept in ([{"version": queries.get_data_version()}], []):
        monkeypatch.setattr(export_menu.releases, "load_releases", lambda kept=kept: kept)
        assert (said in get_html(kit("closures", lang, part))) == (not kept)


def test_the_links_of_a_comparison_lead_back_to_it_and_the_cited_one_says_what_changed():
    chosen = {"geo": ["ITC4", "ITI4"], "indicator": "birth_rate"}
    page = get_html(kit("compare", "en", "link", "compared", **chosen))
    plain, cited = [urlsplit(unescape(line.partition("</code>")[0])) for line in page.split("<code>")[1:3]]
    assert plain.path == cited.path == "/compare"
    assert parse_qs(plain.query) == {"lang": ["en"]} | {
        name: [one] if isinstance(one, str) else one for name, one in chosen.items()
    }
    again = get_html(open_page("compare", **parse_qs(cited.query)))
    assert 'class="notice citation-changes"' in again
    assert "none of its" in again
    assert re.findall("<h2>([^<]*)</h2>", again)[0] in page, "the same finding"


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_the_image_buttons_name_the_figure_they_save(lang):
    visit = kit("closures", lang)
    assert 'data-figure="map"' in get_html(visit)
    visit.radio(key=f"map_figure_{lang}").set_value(1).run()
    assert 'data-figure="map_beside"' in get_html(visit)


def recipe(visit) -> dict:
    """What the camera's buttons carry."""
    return json.loads(unescape(re.search('data-recipe="([^"]*)"', get_html(visit))[1]))


@pytest.mark.parametrize("screen", ["light", "dark"])
@pytest.mark.parametrize(
    ("page", "name", "address"),
    [("closures", "map", {}), ("women", "leaders", {}), ("compare", "compared", {"geo": ["ITC4", "ITI4"]})],
)
def test_an_image_is_light_whatever_the_screen_and_dark_when_asked(page, name, address, screen, monkeypatch):
    monkeypatch.setattr(export_menu.shell, "get_theme", lambda: screen)
    monkeypatch.setattr(topic_page, "get_theme", lambda: screen)
    visit = kit(page, "en", name=name, **address)
    for wanted in ("light", "dark"):
        visit.radio(key=f"{name}_theme_en").set_value(wanted).run()
        assert not visit.exception
        made, colours = recipe(visit), get_palette(wanted)
        assert {size["layout"]["paper_bgcolor"] for size in made["sizes"].values()} == {colours.background}
        assert ("data" in made) == (wanted != screen), "the chart on the page has the colours already"
        if "data" in made:
            told, others = json.dumps(made["data"]), get_palette(screen)
            assert colours.text in told or colours.qualitative[0] in told or colours.border in told
            assert not any(f'"{one}"' in told for one in (others.text, others.border, *others.qualitative)), (
                "no colour of the screen's theme is left"
            )


@pytest.mark.parametrize("part", ["embed", "code"])
def test_the_code_to_paste_is_that_of_the_figure(part):
    page = unescape(get_html(kit("closures", "it", part)))
    expected = {
        "embed": ("/embed/v1/death_rate?", "figure=map"),
        "code": ("'death_rate'", "import duckdb", "sql?lang=it"),
    }[part]
    assert all(one in page for one in expected)


def test_every_figure_that_can_be_embedded_is_one_that_embeds_know():
    assert set(export_menu.EMBED_KINDS.values()) == set(embed_page.FIGURE_TYPES) - {"bars"}, (
        "the bars are beside the map"
    )


def test_the_code_of_an_embed_is_text_in_its_copy_box():
    """As HTML it would be cleaned away, and the box would copy nothing."""
    code = embed_page.build_iframe_code(load_view("closures", lang="en"), "https://pmi.example.org")
    box = render_html("components/copy_box.html", "en", label="Code", text=code, hint="", css_class="")
    assert "<iframe" in code
    assert "<code>&lt;iframe" in box


def embedded(drawing_or_name, view_=None) -> str:
    """The title of the embed whose code is offered for a figure."""
    name, shown = (drawing_or_name.name, drawing_or_name.view) if view_ is None else (drawing_or_name, view_)
    address = urlsplit(
        unescape(
            re.search(
                'src="([^"]+)"',
                embed_page.build_iframe_code(
                    shown, "https://pmi.example.org", figure=export_menu.EMBED_KINDS[name]
                ),
            )[1]
        )
    )
    return unescape(
        re.search(
            "<h1>([^<]*)</h1>",
            embed_page.build_response(address.path.rpartition("/")[2], parse_qs(address.query)).body.decode(),
        )[1]
    )


@pytest.mark.parametrize(
    ("page", "choice"),
    [
        ("women", {"level": "world"}),
        ("women", {"level": "italy"}),
        ("closures", {"level": "europe", "geo": ("DEU",)}),
        ("profits", {"level": "italy", "indicator": "gva_change_vs_2019"}),
    ],
)
def test_the_embed_of_each_figure_of_a_page_has_its_title(page, choice):
    shown = load_view(page, lang="en", **choice)
    there = [
        *topic_figures.build_time_figures(shown, "light"),
        topic_figures.build_sector_figure(shown, "light"),
        *topic_figures.build_gender_figures(shown, "light"),
        topic_figures.build_heatmap_figure(shown, "light"),
    ]
    told = {one.name: (embedded(one), one.figure.layout.meta["title"]) for one in there if one}
    assert told, told
    assert all(own == title for own, title in told.values()), told


@pytest.mark.parametrize(
    ("geo", "indicator"),
    [
        (["ITC4", "ITI4"], "death_rate"),
        (["ITC4", "ITI4"], "innovative_startups_female_majority_share"),
        (["DEU", "FRA", "ITA"], "ent_with_esales"),
        (["KEN", "ZAF"], "lower_sales_yoy"),
    ],
)
def test_the_embed_of_a_comparison_is_of_the_areas_compared(geo, indicator, monkeypatch):
    taken = []
    monkeypatch.setattr(
        compare_page,
        "render_figure_panel",
        lambda name, drawn_, rows, shown, again: taken.append((name, drawn_, shown)),
    )
    lines = area_comparison.compare_areas(tuple(geo), "en")
    line = next(line for line in lines if line.indicator.id == indicator)
    monkeypatch.setattr(compare_page.st, "html", lambda text: None)
    compare_page.render_figure(line, tuple(geo), area_comparison.get_comparable_area_names("en"), "en")
    ((name, figure, shown),) = taken
    assert embedded(name, shown) == figure.layout.meta["title"]


def test_a_live_view_says_nothing_of_versions():
    assert 'class="notice citation-changes"' not in get_html(open_page("closures", lang="it"))


def test_a_cited_link_on_the_same_data_says_that_nothing_changed():
    page = get_html(open_page("closures", lang="it", version=queries.get_data_version()))
    assert 'class="notice citation-changes"' in page
    assert "non è cambiata nessuna" in page


def test_a_cited_link_of_a_version_not_kept_says_so():
    page = get_html(open_page("closures", lang="en", version="000000000000"))
    assert "000000000000, which is not kept here" in page
    assert "&lt;script" in get_html(open_page("closures", lang="en", version="<script>alert(1)</script>"))


def test_a_cited_link_on_newer_data_says_what_each_figure_was(monkeypatch):
    out = settings.get_database_path()
    then = releases._read_database(out, out.stat().st_mtime_ns).copy()
    own = (
        (then["indicator"] == "death_rate")
        & (then["period"] == "2024")
        & (then["edition"] == "istat-bd")
        & (then["sector"] == "all")
        & (then["size"] == "all")
    )
    then.loc[own & (then["geo"] == "ITC4"), "value"] = 11.1
    kept = releases.load_observations
    monkeypatch.setattr(
        releases,
        "load_observations",
        lambda version, root=None: then if version == "0000000000aa" else kept(version, root),
    )
    visit = open_page("closures", lang="it", version="0000000000aa", period="2024")
    page = get_html(visit)
    assert "1 delle 22 cifre" in page
    assert "Lombardia: era 11,1%, ora" in page
    app.press_actions(visit, "map", "table")
    page = get_html(visit)
    assert t("column_since", "it") in page
    assert page.count("era 11,1%") == 2
    assert "come allora" in page
    assert (
        visit.query_params["version"] == ["0000000000aa"] or visit.query_params["version"] == "0000000000aa"
    )


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("closures", {"level": "europe"}),
        ("profits", {"level": "world"}),
        ("women", {"level": "italy"}),
        ("compare", {"geo": ["ITC4", "ITI4"]}),
    ],
)
def test_every_part_opens_under_every_figure(page, address):
    visit = open_page(page, lang="en", **address)
    names = list(app.get_figure_actions(visit))
    for name in names:
        app.press_actions(visit, name, "export")
    for part in export_menu.SECTIONS:
        for name in names:
            choice = visit.radio(key=f"{name}_section_en")
            assert part == "embed" or t(f"save_{part}", "en") in choice.options
            if t(f"save_{part}", "en") in choice.options:
                choice.set_value(part)
        visit.run()
        assert not visit.exception
        assert t("fault_title", "en") not in get_html(visit)
