"""What the figures draw and say: facts worked out by hand on small rows, then every indicator of the
catalogue through every figure it can take.
"""

import json
import re
from functools import cache
from itertools import combinations, pairwise
from types import SimpleNamespace

import pandas as pd
import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs

from ripresa import catalogue
from ripresa.charts import bar, dot, dumbbell, heatmap, sector_bar, small_multiples, theme, tile_grid
from ripresa.charts import choropleth as regions
from ripresa.charts import label_placement as labels
from ripresa.charts import line as trend
from ripresa.charts import scales as scale
from ripresa.database.query import run_query
from ripresa.embed import map_figure, row_figures
from ripresa.filters import Filters, resolve_view
from ripresa.narrative import figure_text as words
from ripresa.narrative import notes, phrases
from ripresa.narrative.significance import classify_difference
from ripresa.observations import boundaries as areas
from ripresa.observations.rows import to_records, with_reference_rows

NAMES = {
    "ITC1": "Piemonte",
    "ITC2": "Valle d'Aosta",
    "ITC4": "Lombardia",
    "ITF2": "Molise",
    "ITF6": "Calabria",
    "ITH1": "Provincia autonoma di Bolzano",
    "ITH2": "Provincia autonoma di Trento",
    "ITA": "Italia",
    "DEU": "Germania",
    "FRA": "Francia",
    "ESP": "Spagna",
    "WORLD": "Mondo",
}
SECTORS = {
    "all": "Tutti i settori",
    "C": "Manifattura",
    "F": "Costruzioni",
    "G": "Commercio",
    "I": "Alloggio e ristorazione",
}
GENDERS = {
    "all": "Tutte le imprese",
    "female": "A guida femminile",
    "male": "A guida maschile",
    "female-male": "Differenza",
}
LEVELS = {"ITA": "country", "DEU": "country", "FRA": "country", "ESP": "country", "WORLD": "group"}


def row(geo="ITC4", value=7.0, period="2020", **more) -> dict:
    """A row as the queries give it, of a register without intervals."""
    month = period[5:7] if period[5:7].isdigit() else "01"
    known = {
        "geo": geo,
        "geo_name": NAMES[geo],
        "level": LEVELS.get(geo, "area"),
        "parent": "",
        "sector": "all",
        "gender": "all",
        "size": "all",
        "size_name": "Tutte",
        "period": period,
        "period_start": pd.Timestamp(f"{period[:4]}-{month}-01"),
        "edition": "istat-bd",
        "edition_name": "ISTAT 2019-2024",
        "value": value,
        "ci_low": None,
        "ci_high": None,
        "n": None,
        "sample_size_note": "",
        "status": "ok",
        "flags": "",
        "no_ci_reason": "register",
        "population": "",
        "source": "istat_business_demography",
        "source_name": "Demografia d'impresa",
        "published_geo": "",
    } | more
    return known | {
        "sector_name": SECTORS.get(known["sector"], known["sector"]),
        "gender_name": GENDERS[known["gender"]],
    }


def frame(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).astype({"value": float, "ci_low": float, "ci_high": float, "n": "Int64"})


def indicator(**more):
    known = {
        "id": "rate",
        "unit": "percent",
        "decimals": 1,
        "desired_direction": "lower",
        "source": "istat_business_demography",
        "chart": "map",
        "breaks": (),
        "label": {"it": "Imprese cessate", "en": "Enterprise deaths"},
        "short": {"it": "Tasso di mortalità", "en": "Death rate"},
        "universe": {"it": "Imprese attive", "en": "Active enterprises"},
        "note": {"it": "", "en": ""},
        "note_sources": (),
        "universes": {},
    }
    return SimpleNamespace(**known | more)


def view(lang="it", level="italy", geo=(), period="2020", chart="map", **more):
    return SimpleNamespace(
        lang=lang,
        level=level,
        geo=tuple(geo),
        period=period,
        chart=chart,
        sector="all",
        indicator=indicator(chart=chart, **more),
    )


def traces(figure: go.Figure, kind: str) -> list[dict]:
    return [trace for trace in figure.to_plotly_json()["data"] if trace["type"] == kind]


def layout(figure: go.Figure) -> dict:
    return figure.to_plotly_json()["layout"]


def texts(value) -> list[str]:
    """Every text of a figure that a reader may see."""
    if isinstance(value, dict):
        return [
            text
            for key, inner in value.items()
            if key not in ("color", "geojson", "colorscale")
            for text in texts(inner)
        ]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) and not value.startswith(("rgba", "#")) else []


def seen(figure: go.Figure) -> str:
    return "\n".join(texts(figure.to_plotly_json()))


# --- theme ---


def test_the_palettes_are_those_measured_for_contrast_and_colour_blind_readers():
    assert theme.get_palette("light").qualitative == (
        "#3448BA",
        "#D97D39",
        "#2C9A88",
        "#52102C",
        "#5E5B00",
        "#9588E9",
    )
    assert theme.get_palette("dark").sequential == (
        "#16324F",
        "#1D4E7A",
        "#2A6CA6",
        "#478CC6",
        "#77AEDD",
        "#ABCFED",
        "#E3F0FB",
    )
    assert theme.get_palette("light").diverging == (
        "#7A2E04",
        "#B85A1B",
        "#E39B5E",
        "#F3EDE6",
        "#8FB8DE",
        "#3F7FBF",
        "#103F7A",
    )
    assert (theme.get_palette("light").no_data, theme.get_palette("dark").no_data) == ("#C8C2B8", "#5A544C")


def test_ink_reads_on_every_colour_a_number_is_written_on():
    for colours in theme.PALETTES.values():
        for colour in (*colours.sequential, *colours.diverging, colours.no_data):
            assert scale.compute_contrast(scale.get_text_colour(colour), colour) >= 4.5
        assert scale.compute_contrast(colours.text, colours.background) >= 7
        assert scale.compute_contrast(colours.secondary_text, colours.background) >= 4.5


def test_decimal_marks_of_plotly_follow_the_language():
    assert theme.build_layout("light", "it", 100)["separators"] == ",."
    assert theme.build_layout("light", "en", 100)["separators"] == ".,"


def test_the_chart_has_no_button_that_sends_it_elsewhere():
    settings = theme.build_config("it")
    assert "sendChartToCloud" in settings["modeBarButtonsToRemove"]
    assert settings["plotlyServerURL"] == ""
    assert settings["topojsonURL"].startswith("/")


def test_the_library_speaks_italian_when_an_image_is_saved():
    library, known = get_plotlyjs(), theme.MODEBAR_LABELS["it"]
    told = {
        words for words in re.findall(r'notifier\(\w+\(\w+,"([^"]+)"', library) if "image" in words.lower()
    }
    assert len(told) == 3
    assert told <= set(known)
    assert [words for words in known if f'"{words}"' not in library] == [], "words the library no longer says"


def test_a_figure_carries_no_template():
    assert (
        theme.build_figure([], theme.build_layout("light", "it", 100)).to_plotly_json()["layout"]["template"]
        == {}
    )


# --- scale ---


def test_classes_have_round_limits_and_a_limit_belongs_to_the_class_above():
    found = scale.build_threshold_scale(
        [4.2, 4.6, 5.2, 5.8, 6.0, 6.4, 7.1, 7.9], "percent", 1, theme.get_palette("light")
    )
    assert found.thresholds == (5.0, 5.5, 6.0, 6.5, 7.0, 7.5)
    assert found.get_class_index(4.9) == 0
    assert found.get_class_index(5.0) == 1
    assert found.get_class_index(7.9) == 6


