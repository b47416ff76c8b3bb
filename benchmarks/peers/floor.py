"""The floor: the same three figures rendered by plotly.js alone, without a server-side framework.

python -m benchmarks.peers.floor PORT
"""

import http.server
import json
import shutil
import sys
from functools import partial

import plotly.io
from plotly.offline import get_plotlyjs

from benchmarks.peers import page

PAGE_TEMPLATE = """<!doctype html><meta charset="utf-8"><title>floor</title>
<button id="change">change</button>
<div id="map"></div><div id="bars"></div><div id="lines"></div>
<script src="plotly.min.js"></script><script>
const periods = %s; let at = 0;
const options = {topojsonURL: "/topojson/"};
window.draw = async () => {
  const figures = periods[at++ %% periods.length];
  await Promise.all(["map", "bars", "lines"].map(
    (id, i) => Plotly.react(id, figures[i].data, figures[i].layout, options)));
};
document.getElementById("change").onclick = () => window.draw(); window.draw();
</script>"""


def main() -> None:
    folder = page.ROOT / ".cache" / "floor"
    shutil.copytree(page.ROOT / "static" / "topojson", folder / "topojson", dirs_exist_ok=True)
    periods = []
    for period in page.PERIODS:
        *figures, _ = page.build_figures("death_rate", period, None)
        periods.append([json.loads(plotly.io.to_json(figure)) for figure in figures])
    (folder / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
    (folder / "index.html").write_text(PAGE_TEMPLATE % json.dumps(periods), encoding="utf-8")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), handler).serve_forever()


if __name__ == "__main__":
    main()
