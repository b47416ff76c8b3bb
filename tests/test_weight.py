"""The causes of speed, not its times: what a page sends, asks and keeps. Times are in benchmarks/."""
import json
import tomllib
from pathlib import Path

import pytest
from test_frame import opened

import queries
from data import catalogue

ROOT = Path(__file__).resolve().parents[1]
VIEWS = [(topic, level) for topic in ("closures", "profits", "digital_sales", "women") for level, ids in catalogue.topics()[topic].opens.items() if ids]
BUDGET = {"italy": 110_000, "europe": 130_000, "world": 190_000}  # bytes of one page, first sight; a change sends less (see the next test)
FIGURE = 40_000  # bytes of one figure


def elements(visit) -> list:
    """Every element of a page, as the browser gets it."""
    found, waiting = [], [visit.main]
    while waiting:
        node = waiting.pop()
        children = getattr(node, "children", None)
        if children:
            waiting += children.values()
        elif getattr(node, "proto", None) is not None:
            found.append(node)
    return found


@pytest.mark.parametrize(("topic", "level"), VIEWS)
def test_a_page_keeps_to_its_budget_and_sends_no_boundaries(topic, level):
    visit = opened(topic, lang="it", level=level)
    sizes = {f"{node.type} {place}": node.proto.ByteSize() for place, node in enumerate(elements(visit))}
    assert sum(sizes.values()) <= BUDGET[level], sorted(sizes.items(), key=lambda pair: -pair[1])[:5]
    for chart in visit.get("plotly_chart"):
        assert '"coordinates"' not in chart.proto.spec, "a figure carries boundaries instead of their address"
        assert len(chart.proto.spec) <= FIGURE


@pytest.mark.parametrize(("topic", "level"), VIEWS)
def test_a_second_visitor_with_the_same_choice_asks_the_database_nothing(topic, level):
    opened(topic, lang="en", level=level)
    _, asked, _ = queries.cached()
    opened(topic, lang="en", level=level)
    assert queries.cached()[1] == asked


def test_a_figure_that_does_not_change_is_not_drawn_again():
    """Streamlit's id of a figure hashes the figure: another id is taken down and built anew in the browser, the costliest way to repaint.

    The lines over time show all years, so choosing another year must leave them, to the byte."""
    before = {chart.proto.id for chart in opened("closures", lang="en", level="italy", period="2023").get("plotly_chart")}
    after = {chart.proto.id for chart in opened("closures", lang="en", level="italy", period="2022").get("plotly_chart")}
    assert len(before & after) >= 3 and all(before)


def test_every_figure_has_a_fixed_height():
    for chart in opened("closures", lang="en").get("plotly_chart"):
        assert json.loads(chart.proto.spec)["layout"]["height"] > 0


def test_only_the_cached_layer_reaches_the_database():
    """No query without a cache key: pages and figures ask by name."""
    for folder in ("ui", "pages", "charts"):
        for file in (ROOT / folder).glob("*.py"):
            assert "import duckdb" not in file.read_text(encoding="utf-8"), file.name


def test_the_settings_that_were_measured_stand():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["runner"]["postScriptGC"] is False
    assert settings["global"]["minCachedMessageSize"] <= 2000
    assert settings["server"]["enableStaticServing"] is True
    assert settings["browser"]["gatherUsageStats"] is False