def test_two_figures_printed_alike_have_one_colour():
    found = scale.build_threshold_scale(
        [4.2, 5.9, 7.1, 7.96, 8.01, 9.3, 10.4], "percent", 1, theme.get_palette("light")
    )
    assert 8.0 in found.thresholds
    assert found.get_class_index(7.96) == found.get_class_index(8.01) == found.get_class_index(7.94) + 1
    around = scale.build_threshold_scale(
        [-4.2, -0.96, -0.4, 0.96, 1.01, 3.3], "points", 1, theme.get_palette("light")
    )
    assert 1.0 in around.thresholds
    assert around.get_colour(0.96) == around.get_colour(1.01) != around.get_colour(0.94)


@pytest.mark.parametrize(
    "values",
    [[1, 2, 3, 4, 5, 6, 7], [0.1 * i for i in range(50)], [10, 11, 12, 13, 90], list(range(0, 1000, 7))],
)
def test_maps_have_five_to_seven_classes(values):
    assert (
        5 <= len(scale.build_threshold_scale(values, "percent", 1, theme.get_palette("light")).colours) <= 7
    )


def test_one_extreme_does_not_leave_the_others_in_one_class():
    values = [10.0 + i / 10 for i in range(20)] + [95.0]
    found = scale.build_threshold_scale(values, "percent", 1, theme.get_palette("light"))
    counts = [
        sum(found.get_class_index(value) == place for value in values) for place in range(len(found.colours))
    ]
    assert max(counts) <= len(values) / 2


def test_differences_are_centred_on_zero():
    found = scale.build_threshold_scale(
        [-4.2, -1.9, -0.8, -0.1, 0.4, 1.2, 1.5], "points", 1, theme.get_palette("light")
    )
    assert found.get_colour(0.0) == "#F3EDE6"
    assert {-limit for limit in found.thresholds if limit < 0} >= {
        limit for limit in found.thresholds if limit > 0
    }


def test_differences_on_one_side_take_one_side_of_the_palette():
    found = scale.build_threshold_scale(
        [-10.9, -8.7, -7.5, -6.8, -5.9, -5.2], "percent_change", 1, theme.get_palette("light")
    )
    assert found.get_colour(-10.9) == "#7A2E04"
    assert all(colour not in found.colours for colour in ("#8FB8DE", "#3F7FBF", "#103F7A"))


