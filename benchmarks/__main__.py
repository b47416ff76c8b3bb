"""python -m benchmarks [PART ...] [--quick] [--save]: measures the dashboard and its peers, prints a table.

--save writes the results to benchmarks/results/<date>.json and .md.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import browser, load, memory, servers, stages

PARTS = ("stages", "build", "start", "load", "browser", "memory")
RESULTS_FOLDER = Path(__file__).with_name("results")
# The dashboard caches figures, so each round requests another indicator.
UNCACHED_PARAMETERS = ("", "&indicator=birth_rate", "&indicator=net_turnover_rate")
GOALS = [  # name, path of the figure, path of its divisor (None: not a ratio), maximum
    (
        "click to repaint / Dash, answer kept",
        ("browser", "ours", "repaint", "again", "p50_ms"),
        ("browser", "dash", "repaint", "again", "p50_ms"),
        1.0,
    ),
    (
        "click to repaint / Dash, asked for the first time",
        ("browser", "ours", "repaint", "first", "p50_ms"),
        ("browser", "dash", "repaint", "first", "p50_ms"),
        1.0,
    ),
    (
        "click to repaint / plotly.js alone, answer kept",
        ("browser", "ours", "repaint", "again", "p50_ms"),
        ("browser", "floor", "repaint", "again", "p50_ms"),
        2.5,
    ),
    ("p95 at 50 sessions / Dash", ("load", "50", "ours", "p95_ms"), ("load", "50", "dash", "p95_ms"), 0.15),
    (
        "KB per change / Dash",
        ("load", "50", "ours", "kb_per_change"),
        ("load", "50", "dash", "kb_per_change"),
        0.5,
    ),
    (
        "Dash changes per second at 100 sessions / ours",
        ("load", "100 busy", "dash", "changes_per_second"),
        ("load", "100 busy", "ours", "changes_per_second"),
        0.5,
    ),
    ("visitors' faults at 200 sessions", ("load", "200", "ours", "faults"), None, 0),
    (
        "first load, MB",
        ("browser", "ours", "load", "cold_mb"),
        None,
        3.0,
    ),  # Dash's 1.9 MB and Streamlit's own shell
    (
        "headline readable / charts painted",
        ("browser", "ours", "load", "cold_headline_s"),
        ("browser", "ours", "load", "cold_charts_s"),
        1.0,
    ),
    ("start to first byte, s", ("start", "ours", "seconds_to_first_byte", "median"), None, 1.5),
    ("build of the database, s", ("build", "seconds", "median"), None, 3.0),
    ("memory with 50 sessions, MB", ("memory", "with_50_mb"), None, 220),
    ("growth over 1,000 sessions, %", ("memory", "turnover", "growth_percent"), None, 5),
]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the dashboard against its peers; figures of one run are compared as ratios.",
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"what to measure: {', '.join(PARTS)} (default: all)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer sessions and clicks: for trying, not for publishing"
    )
    parser.add_argument("--save", action="store_true", help="write the results to benchmarks/results")
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"{', '.join(unknown)} is not a part; use some of: {', '.join(PARTS)}")
    result: dict[str, Any] = {"machine": _describe_machine(), "quick": options.quick}
    for part in options.parts or PARTS:
        print(f"benchmarks: {part}", file=sys.stderr, flush=True)
        result[part] = MEASUREMENTS[part](options.quick)
        result["goals"] = _evaluate_goals(result)
        if options.save:  # after each part, so that a later failure loses nothing
            _save_result(result)
    print(_format_report(result))
    return 0


def _save_result(result: dict[str, Any]) -> None:
    RESULTS_FOLDER.mkdir(exist_ok=True)
    day = result["machine"]["date"][:10]
    (RESULTS_FOLDER / f"{day}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (RESULTS_FOLDER / f"{day}.md").write_text(_format_report(result) + "\n", encoding="utf-8")


def _measure_stages(quick: bool) -> dict[str, Any]:
    return {
        "questions": stages.measure_queries(3 if quick else 7),
        "runs": stages.measure_script_runs(3 if quick else 12),
    }


def _measure_startup(quick: bool) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for name in ("ours", "plain", "dash"):
        times = []
        for _ in range(1 if quick else 3):
            with servers.run_server(name) as server:
                times.append(server.startup_seconds)
        results[name] = {"seconds_to_first_byte": stages.summarize(times)}
    return results


def _measure_load(quick: bool) -> dict[str, Any]:
    results: dict[str, Any] = {}
    seconds, crowd = (8, 5) if quick else (20, 50)
    with ExitStack() as stack:
        running = {name: stack.enter_context(servers.run_server(name)) for name in ("ours", "dash", "plain")}
        for server in running.values():
            load.simulate_sessions(server, 2, 3, pause=0.5)  # warm the caches
        for sessions in (1, 10) if quick else (1, 10, 50, 100, 200):
            results[str(sessions)] = {
                name: load.simulate_sessions(server, sessions, seconds)
                for name, server in running.items()
                if sessions <= 100 or name == "ours"
            }
        results["100 busy"] = {
            name: load.simulate_sessions(server, 2 * crowd, seconds, pause=0.0)
            for name, server in running.items()
        }
        results["50 across the site"] = {
            "ours": load.simulate_sessions(running["ours"], crowd, seconds, uncached=True)
        }
    with servers.run_server("ours") as fresh:
        results["50 across the site, cold cache"] = {
            "ours": load.simulate_sessions(fresh, crowd, seconds, uncached=True)
        }
    return results


def _measure_browser(quick: bool) -> dict[str, Any]:
    results: dict[str, Any] = {}
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(servers.run_server(name)) for name in ("ours", "dash", "plain", "floor")
        }
        with browser.launch_chromium() as chromium:
            for name, server in running.items():
                browser.measure_first_load(chromium, server)
                results[name] = {"load": browser.measure_first_load(chromium, server)}
            rounds = [
                {
                    name: browser.measure_repaint(
                        chromium, server, 6 if quick else 12, parameters if name == "ours" else ""
                    )
                    for name, server in running.items()
                }
                for parameters in UNCACHED_PARAMETERS[: 1 if quick else 3]
            ]
    for name in results:  # of the interleaved rounds the one with the middle median
        results[name]["repaint"] = sorted(
            (part[name] for part in rounds), key=lambda part: part["again"]["p50_ms"] or 0
        )[len(rounds) // 2]
    return results


def _measure_memory(quick: bool) -> dict[str, Any]:
    sessions, peers = 10 if quick else 50, {}
    for name in ("plain", "dash"):
        with servers.run_server(name) as server:
            load.simulate_sessions(server, sessions, 2 if quick else 5)
            peers[f"{name}_mb"] = round(servers.measure_memory(server.pid), 1)
    with servers.run_server("ours") as server:
        load.simulate_sessions(server, 2, 2, pause=0.5)
        return memory.measure_session_memory(server, sessions) | {
            "beside": peers,
            "turnover": memory.measure_memory_growth(server, 100 if quick else 1000),
        }


MEASUREMENTS = {
    "stages": _measure_stages,
    "build": lambda quick: stages.measure_build(1 if quick else 3),
    "start": _measure_startup,
    "load": _measure_load,
    "browser": _measure_browser,
    "memory": _measure_memory,
}


def _describe_machine() -> dict[str, Any]:
    packages = ("streamlit", "plotly", "duckdb", "pandas", "dash", "gunicorn")
    return {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        **{name: version(name) for name in packages},
    }


def _evaluate_goals(result: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for name, path, divisor_path, maximum in GOALS:
        value, divisor = _get_nested(result, path), _get_nested(result, divisor_path) if divisor_path else 1
        if value is not None and divisor:
            ratio = value / divisor
            rows.append({"goal": name, "figure": round(ratio, 3), "most": maximum, "met": ratio <= maximum})
    return rows


def _get_nested(result: Any, path: tuple[str, ...]) -> float | None:
    for name in path:
        result = result.get(name) if isinstance(result, dict) else None
    return result


def _format_report(result: dict[str, Any]) -> str:
    machine = result["machine"]
    lines = [
        f"# {machine['date']}",
        "",
        f"{machine['cores']} cores, {machine['system']}, Python {machine['python']}, "
        f"load average {machine['load_average']} at the start; "
        + ", ".join(
            f"{name} {machine[name]}" for name in ("streamlit", "plotly", "duckdb", "pandas", "dash")
        ),
        "",
    ]
    if result["goals"]:
        lines += ["| goal | figure | most | met |", "|---|---|---|---|"]
        lines += [
            f"| {row['goal']} | {row['figure']} | {row['most']} | {'yes' if row['met'] else 'no'} |"
            for row in result["goals"]
        ] + [""]
    for part in PARTS:
        if part in result:
            lines += [f"## {part}", "", *_format_table(result[part]), ""]
    return "\n".join(lines)


def _format_table(content: dict[str, Any]) -> list[str]:
    rows = [f"| {name} | {value} |" for name, value in _iterate_leaves(content)]
    return ["| what | figure |", "|---|---|", *rows]


def _iterate_leaves(content: dict[str, Any], parent: str = "") -> Iterator[tuple[str, object]]:
    for name, value in content.items():
        path = f"{parent} / {name}" if parent else name
        if isinstance(value, dict) and set(value) == {"min", "median", "max"}:
            yield path, f"{value['median']} ({value['min']} to {value['max']})"
        elif isinstance(value, dict):
            yield from _iterate_leaves(value, path)
        else:
            yield path, value


if __name__ == "__main__":
    sys.exit(main())
