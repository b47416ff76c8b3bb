"""The figures of a page as the browser gets them."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    id: str
    sent: bytes

    @property
    def spec(self) -> dict:
        """data, layout, config, alt, words, touch."""
        return json.loads(self.sent)

    @property
    def alt(self) -> str:
        return self.spec["alt"]


def figures(visit) -> list[Figure]:
    """The figures of a visit (an AppTest), in the order of the page."""
    return [
        Figure(element.proto.id, element.proto.bytes)
        for element in visit.get("bidi_component")
        if element.proto.component_name == "ripresa_figure"
    ]


def rows(visit) -> dict[str, dict]:
    """The row of buttons under each figure, by the figure's name: names, of, open, file."""
    return {
        element.proto.id.rsplit("-", 1)[1].removesuffix("_row"): json.loads(
            element.proto.json or element.proto.mixed.json
        )
        for element in visit.get("bidi_component")
        if element.proto.component_name == "ripresa_row"
    }


def touch(visit, name: str, *what: str):
    """The buttons `what` of a figure's row touched: "table", "csv", "kit"."""
    visit.session_state[f"{visit.session_state['page']}_{name}_open"] ^= set(what)
    return visit.run()
