"""Time of the stages of a script run: each query, a whole run, and the build of the database."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.servers import ROOT
from ripresa import catalogue
from ripresa.database import query
from ripresa.database.input_files import compute_data_version
from ripresa.filter_options import build_options
from ripresa.filters import Filters, resolve_view


def measure_queries(rounds: int = 5) -> dict[str, dict[str, object]]:
    """Milliseconds of each shared query of the four topics, uncached (miss) and cached (hit)."""
    results: dict[str, dict[str, object]] = {}
    for topic in ("closures", "profits", "digital_sales", "women"):
        view = resolve_view(Filters(lang="en"), topic)
        calls: dict[str, Callable[[], object]] = {
            f"{topic}: resolve": lambda topic=topic: resolve_view(Filters(lang="en"), topic),
            f"{topic}: options": lambda view=view: build_options(view),
            f"{topic}: map": lambda view=view: query.run_query("map", **view.query_parameters),
            f"{topic}: trend": lambda view=view: query.run_query(
                "trend", **view.breakdown, geos=("ITC4", "ITI4"), lang="en"
            ),
        }
        for name, call in calls.items():
            misses = []
            for _ in range(rounds):
                query._run_cached.cache_clear()
                misses.append(_measure_milliseconds(call))
            hits = [_measure_milliseconds(call) for _ in range(rounds * 10)]
            results[name] = {"miss": summarize(misses), "hit": summarize(hits)}
    return results


def measure_build(rounds: int = 3) -> dict[str, object]:
    """Seconds of a whole build in a new process, Python's imports included."""
    draft = ROOT / ".cache" / "bench.duckdb"
    draft.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "ripresa", "build", "--out", str(draft)]
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    size = draft.stat().st_size
    draft.unlink()
    return {
        "seconds": summarize(times),
        "megabytes": round(size / 1e6, 1),
        "version": compute_data_version(),
    }


def measure_script_runs(rounds: int = 10) -> dict[str, dict[str, float]]:
    """Milliseconds of a whole script run of each page without a browser, with a warm cache."""
    from streamlit.testing.v1 import AppTest

    results = {}
    for topic in catalogue.load_topics():
        if not (ROOT / "pages" / f"{topic}.py").exists():
            continue
        app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
        app.run()
        app.switch_page(f"pages/{topic}.py").run()
        results[topic] = summarize([_measure_milliseconds(app.run) for _ in range(rounds)])
    return results


def summarize(values: list[float]) -> dict[str, float]:
    """Minimum, median and maximum to two decimals."""
    return {
        "min": round(min(values), 2),
        "median": round(statistics.median(values), 2),
        "max": round(max(values), 2),
    }


def _measure_milliseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3
