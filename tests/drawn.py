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
    return [Figure(element.proto.id, element.proto.bytes) for element in visit.get("bidi_component") if element.proto.component_name == "ripresa_figure"]
