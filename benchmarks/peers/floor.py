"""The floor: the same three figures drawn by plotly.js alone, without a server-side framework. python -m benchmarks.peers.floor PORT."""

import http.server
import sys
from functools import partial
from pathlib import Path

import plotly.io
from plotly.offline import get_plotlyjs

from benchmarks.peers import page

PAGE_TEMPLATE = """<!doctype html><meta charset="utf-8"><title>floor</title><button id="change">change</button><div id="map"></div><div id="bars"></div><div id="lines"></div>
<script src="plotly.min.js"></script><script>
const periods = %s; let at = 0;
window.draw = async () => { const p = periods[at++ %% periods.length]; await Promise.all(["map","bars","lines"].map((id, i) => Plotly.react(id, p[i].data, p[i].layout, {topojsonURL: "/topojson/"}))); };
document.getElementById("change").onclick = () => window.draw(); window.draw();
</script>"""


def main() -> None:
    folder = Path(__file__).resolve().parents[2] / ".cache" / "floor"
    (folder / "topojson").mkdir(parents=True, exist_ok=True)
    for file in (page.ROOT / "static" / "topojson").glob("*.json"):
        (folder / "topojson" / file.name).write_bytes(file.read_bytes())
    periods = (
        "["
        + ",".join(
            "["
            + ",".join(
                plotly.io.to_json(figure) for figure in page.build_figures("death_rate", period, None)[:3]
            )
            + "]"
            for period in page.PERIODS
        )
        + "]"
    )
    (folder / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
    (folder / "index.html").write_text(PAGE_TEMPLATE % periods, encoding="utf-8")
    http.server.ThreadingHTTPServer(
        ("127.0.0.1", int(sys.argv[1])), partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    ).serve_forever()


if __name__ == "__main__":
    main()
