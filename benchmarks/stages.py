"""Where a script run's time goes: each question, each figure, a whole run; build and import."""

import importlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ripresa import catalogue
from ripresa.database import query
from ripresa.database.input_files import compute_data_version
from ripresa.filter_options import build_options
from ripresa.filters import Filters, resolve_view

ROOT = Path(__file__).resolve().parents[1]


def measure_queries(rounds: int = 5) -> dict[str, dict]:
    """Milliseconds of each shared question of the four topics, asked of the database (miss) and of the cache (hit)."""
    answer = {}
    for topic in ("closures", "profits", "digital_sales", "women"):
        view = resolve_view(Filters(lang="en"), topic)
        asked = {
            f"{topic}: resolve": lambda topic=topic: resolve_view(Filters(lang="en"), topic),
            f"{topic}: options": lambda view=view: build_options(view),
            f"{topic}: map": lambda view=view: query.run_query("map", **view.query_parameters),
            f"{topic}: trend": lambda view=view: query.run_query(
                "trend", **view.breakdown, geos=("ITC4", "ITI4"), lang="en"
            ),
        }
        for name, question in asked.items():
            misses = []
            for _ in range(rounds):
                query._run_cached.cache_clear()
                misses.append(_measure_milliseconds(question))
            answer[name] = {
                "miss": _summarize(misses),
                "hit": _summarize([_measure_milliseconds(question) for _ in range(rounds * 10)]),
            }
    return answer


def measure_build(rounds: int = 3) -> dict:
    """Seconds of a whole build from nothing, imports of Python included."""
    draft = ROOT / ".cache" / "bench.duckdb"
    draft.parent.mkdir(exist_ok=True)
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "ripresa", "build", "--out", str(draft)],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        times.append(time.perf_counter() - begun)
    size = draft.stat().st_size
    draft.unlink()
    return {
        "seconds": _summarize(times),
        "megabytes": round(size / 1e6, 1),
        "version": compute_data_version(),
    }


def measure_script_runs(rounds: int = 10) -> dict[str, dict]:
    """Milliseconds of one whole script run of each page without a browser, cache warm."""
    testing = importlib.import_module("streamlit.testing.v1")
    answer = {}
    for topic in catalogue.load_topics():
        page = ROOT / "pages" / f"{topic}.py"
        if not page.exists():
            continue
        app = testing.AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
        app.run()
        app.switch_page(f"pages/{topic}.py").run()
        answer[topic] = _summarize([_measure_milliseconds(app.run) for _ in range(rounds)])
    return answer


def _measure_milliseconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e3


def _summarize(values: list[float]) -> dict:
    return {
        "min": round(min(values), 2),
        "median": round(statistics.median(values), 2),
        "max": round(max(values), 2),
    }