def test_classes_of_all_periods_do_not_change_with_the_period():
    rows, across = frame(row("ITC4", 5.0), row("ITF6", 6.0)), [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
    ticks = [
        traces(regions.build_choropleth(part, view(), class_values=across), "choropleth")[1]["colorbar"][
            "ticktext"
        ]
        for part in (rows, rows.iloc[:1])
    ]
    assert ticks[0] == ticks[1] == ["4%", "6%", "8%", "10%", "12%"]


def test_axis_ticks_cover_the_values_with_round_numbers():
    assert scale.compute_ticks(0, 41) == [0, 10, 20, 30, 40, 50]
    assert scale.compute_ticks(-3.2, 4.1, 5) == [-5, -2.5, 0, 2.5, 5]


# --- maps ---


def test_a_scattergeo_precedes_every_choropleth():
    kinds = [
        trace["type"] for trace in regions.build_choropleth(frame(row()), view()).to_plotly_json()["data"]
    ]
    assert kinds.index("scattergeo") < kinds.index("choropleth")


def test_boundaries_are_an_address_of_this_site_unless_asked_for():
    by_address = regions.build_choropleth(frame(row()), view())
    assert {trace["geojson"] for trace in traces(by_address, "choropleth")} == {
        "/app/static/geo/italy_nuts2.geojson"
    }
    inline = regions.build_choropleth(frame(row()), view(), geojson_mode="inline")
    assert traces(inline, "choropleth")[0]["geojson"]["type"] == "FeatureCollection"


def test_areas_without_data_are_drawn_named_and_counted():
    figure = regions.build_choropleth(frame(row("ITC4", 7.0), row("ITF6", 8.0), row("ITC1", None)), view())
    absent, shown = traces(figure, "choropleth")
    assert len(absent["locations"]) == 19
    assert absent["colorscale"][0][1] == "#C8C2B8"
    assert absent["text"][0].endswith("nessun dato")
    assert shown["locations"] == ["ITC4", "ITF6"]
    assert "nessun dato" in [trace.get("name") for trace in traces(figure, "scattergeo")]
    assert "19 aree senza dati." in layout(figure)["meta"]["alt"]


def test_the_reference_row_is_not_an_area_of_the_map():
    figure = regions.build_choropleth(frame(row("ITC4", 7.0), row("ITF6", 8.0), row("ITA", 7.1)), view())
    assert all("ITA" not in trace["locations"] for trace in traces(figure, "choropleth"))


def test_chosen_areas_get_a_bold_outline_that_stays_silent():
    *_, outline = traces(
        regions.build_choropleth(frame(row("ITC4"), row("ITF6", 8.0)), view(geo=["ITF6"])), "choropleth"
    )
    assert outline["locations"] == ["ITF6"]
    assert outline["marker"]["line"]["width"] >= 2
    assert outline["hoverinfo"] == "skip"


def test_small_bases_and_old_surveys_are_hatched_with_a_legend_entry():
    figure = regions.build_choropleth(
        frame(row("ITC2", 13.3, n=15), row("ITC4", 11.6, n=3400), row("ITF6", 9.0, flags="o")), view()
    )
    names = [trace.get("name") for trace in traces(figure, "scattergeo")]
    assert "base sotto 30" in names
    assert "indagine prima del 2019" in names
    assert sum(trace.get("mode") == "lines" for trace in traces(figure, "scattergeo")) == 2


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_hatch_is_seen_on_every_colour_of_the_map(mode):
    codes = areas.get_data_area_codes("italy")
    figure = regions.build_choropleth(
        frame(*(row(value=float(i), n=15) | {"geo": code, "geo_name": code} for i, code in enumerate(codes))),
        view(),
        mode,
    )
    strokes = [trace for trace in traces(figure, "scattergeo") if trace.get("mode") == "lines"]
    shaded = traces(figure, "choropleth")[-1]
    fill = {
        code: shaded["colorscale"][2 * place][1]
        for code, place in zip(shaded["locations"], shaded["z"], strict=True)
    }
    own = {code: areas.build_hatch_lines("italy", code, 45)[0] for code in codes}
    assert sum(len(trace["lon"]) for trace in strokes) == sum(map(len, own.values()))
    assert len(strokes) == 2
    for code, lon in own.items():
        ink = next(
            trace["line"]["color"]
            for trace in strokes
            if any(trace["lon"][i : i + len(lon)] == lon for i in range(len(trace["lon"]) - len(lon) + 1))
        )
        assert scale.compute_contrast(ink, fill[code]) >= 4.5


def test_no_country_of_the_map_of_europe_that_counts_is_cut_at_its_top():
    north = max(
        point[1]
        for feature in areas.load_boundaries("europe")["features"]
        if feature["properties"].get("europe", 1) and feature["properties"]["id"] not in ("RUS", "SJM")
        for ring in areas.load_rings("europe")[feature["properties"]["id"]]
        for point in ring
    )
    assert 71 < north < regions.GEO_LAYOUTS["europe"]["lataxis"]["range"][1]


def test_a_hatch_stays_inside_its_area():
    lon, lat = areas.build_hatch_lines("italy", "ITC2", 45)
    assert all(6.8 <= x <= 8.0 for x in lon if x is not None)
    assert all(45.4 <= y <= 46.0 for y in lat if y is not None)
    assert lon[2::3] == [None] * (len(lon) // 3)


def test_classes_on_the_map_are_flat_colours_with_their_limits():
    rows = frame(
        *(
            row(geo, value)
            for geo, value in zip(("ITC1", "ITC2", "ITC4", "ITF2", "ITF6"), (1, 3, 5, 7, 9), strict=True)
        )
    )
    shown = traces(regions.build_choropleth(rows, view(decimals=0)), "choropleth")[-1]
    assert shown["colorbar"]["ticktext"] == ["2%", "4%", "6%", "8%"]
    assert shown["z"] == [0, 1, 2, 3, 4]
    assert len(shown["colorscale"]) == 10


def test_tiles_hold_name_and_value_of_all_21_areas():
    figure = tile_grid.build_tile_grid_map(
        frame(row("ITC4", 5.8), row("ITF6", 7.9), row("ITC2", 5.0, n=12)), view(geo=["ITC4"])
    )
    written = [note["text"] for note in layout(figure)["annotations"]]
    assert "<b>LOM</b><br>5,8" in written
    assert "<b>VDA</b><br>5,0*" in written
    assert sum(text.endswith("<br>–") for text in written) == 18
    assert "– nessun dato   * base sotto 30" in written
    assert traces(figure, "scatter")[0]["customdata"][-1] == ["ITC4"]


# --- bars ---


def test_bars_are_in_order_and_a_missing_value_has_none():
    figure = bar.build_bar_chart(
        frame(row("ITC1", None), row("ITC4", 5.8), row("ITF6", 7.9), row("ITA", 6.4)), view()
    )
    assert layout(figure)["yaxis"]["ticktext"] == ["Calabria", "Lombardia", "Piemonte"]
    assert layout(figure)["yaxis2"]["ticktext"] == ["7,9%", "5,8%", "–"]
    assert [trace["x"] for trace in traces(figure, "bar")] == [[7.9, 5.8]]
    assert "1 area senza dati." in layout(figure)["meta"]["alt"]


def test_the_reference_is_a_line_not_a_bar():
    figure = bar.build_bar_chart(frame(row("ITC4", 5.8), row("ITF6", 7.9), row("ITA", 6.4)), view())
    assert layout(figure)["shapes"][0]["x0"] == 6.4
    assert layout(figure)["annotations"][0]["text"] == "Italia 6,4%"


def test_a_fall_and_a_gain_share_the_zero_of_the_axis():
    figure = bar.build_bar_chart(frame(row("ITC4", -2.0), row("ITF6", 3.0)), view(unit="points"))
    low, high = layout(figure)["xaxis"]["range"]
    assert low < -2
    assert high > 3
    assert layout(figure)["yaxis2"]["ticktext"] == ["+3,0", "−2,0"]


def test_where_intervals_are_known_bars_give_way_to_dots_with_whiskers():
    figure = bar.build_bar_chart(
        frame(row("ITC4", 11.6, ci_low=10.5, ci_high=12.7), row("ITF6", 18.0)), view()
    )
    assert not traces(figure, "bar")
    assert traces(figure, "scatter")[0]["error_x"]["array"] == [0, pytest.approx(1.1)]


def test_a_long_list_keeps_both_ends_and_the_chosen_and_says_so():
    codes = [code for code in areas.get_data_area_codes("world") if code != "ITA"][:99]
    rows = pd.DataFrame(
        [
            row("ITA", 50.5) | {"geo": code, "geo_name": code, "value": float(i)}
            for i, code in enumerate(codes)
        ]
        + [row("ITA", 50.5)]
    )
    figure = bar.build_bar_chart(rows, view(level="world"))
    names = layout(figure)["yaxis"]["ticktext"]
    assert len(names) == 12 + 1 + 1 + 1 + 12
    assert names.count("⋯") == 2
    assert "<b>Italia</b>" in names
    assert any(note.startswith("Nella figura 25 aree su 100") for note in layout(figure)["meta"]["notes"])
    assert (
        len(layout(bar.build_bar_chart(rows, view(level="world"), max_bars=200))["yaxis"]["ticktext"]) == 100
    )


def test_small_bases_are_marked_in_the_bars():
    figure = bar.build_bar_chart(frame(row("ITC4", 11.6, n=300), row("ITC2", 13.3, n=15)), view())
    assert layout(figure)["yaxis"]["ticktext"] == ["Valle d'Aosta *", "Lombardia"]
    assert [trace["marker"].get("pattern", {}).get("shape") for trace in traces(figure, "bar")] == ["/", None]


def test_amounts_are_not_compared_with_their_sum():
    rows = frame(row("ITC4", 395), row("ITF6", 50), row("ITA", 1666))
    figure = bar.build_bar_chart(rows, view(unit="count", decimals=0, geo=["ITC4"]))
    assert "shapes" not in layout(figure) or not layout(figure)["shapes"]
    assert layout(figure)["meta"]["title"] == "Tasso di mortalità: Lombardia 395"


def test_a_rank_starts_from_the_first_place():
    figure = bar.build_bar_chart(
        frame(row("ITA", 20), row("DEU", 13), row("FRA", 14)), view(level="europe", unit="rank", decimals=0)
    )
    assert layout(figure)["yaxis"]["ticktext"] == ["Germania", "Francia", "<b>Italia</b>"]


# --- lines ---


def lines_of(figure: go.Figure) -> list[dict]:
    return [trace for trace in traces(figure, "scatter") if trace["mode"] == "lines+markers"]


def test_a_break_cuts_the_line_and_is_marked_between_the_points():
    rows = frame(
        *(
            row("ITC4", value, period)
            for value, period in zip((7.1, 6.4, 9.0, 9.2), ("2019", "2020", "2021", "2022"), strict=True)
        )
    )
    figure = trend.build_line_chart(rows, view(breaks=("2021",)))
    assert lines_of(figure)[0]["y"] == [7.1, 6.4, None, 9.0, 9.2]
    assert layout(figure)["shapes"][0]["x0"] == 2020.5
    assert "serie interrotta" in seen(figure)
    assert (
        "Serie interrotta da 2021: i valori prima e dopo non si confrontano."
        in layout(figure)["meta"]["notes"]
    )


def test_two_editions_are_two_lines_with_two_dashes():
    rows = frame(
        row("ITC4", 60.0, "2021"),
        row("ITC4", 61.0, "2022"),
        row("ITC4", 70.0, "2022", edition="b"),
        row("ITC4", 71.0, "2023", edition="b"),
    )
    found = lines_of(trend.build_line_chart(rows, view()))
    assert [line["x"] for line in found] == [[2021, 2022], [2022, 2023]]
    assert [line["line"]["dash"] for line in found] == ["solid", "dash"]


def test_two_editions_at_one_time_are_told_apart_at_their_ends():
    rows = frame(
        *(
            row("WORLD", value, period, edition=edition)
            for edition, period, value in (
                ("a", "2020", 26.0),
                ("a", "2021", 16.0),
                ("a", "2022", 15.0),
                ("b", "2020", 29.0),
                ("b", "2025", 19.0),
            )
        ),
        row("ITA", 16.0, "2020", edition="a"),
    )
    labels = {
        note["text"]: note
        for note in layout(trend.build_line_chart(rows, view(level="world", decimals=0)))["annotations"]
    }
    assert set(labels) == {"━ Mondo <b>15%</b>", "╍ Mondo<br><b>19%</b>", "Italia <b>16%</b>"}
    beside_a_point, free = labels["Italia <b>16%</b>"], labels["━ Mondo <b>15%</b>"]
    assert beside_a_point["yshift"] < 0
    assert "bgcolor" not in beside_a_point
    assert "yshift" not in free
    later = frame(
        row("ITC4", 8.0, "2019"),
        row("ITC4", 7.0, "2020"),
        row("ITC4", 6.0, "2021", edition="b"),
        row("ITC4", 5.0, "2022", edition="b"),
    )
    assert [note["text"] for note in layout(trend.build_line_chart(later, view()))["annotations"]] == [
        "Lombardia<br><b>5,0%</b>"
    ]


def test_a_missing_year_leaves_the_line_open():
    rows = frame(
        row("ITC4", 7.0, "2019"),
        row("ITC4", 6.5, "2020"),
        row("ITC4", None, "2021"),
        row("ITC4", 6.0, "2022"),
    )
    assert lines_of(trend.build_line_chart(rows, view()))[0]["y"] == [7.0, 6.5, None, 6.0]
    assert lines_of(trend.build_line_chart(rows.dropna(subset="value"), view()))[0]["y"] == [
        7.0,
        6.5,
        None,
        6.0,
    ]


def test_a_survey_every_second_year_is_one_line():
    rows = frame(row("ITC4", 7.0, "2019"), row("ITC4", 6.5, "2021"), row("ITC4", 6.0, "2023"))
    assert lines_of(trend.build_line_chart(rows, view()))[0]["y"] == [7.0, 6.5, 6.0]


def test_a_wave_that_others_have_leaves_the_line_open():
    rows = frame(
        *(row("WORLD", 60 - i, period) for i, period in enumerate(("2020-05", "2020-06", "2020-07"))),
        row("ITA", 76, "2020-05"),
        row("ITA", 66, "2020-07"),
    )
    italy = next(
        line
        for line in lines_of(trend.build_line_chart(rows, view(level="world")))
        if line["name"] == "Italia"
    )
    assert italy["y"] == [76, None, 66]


def test_an_old_vintage_is_never_joined():
    rows = frame(row("ITA", 8.0, "2019", flags="v"), row("ITA", 8.1, "2020", flags="v"))
    figure = trend.build_line_chart(rows, view(level="europe"))
    assert lines_of(figure)[0]["y"] == [8.0, None, 8.1]
    assert layout(figure)["meta"]["title"] == "Tasso di mortalità: Italia 8,1% (2020)"


def test_provisional_points_are_hollow_and_the_legend_says_so():
    figure = trend.build_line_chart(
        frame(row("ITC4", 7.0, "2023"), row("ITC4", 6.0, "2024", status="provisional")), view()
    )
    assert lines_of(figure)[0]["marker"]["color"] == ["#3448BA", "#FFFFFF"]
    assert "provvisorio" in [trace.get("name") for trace in traces(figure, "scatter")]


def test_an_interval_is_a_band_behind_its_line():
    rows = frame(
        row("ITC4", 7.0, "2019", ci_low=6.0, ci_high=8.0), row("ITC4", 6.0, "2020", ci_low=5.0, ci_high=7.0)
    )
    band = traces(trend.build_line_chart(rows, view()), "scatter")[0]
    assert (band["x"], band["y"], band["fill"]) == ([2019, 2020, 2020, 2019], [8.0, 7.0, 5.0, 6.0], "toself")


def test_more_than_six_areas_are_grey_but_for_the_chosen_and_italy():
    codes = [*areas.get_data_area_codes("italy")[:8], "ITC4", "ITA"]
    rows = pd.DataFrame(
        [
            row("ITC4", 5.0 + i, period) | {"geo": code, "geo_name": code}
            for i, code in enumerate(dict.fromkeys(codes))
            for period in ("2019", "2020")
        ]
    )
    colours = {
        line["customdata"][0][0]: line["line"]["color"]
        for line in lines_of(trend.build_line_chart(rows, view(geo=["ITC4"])))
    }
    assert colours["ITC4"] == "#3448BA"
    assert colours["ITA"] == "#D97D39"
    assert {colour for code, colour in colours.items() if code not in ("ITC4", "ITA")} == {
        theme.get_palette("light").muted
    }


def test_an_area_keeps_its_colour_and_symbol_in_figures_beside_one_another():
    def looks_of(*codes, asked=()):
        rows = frame(*(row(code, 5.0, period) for code in codes for period in ("2019", "2020")))
        return {
            line["customdata"][0][0]: (line["line"]["color"], line["marker"]["symbol"])
            for line in lines_of(trend.build_line_chart(rows, view(), styled_areas=asked))
        }

    asked = ("ITA", "ITC1", "ITC4", "ITF6")
    everything = looks_of(*asked, asked=asked)
    assert len(set(everything.values())) == 4
    assert looks_of("ITC4", "ITF6", asked=asked) == {code: everything[code] for code in ("ITC4", "ITF6")}
    europe = looks_of("DEU", "ITA", "FRA", asked=("EU27_2020", "ITA", "DEU", "FRA"))
    assert europe["ITA"] == everything["ITA"] == looks_of("WORLD", "ITA", asked=("WORLD", "ITA"))["ITA"]
    assert looks_of("DEU", asked=("EU27_2020", "ITA", "DEU", "FRA")) == {"DEU": europe["DEU"]}


def test_an_area_past_the_sixth_has_a_colour_of_its_own_where_few_are_drawn():
    asked = ("ITC1", "ITC2", "ITC4", "ITF2", "ITF6", "ITH1", "ITH2", "DEU")
    rows = frame(*(row(code, 5.0, period) for code in ("DEU", "ITC1", "ITH2") for period in ("2019", "2020")))
    colours = [
        line["line"]["color"] for line in lines_of(trend.build_line_chart(rows, view(), styled_areas=asked))
    ]
    assert len(set(colours)) == 3
    assert set(colours) <= set(theme.get_palette("light").qualitative)


def test_names_at_the_ends_of_lines_do_not_cover_one_another():
    centres = labels.spread_labels([(100, 15), (104, 15), (106, 15), (300, 15)], 330)
    assert all(after - before >= 30 for before, after in pairwise(centres))


@pytest.mark.parametrize("ups", [(100, 100), (100, 104, 96), (50, 61, 70, 72)])
def test_names_within_a_plot_cover_neither_one_another_nor_a_line_and_keep_the_order_of_their_points(ups):
    points = [(0.5, up, f"area {up}") for up in ups]
    line = [[(0.0, 80), (1.0, 80)]]
    places = labels.place_labels(points, line, [], 340)
    for width in labels.PLOT_WIDTHS:
        boxes = [
            labels._compute_box(point, width, place["xanchor"], place["xshift"], place.get("yshift", 0))
            for point, place in zip(points, places, strict=True)
        ]
        for (one, upper), (other, lower) in combinations(
            sorted(zip(points, boxes, strict=True), key=lambda pair: -pair[0][1]), 2
        ):
            assert upper[2] >= lower[3] or upper[1] <= lower[0] or upper[0] >= lower[1], (one, other)
        assert not [
            at
            for box in boxes
            for at in labels._sample_line_pixels(line, width)
            if box[0] <= at[0] <= box[1] and box[2] <= at[1] <= box[3]
        ]


def test_a_name_at_the_edge_of_a_plot_does_not_cover_what_stands_beside_it():
    alone, met = (
        labels.place_labels([(0.99, 100, "an area")], [], ends, 340)[0]
        for ends in ([(300, 8, "far from it")], [(100, 8, "beside it")])
    )
    assert alone == {"xanchor": "left", "xshift": 9} != met


def test_a_name_at_the_end_of_a_line_stands_at_its_value_however_high_the_plot_becomes():
    rows = frame(
        row("ITC4", 7.0, "2019"),
        row("ITC4", 6.0, "2020"),
        row("ITF2", 3.0, "2019"),
        row("ITF2", 6.02, "2020"),
    )
    ends = list(layout(trend.build_line_chart(rows, view()))["annotations"])
    assert {(note["y"], note.get("yref", "y")) for note in ends} == {(6.0, "y"), (6.02, "y")}
    first, second = sorted(ends, key=lambda note: note["y"])
    assert second["yshift"] - first["yshift"] >= 28, "two lines each"


def test_a_legend_of_long_names_has_a_row_for_each():
    short, long = ([{"name": name * times} for name in "abcd"] for times in (3, 40))
    assert theme.estimate_legend_height(long) - theme.estimate_legend_height(short) == 19 * 3
    assert theme.estimate_legend_height([]) == 0


def test_figures_beside_one_another_share_a_scale():
    rows = frame(row("ITC4", 7.0, "2019"), row("ITC4", 6.0, "2020"))
    assert layout(trend.build_line_chart(rows, view(), value_range=(0, 12)))["yaxis"]["range"][1] >= 12
    assert trend.get_value_extent(rows, view()) == (6.0, 7.0)


def test_a_mean_of_several_months_stands_alone_in_their_middle():
    rows = frame(
        row("WORLD", 62, "2020-05"), row("WORLD", 55, "2020-05/2020-10"), row("WORLD", 57, "2020-06")
    )
    assert lines_of(trend.build_line_chart(rows, view(level="world")))[0]["y"] == [62, 57, None, 55]


# --- the other figures ---


def test_a_dumbbell_has_two_dots_a_row_and_their_distance():
    rows = frame(
        *(
            row(geo, value, gender=gender, level="country")
            for geo, pair in (("ITA", (20, 16)), ("FRA", (12, 15)))
            for gender, value in zip(("female", "male"), pair, strict=True)
        )
    )
    figure = dumbbell.build_dumbbell_chart(rows, view(level="world", decimals=0))
    joins, men, women = traces(figure, "scatter")[:3]
    assert (women["x"], men["x"]) == ([20, 12], [16, 15])
    assert joins["x"] == [20, 16, None, 12, 15, None]
    assert layout(figure)["yaxis2"]["ticktext"] == ["+4 punti", "−3 punti"]


def test_a_dumbbell_does_not_tell_apart_what_intervals_cannot():
    rows = frame(
        row("FRA", 20, gender="female", ci_low=14, ci_high=26),
        row("FRA", 16, gender="male", ci_low=12, ci_high=21),
    )
    figure = dumbbell.build_dumbbell_chart(rows, view(level="world", decimals=0))
    assert layout(figure)["yaxis2"]["ticktext"] == ["≈"]
    assert layout(figure)["meta"]["title"].endswith("valori non distinguibili")


def test_small_multiples_share_one_scale_and_a_grey_reference():
    rows = frame(
        *(
            row(geo, value + i, period)
            for geo, value in (("ITC4", 6), ("ITF6", 9), ("ITA", 7))
            for i, period in enumerate(("2019", "2020"))
        )
    )
    figure = small_multiples.build_small_multiples(rows, view())
    assert len(traces(figure, "scatter")) == 4
    assert layout(figure)["yaxis"]["range"] == layout(figure)["yaxis2"]["range"]
    assert [trace["line"]["color"] for trace in traces(figure, "scatter")][::2] == [
        theme.get_palette("light").muted
    ] * 2


def test_quoted_countries_stand_in_alphabetical_order_whatever_their_values():
    rows = frame(
        row("ESP", 65, "2020-05"),
        row("ITA", 76, "2020-05"),
        row("WORLD", 62, "2020-05"),
        row("FRA", 58, "2020-05"),
        row("DEU", 66, "2020-05"),
    )
    figure = dot.build_dot_plot(rows, view(level="world", chart="dots", decimals=0))
    assert layout(figure)["yaxis"]["ticktext"] == [
        "Francia",
        "Germania",
        "<b>Italia</b>",
        "Spagna",
        "<i>Mondo</i>",
    ]


def test_dots_of_two_editions_are_not_joined():
    rows = frame(
        row("DEU", 66, "2020-05", edition="a"),
        row("DEU", 59, "2020-10", edition="a"),
        row("DEU", 40, "2021-07", edition="b"),
    )
    figure = dot.build_dot_plot(rows, view(level="world", chart="dots", decimals=0))
    assert traces(figure, "scatter")[0]["x"] == [66, 59, None]
    assert layout(figure)["yaxis2"]["ticktext"] == ["<b>40%</b> lug 2021"]


def test_a_quoted_survey_is_never_ranked_in_words():
    rows = frame(row("ESP", 65, "2020-05"), row("ITA", 76, "2020-05"), row("DEU", 66, "2020-05"))
    for lang, title in (
        ("it", "Tasso di mortalità: Italia 76% (maggio 2020), uno dei 3 Paesi con un dato pubblicato"),
        ("en", "Death rate: Italia 76% (May 2020), one of 3 countries with a published figure"),
    ):
        said = layout(dot.build_dot_plot(rows, view(lang, level="world", chart="dots", decimals=0)))["meta"]
        assert said["title"] == title
        assert not re.search(
            r"più alt|più bass|highest|lowest|\bda \d|\bfrom \d|rank|prim[oa] ",
            f"{said['title']} {said['alt']}",
            re.IGNORECASE,
        )


def test_a_title_names_every_area_chosen_and_the_whole_that_was():
    rows = frame(row("ESP", 65, "2020-05"), row("DEU", 66, "2020-05"), row("WORLD", 70, "2020-05"))
    asked = {
        ("ESP", "DEU"): "Tasso di mortalità: Spagna 65% (maggio 2020); Germania 66% (maggio 2020)",
        ("WORLD",): "Tasso di mortalità: Mondo 70% (maggio 2020)",
    }
    assert {
        geo: words.build_headline(rows, view(level="world", geo=geo, chart="dots", decimals=0))
        for geo in asked
    } == asked
    alone = words.build_headline(
        rows[rows["geo"] != "DEU"], view(level="world", geo=("ESP",), chart="dots", decimals=0)
    )
    assert (
        alone
        == "Tasso di mortalità: Spagna 65% (maggio 2020), l'unico Paese con questa cifra nel periodo scelto"
    )


def test_two_areas_of_one_published_figure_count_once():
    rows = frame(
        row("ITH1", 25.9, published_geo="ITH1+ITH2"),
        row("ITH2", 25.9, published_geo="ITH1+ITH2"),
        row("ITC4", 5.0),
    )
    assert (
        words.build_headline(rows, view(chart="dots"))
        == "Tasso di mortalità: i 2 territori con un dato pubblicato"
    )


def test_a_caveat_on_the_source_of_what_areas_are_read_against_does_not_stand_under_theirs():
    shown = view(
        chart="dots", note={"it": "Da sapere.", "en": "To know."}, note_sources=("eurostat_ecommerce",)
    )
    italy, region = row("ITA", 19.1, source="eurostat_ecommerce"), row("ITC4", 5.0, source="chambers_press")
    assert "Da sapere." not in words.build_notes(frame(region, italy), shown, "dots")
    assert "Da sapere." in words.build_notes(frame(italy), shown, "dots")


def test_two_editions_that_end_together_are_named_at_their_ends_and_in_the_title():
    rows = frame(
        *(
            row("ITA", value, period, edition=edition, edition_name=edition)
            for edition, period, value in (
                ("iscritte", "2019", 22.7),
                ("iscritte", "2024", 22.7),
                ("attive", "2024", 22.2),
            )
        )
    )
    labels = [note["text"] for note in layout(trend.build_line_chart(rows, view()))["annotations"]]
    assert sorted(text.replace("<br>", " ") for text in labels) == [
        "━ Italia, iscritte <b>22,7%</b>",
        "╍ Italia, attive <b>22,2%</b>",
    ]
    assert (
        words.build_headline(rows, view())
        == "Tasso di mortalità: Italia (iscritte) 22,7%, la stessa cifra all'inizio e alla fine (2019 e 2024)"
    )


def test_a_range_says_when_its_ends_cannot_be_told_apart_and_its_dates_where_they_differ():
    rows = [
        row("ITA", 13.1, "2022", sector="C", ci_low=7.5, ci_high=22.0),
        row("ITA", 22.0, "2022", sector="G", ci_low=18.0, ci_high=26.6),
        row("ITA", 13.6, "2024"),
    ]
    assert (
        words.build_headline(frame(*rows[:2]), view())
        == "Tasso di mortalità: da 13,1% (Manifattura) a 22,0% (Commercio), estremi non distinguibili, "
        "fra i 2 settori pubblicati"
    )
    assert words.build_headline(frame(*rows), view()) == (
        "Tasso di mortalità: da 13,1% (Manifattura, 2022) a 22,0% (Commercio, 2022), estremi non "
        "distinguibili, "
        "fra i 2 settori pubblicati; totale 13,6% (2024)"
    )


def test_lines_of_different_years_are_all_in_the_title_and_nobody_s_choice_is_everybody():
    rows = frame(row("ITC4", 5, "2019"), row("ITC4", 6, "2020"), row("ITF6", 9, "2020"))
    both = "Tasso di mortalità: Lombardia da 5% (2019) a 6% (2020); Calabria 9% (2020)"
    assert (
        words.build_headline(rows, view(geo=("ITC4", "ITF6"), decimals=0))
        == words.build_headline(rows, view(decimals=0))
        == both
    )
    assert (
        words.build_headline(rows, view(geo=("ITF6",), decimals=0))
        == "Tasso di mortalità: Calabria 9% (2020)"
    )


def test_sectors_have_the_total_on_top_and_no_part_beside_its_whole():
    kinds = {"all": "total", "C": "section", "F": "section", "G": "section", "C10-C12": "division"}
    rows = frame(
        *(
            row("ITA", value, sector=sector, sector_kind=kinds[sector])
            for sector, value in zip(kinds, (-8.3, -13.7, -6.1, -8.4, -9.9), strict=True)
        )
    )
    figure = sector_bar.build_sector_bar_chart(rows, view(unit="percent_change", geo=["ITA"]))
    assert layout(figure)["yaxis"]["ticktext"] == [
        "<b>Tutti i settori</b>",
        "Costruzioni",
        "Commercio",
        "Manifattura",
    ]
    assert (
        layout(figure)["meta"]["title"]
        == "Tasso di mortalità: da −13,7% (Manifattura) a −6,1% (Costruzioni), fra i 3 settori "
        "pubblicati; totale −8,3%"
    )


def test_heat_cells_hold_the_figure_and_a_dash_where_there_is_none():
    rows = frame(row("ITC4", 5.8, sector="C"), row("ITC4", 7.0, sector="F"), row("ITF6", 9.1, sector="C"))
    figure = heatmap.build_heatmap(rows, view())
    shade = traces(figure, "heatmap")[0]
    assert shade["z"][1][1] is None
    assert sorted(text for trace in traces(figure, "scatter") for text in trace["text"]) == [
        "5,8",
        "7,0",
        "9,1",
        "–",
    ]


def test_heat_cells_printed_alike_have_one_colour():
    """Nine sectors and more are printed in whole numbers: the limits stand between those, not between the
    decimals behind them.
    """
    codes = [f"S{place}" for place in range(heatmap.MAX_WIDE_COLUMNS + 1)]
    rows = frame(
        *(
            row(geo, 4 + place / 4, sector=code)
            for geo, shift in (("ITC4", 0), ("ITF6", 9))
            for place, code in enumerate(codes, shift)
        )
    )
    figure = heatmap.build_heatmap(rows, view())
    printed = {
        (x, y): text
        for trace in traces(figure, "scatter")
        for x, y, text in zip(trace["x"], trace["y"], trace["text"], strict=True)
    }
    colours = {
        text: {traces(figure, "heatmap")[0]["z"][y][x] for (x, y), other in printed.items() if other == text}
        for text in printed.values()
    }
    assert set(printed.values()) == {"4", "5", "6", "7", "8"}, colours
    assert all(len(one) == 1 for one in colours.values()), colours


# --- words ---


def test_short_periods_fit_the_end_of_a_line():
    periods = ("2020", "2020-05", "2024-12-31", "2021-Q4", "2020-H1")
    assert [phrases.format_short_period(period, "it") for period in periods] == [
        "2020",
        "mag 2020",
        "31 dic 2024",
        "T4 2021",
        "S1 2020",
    ]
    assert [phrases.format_short_period(period, "en") for period in periods] == [
        "2020",
        "May 2020",
        "31 Dec 2024",
        "Q4 2021",
        "H1 2020",
    ]


def test_the_title_gives_both_ends_and_italy():
    rows = frame(row("ITC4", 5.8), row("ITH1", 4.2), row("ITF6", 7.9), row("ITA", 6.4))
    assert (
        words.build_headline(rows, view())
        == "Tasso di mortalità: da 4,2% (Bolzano) a 7,9% (Calabria); Italia 6,4%"
    )
    assert (
        words.build_headline(rows, view("en"))
        == "Death rate: from 4.2% (Bolzano) to 7.9% (Calabria); Italia 6.4%"
    )


def test_areas_that_print_alike_share_an_end():
    rows = frame(row("ITC4", 5.81), row("ITF6", 7.91), row("ITF2", 7.89))
    assert (
        words.build_headline(rows, view())
        == "Tasso di mortalità: da 5,8% (Lombardia) a 7,9% (Calabria e Molise)"
    )


def test_without_intervals_a_difference_is_called_plain():
    rows = frame(row("ITC4", 5.8), row("ITF6", 7.9), row("ITA", 6.4))
    assert (
        words.build_headline(rows, view(geo=["ITC4"]))
        == "Tasso di mortalità: Lombardia 5,8%, 0,6 punti sotto l'Italia (6,4%; differenza semplice)"
    )
    assert (
        words.build_headline(rows, view("en", geo=["ITF6"]))
        == "Death rate: Calabria 7.9%, 1.5 points above Italy (6.4%; plain difference)"
    )


def test_with_intervals_it_is_higher_or_not_distinguishable():
    italy = row("ITA", 13.6, ci_low=13.0, ci_high=14.2)
    far, near = row("ITF2", 30.0, ci_low=20.5, ci_high=41.5), row("ITC2", 13.3, ci_low=3.7, ci_high=37.9)
    assert (
        words.build_headline(frame(far, near, italy), view(geo=["ITF2"]))
        == "Tasso di mortalità: Molise 30,0%, sopra l'Italia (13,6%)"
    )
    assert (
        words.build_headline(frame(far, near, italy), view("en", geo=["ITC2"]))
        == "Death rate: Valle d'Aosta 13.3% and Italia 13.6%, not distinguishable"
    )


def test_the_verdict_weighs_both_intervals():
    a, b = {"value": 20, "ci_low": 15, "ci_high": 26}, {"value": 12, "ci_low": 8, "ci_high": 17}
    assert classify_difference(a, b) == "higher"
    assert classify_difference(b, a) == "lower"
    assert classify_difference(a, {"value": 16, "ci_low": 12, "ci_high": 21}) == "indistinct"
    assert classify_difference(a, {"value": 14.9}) == "higher"
    assert classify_difference({"value": 26}, a) == "indistinct"
    assert classify_difference({"value": 26}, {"value": 1}) == ""


def test_small_bases_and_old_surveys_are_no_extremes():
    rows = frame(
        row("ITC2", 40.0, n=15),
        row("ITC4", 11.6, n=3400),
        row("ITF6", 18.7, n=270),
        row("ITF2", 1.0, flags="o"),
    )
    assert words.build_headline(rows, view()) == "Tasso di mortalità: da 11,6% (Lombardia) a 18,7% (Calabria)"
    assert any(
        note.startswith("Base sotto 30 (segnata nella figura): Valle d'Aosta.")
        for note in words.build_notes(rows, view())
    )


EUROSTAT = {"edition": "eurostat", "edition_name": "Eurostat 2004-2020"}


def test_a_row_of_another_edition_is_shown_and_never_ranked():
    shown = view(level="europe")
    rows = frame(
        row("DEU", 8.0, **EUROSTAT), row("ITA", 9.0), row("FRA", 6.0, **EUROSTAT), row("ESP", 7.0, **EUROSTAT)
    )
    bars, (shade,) = (
        bar.build_bar_chart(rows, shown),
        [
            trace
            for trace in traces(regions.build_choropleth(rows, shown), "choropleth")
            if len(trace["locations"]) == 4
        ],
    )
    assert layout(bars)["yaxis"]["ticktext"] == ["Germania", "Spagna", "Francia", "<b>Italia ‡</b>"]
    assert {
        trace["customdata"][0][0]: trace["marker"]["color"] == theme.TRANSPARENT
        for trace in traces(bars, "bar")
    } == {"DEU": False, "ITA": True}
    assert shade["text"][1].startswith("<b>Italia ‡</b><br>9,0%")
    assert shade["text"][1].endswith("altra edizione: ISTAT 2019-2024")
    assert "‡" not in shade["text"][0]
    assert "‡ altra edizione" in [
        trace.get("name") for trace in traces(regions.build_choropleth(rows, shown), "scattergeo")
    ]
    meta = layout(bars)["meta"]
    assert meta["title"] == "Tasso di mortalità: da 6,0% (Francia) a 8,0% (Germania)"
    assert "Più alto: 8,0% (Germania)" in meta["alt"]
    assert (
        "‡ Italia: altra edizione (ISTAT 2019-2024); accanto alle altre cifre, non in graduatoria né "
        "fra gli estremi." in meta["notes"]
    )
    dotted = bar.build_bar_chart(rows.assign(ci_low=rows["value"] - 1, ci_high=rows["value"] + 1), shown)
    assert traces(dotted, "scatter")[0]["marker"]["symbol"] == ["circle", "circle", "circle", "diamond"]


def test_an_area_of_another_edition_is_not_compared_with_the_whole():
    rows = frame(row("DEU", 8.0, **EUROSTAT), row("ITA", 9.0), row("WORLD", 7.0, **EUROSTAT))
    assert (
        words.build_headline(rows, view(level="world", geo=["ITA"]))
        == "Tasso di mortalità: Italia ‡ 9,0%; Mondo 7,0%"
    )
    assert (
        words.build_headline(rows, view(level="world", geo=["DEU"]))
        == "Tasso di mortalità: Germania 8,0%, 1,0 punto sopra Mondo (7,0%; differenza semplice)"
    )


@pytest.mark.parametrize("editions", [["a", "b"], ["a", "a", "b", "b"], ["a", "b", "c"]])
def test_no_edition_is_the_other_one_where_none_has_most_rows(editions):
    rows = frame(
        *(
            row(geo, value, edition=edition)
            for geo, value, edition in zip(
                ("DEU", "FRA", "ESP", "ITA"), (5.0, 6.0, 7.0, 8.0), editions, strict=False
            )
        )
    )
    assert "‡" not in seen(bar.build_bar_chart(rows, view(level="europe")))


def test_a_total_of_another_edition_is_marked_among_the_sectors():
    rows = frame(
        row("ITA", 7.1),
        *(
            row("ITA", value, sector=sector, **EUROSTAT)
            for sector, value in zip("CFI", (6.1, 5.0, 8.0), strict=True)
        ),
        row("ITA", 9.9, sector="G"),
    )
    figure = sector_bar.build_sector_bar_chart(rows, view(geo=["ITA"]))
    assert layout(figure)["yaxis"]["ticktext"] == [
        "<b>Tutti i settori ‡</b>",
        "Alloggio e<br>ristorazione",
        "Manifattura",
        "Costruzioni",
        "Commercio ‡",
    ]
    assert (
        layout(figure)["meta"]["title"]
        == "Tasso di mortalità: da 5,0% (Costruzioni) a 8,0% (Alloggio e ristorazione), fra i 4 settori "
        "pubblicati; totale ‡ 7,1%"
    )
    assert any(
        note.startswith("‡ Tutti i settori; Commercio: altra edizione")
        for note in layout(figure)["meta"]["notes"]
    )


def test_heat_cells_of_another_edition_are_marked_and_no_extremes():
    rows = frame(
        row("ITA", 9.9, sector="C"),
        *(
            row(geo, value, sector=sector, **EUROSTAT)
            for geo, sector, value in (("ITA", "F", 5.0), ("DEU", "C", 6.0), ("DEU", "F", 7.0))
        ),
    )
    figure = heatmap.build_heatmap(rows, view(level="europe"))
    assert sorted(text for trace in traces(figure, "scatter") for text in trace["text"]) == [
        "5,0",
        "6,0",
        "7,0",
        "9,9‡",
    ]
    assert (
        layout(figure)["meta"]["title"]
        == "Tasso di mortalità: da 5,0% (Italia, Costruzioni) a 7,0% (Germania, Costruzioni)"
    )
    assert any(
        note.startswith("‡ Italia, Manifattura: altra edizione") for note in layout(figure)["meta"]["notes"]
    )


def test_an_embed_marks_what_is_of_another_edition():
    shown = resolve_view(
        Filters(lang="it", level="europe", indicator="death_rate", sector="G", period="2020"), "closures"
    )
    found = to_records(run_query("map", **shown.query_parameters), "it")
    bars = row_figures.render_bars(found, shown).html
    assert bars.count("bar apart") == 1
    assert bars.rindex("<li") == bars.index('<li class="on"><span>Italia</span>')
    assert "‡ altra edizione" in bars
    html = map_figure.render_choropleth(found, shown, "", [row["value"] for row in found]).html
    assert '<use href="#ITA" class="apart"/>' in html
    assert "altra edizione" in html.partition('<div class="key">')[2]
    parts = row_figures.render_sector_bars(
        to_records(run_query("by_sector", **shown.query_parameters, geo="ITA"), "it"), shown
    ).html
    assert '<li class="on"><span>Tutti i settori' in parts
    assert parts.count("bar apart") == parts.count("‡</b>") > 1


def test_a_caveat_on_one_source_stands_under_its_figures_only():
    shown, known = view(), catalogue.get_indicator("death_rate")
    shown.indicator = known
    seen = [
        words.build_notes(frame(row("ITC4", 5.8, source=source)), shown)
        for source in ("istat_business_demography", "eurostat_business_demography")
    ]
    assert [known.note["it"] in notes for notes in seen] == [False, True]


@pytest.mark.parametrize(
    ("lang", "cut", "said"),
    [
        ("it", {"sector": "G"}, "Tasso di mortalità, commercio: "),
        ("en", {"gender": "female"}, "Death rate, a guida femminile: "),
        ("it", {}, "Tasso di mortalità: "),
        ("it", {"gender": "female-male"}, "Tasso di mortalità: "),
    ],
)
def test_a_title_says_the_part_of_the_firms_it_is_of(lang, cut, said):
    rows = [row("ITC4", 5.8, **cut), row("ITF2", 7.0, **cut), row("ITA", 6.4, **cut)]
    for shown in (rows, rows[:1], [*rows[:1], row("ITC4", 6.0, "2021", **cut)]):
        assert words.build_headline(frame(*shown), view(lang)).startswith(said)
    assert words.build_headline(frame(*rows), view(lang, geo=("ITC4",))).startswith(said)
    assert words.build_headline(frame(*rows), view(lang, chart="dots")).startswith(said)


def test_a_change_is_told_only_along_what_can_be_joined():
    rows = frame(
        row("ITA", 60.0, "2021"),
        row("ITA", 61.0, "2022"),
        row("ITA", 79.5, "2023"),
        row("ITA", 80.0, "2024", status="provisional"),
    )
    assert (
        words.build_headline(rows, view(level="europe"))
        == "Tasso di mortalità: Italia, da 60,0% (2021) a 80,0% (2024, provvisorio)"
    )
    assert (
        words.build_headline(rows, view(level="europe", breaks=("2023",)))
        == "Tasso di mortalità: Italia, da 79,5% (2023) a 80,0% (2024, provvisorio)"
    )


def test_the_source_line_names_publisher_and_licence():
    assert (
        words.format_source_line(frame(row()), view())
        == "Fonte: ISTAT, Demografia d'impresa 2019-2024 (licenza: CC BY 4.0)"
    )


@pytest.mark.parametrize(
    ("lang", "said"),
    [("it", "InfoCamere e Camere di commercio regionali, "), ("en", "InfoCamere and regional chambers, ")],
)
def test_the_source_line_names_its_publisher_in_the_language(lang, said):
    assert said in words.format_source_line(frame(row(source="chambers_press")), view(lang))


def test_the_subtitle_says_what_of_whom_and_when():
    assert (
        words.build_subtitle(frame(row("ITC4", 5.8, "2024", status="provisional")), view())
        == "Imprese cessate · Imprese attive · 2024, provvisorio"
    )
    rows = frame(row("ITA", 5.8, "2019", sector="G"), row("ITA", 5.9, "2020", sector="G"))
    assert (
        words.build_subtitle(rows, view("en"))
        == "Enterprise deaths · Active enterprises · Commercio · 2019–2020"
    )


def test_notes_tell_what_must_be_known():
    rows = frame(
        row("ITH1", 10.5, "2024", published_geo="ITH1+ITH2", status="provisional"),
        row("ITH2", 10.5, "2024", published_geo="ITH1+ITH2", status="provisional"),
        row("ITC4", 11.6, "2024", status="provisional"),
    )
    said = words.build_notes(rows, view())
    assert "Dati provvisori: 2024." in said
    assert (
        "La fonte pubblica Bolzano e Trento come una sola area: lo stesso valore compare per ciascuna."
        in said
    )
    assert "Edizione: ISTAT 2019-2024." in said
    assert (
        "Conteggio completo da registro: nessun errore di campionamento, le differenze sono semplici "
        "differenze." in said
    )


def test_survey_years_and_their_age_are_told():
    rows = frame(row("ITA", 15.3, "2019"), row("FRA", 13.0, "2021"), row("DEU", 9.0, "2013", flags="o"))
    said = words.build_notes(rows, view("en", level="world", period="latest"))
    assert "Survey years differ from area to area, from 2013 to 2021." in said
    assert (
        "One survey is from before 2019 (marked in the figure); the extremes in the title leave it out."
        in said
    )
    assert (
        words.build_headline(rows, view(level="world", period="latest"))
        == "Tasso di mortalità: da 13,0% (Francia, 2021) a 15,3% (Italia, 2019)"
    )


def test_nothing_to_draw_is_said():
    rows = frame(row("ITC4", None))
    for draw in (
        regions.build_choropleth,
        tile_grid.build_tile_grid_map,
        bar.build_bar_chart,
        trend.build_line_chart,
        dumbbell.build_dumbbell_chart,
        small_multiples.build_small_multiples,
        dot.build_dot_plot,
        sector_bar.build_sector_bar_chart,
        heatmap.build_heatmap,
    ):
        for empty in (rows, rows.iloc[:0]):
            figure = draw(empty, view())
            assert "Tasso di mortalità: nessun dato per questa scelta" in seen(figure)
            go.Figure(figure.to_plotly_json())


def test_under_the_pointer_everything_is_in_the_language():
    said = words.build_hover_text(
        to_records(frame(row("ITC2", 13.3, "2025-05", ci_low=3.7, ci_high=37.9, n=15)), "it")[0], view()
    )
    assert (
        said == "<b>Valle d'Aosta</b><br>13,3%<br>intervallo al 95%: da 3,7% a 37,9%<br>maggio 2025<br>base: "
        "15<br>base sotto 30"
    )


def test_a_name_cannot_carry_markup():
    assert "<script" not in words.build_hover_text(
        to_records(frame(row() | {"geo_name": "<script>x</script>"}), "it")[0], view()
    )


# --- every indicator of the catalogue, as it stands in the database ---

VIEWS = [
    (id, level, topic.id)
    for topic in catalogue.load_topics().values()
    for level in ("italy", "europe", "world")
    for id in topic.indicators_by_level.get(level, ())
]


@cache
def figures(id: str, level: str, topic: str, lang: str, look: str = "dark") -> dict[str, go.Figure]:
    """Every figure an indicator's opening view can take."""
    shown = resolve_view(Filters(lang=lang, level=level, indicator=id), topic)
    rows = run_query("map", **shown.query_parameters)
    found = to_records(
        with_reference_rows(rows, run_query("reference_areas", **shown.query_parameters), shown), lang
    )
    codes = tuple(dict.fromkeys([*shown.geo, *rows["geo"].tolist()[:24], "ITA"]))
    lines = run_query("trend", **shown.breakdown, geos=codes, lang=lang)
    drawn = {
        "bars": bar.build_bar_chart(found, shown, look),
        "lines": trend.build_line_chart(lines, shown, look),
        "multiples": small_multiples.build_small_multiples(lines, shown, look),
        "sectors": sector_bar.build_sector_bar_chart(
            run_query("by_sector", **shown.query_parameters, geo="ITA"), shown, look
        ),
        "gaps": dumbbell.build_dumbbell_chart(
            run_query("by_gender", indicator=id, sector="all", size="all", lang=lang), shown, look
        ),
        "heat": heatmap.build_heatmap(run_query("area_sector", **shown.query_parameters), shown, look),
    }
    if shown.chart == "dots":
        drawn["dots"] = dot.build_dot_plot(found, shown, look)
    if shown.chart == "map":
        drawn["map"] = regions.build_choropleth(found, shown, look)
        drawn |= {"tiles": tile_grid.build_tile_grid_map(found, shown, look)} if level == "italy" else {}
    return drawn


@pytest.mark.parametrize(("id", "level", "topic"), VIEWS)
def test_every_figure_is_valid_and_asks_nothing_of_other_sites(id, level, topic):
    for name, figure in figures(id, level, topic, "it").items():
        plain = json.loads(figure.to_json())
        go.Figure(plain)
        assert "FeatureCollection" not in figure.to_json(), name
        assert "//" not in figure.to_json(), name
        meta = plain["layout"]["meta"]
        assert meta["title"], name
        assert meta["subtitle"], name
        assert meta["source"], name
        assert meta["alt"], name
        assert plain["layout"]["height"] < 2000, name
        assert plain["layout"]["paper_bgcolor"] == theme.TRANSPARENT
        assert "title" not in plain["layout"]


@pytest.mark.parametrize(("id", "level", "topic"), VIEWS)
def test_an_italian_figure_has_no_decimal_point(id, level, topic):
    for name, figure in figures(id, level, topic, "it").items():
        said = seen(figure).replace("CC BY 4.0", "")
        assert not re.search(r"\d\.\d(?!\d\d)", said), (name, re.search(r".{20}\d\.\d(?!\d\d).{20}", said))


@pytest.mark.parametrize("lang", ["it", "en"])
def test_lower_sales_are_never_called_profits(lang):
    for level in ("europe", "world"):
        for name, figure in figures("lower_sales_yoy", level, "profits", lang).items():
            meta = layout(figure)["meta"]
            assert not re.search(
                r"profit|util[ei]\b", f"{meta['title']} {meta['subtitle']} {meta['alt']}", re.IGNORECASE
            ), name


@pytest.mark.parametrize("lang", ["it", "en"])
def test_the_caveat_on_european_sales_online_stands_under_european_figures_alone(lang):
    caveat = catalogue.get_indicator("ent_with_esales").note[lang]
    for level, wanted in (("italy", False), ("europe", True)):
        asked = resolve_view(Filters(lang=lang, level=level, indicator="ent_with_esales"), "digital_sales")
        rows = run_query("map", **asked.query_parameters)
        assert len(rows)
        assert (caveat in notes.build_notes(rows, asked)) is wanted
