"""Memory: what a session costs, and whether it is released when the visitor leaves."""

import asyncio

from benchmarks.load import StreamlitVisitor, simulate_sessions
from benchmarks.servers import Server, measure_memory


def measure_session_memory(server: Server, sessions: int) -> dict[str, float]:
    """MB of the server at rest, with this many open sessions, and per session."""
    before = measure_memory(server.pid)
    during = asyncio.run(_measure_open_sessions(server, sessions))
    return {
        "rest_mb": round(before, 1),
        f"with_{sessions}_mb": round(during, 1),
        "per_session_mb": round((during - before) / sessions, 2),
    }


def measure_memory_growth(server: Server, visits: int, at_once: int = 10) -> dict[str, object]:
    """Growth of memory in per cent from the first tenth of the visits, which warms caches, to the last."""
    marks = []
    for _ in range(10):
        for _ in range(max(1, visits // 10 // at_once)):
            simulate_sessions(server, at_once, 0.01, pause=0.0)
        marks.append(measure_memory(server.pid))
    return {
        "visits": visits,
        "first_mb": round(marks[0], 1),
        "last_mb": round(marks[-1], 1),
        "growth_percent": round(100 * (marks[-1] / marks[0] - 1), 1),
        "marks_mb": [round(mark, 1) for mark in marks],
    }


async def _measure_open_sessions(server: Server, sessions: int) -> float:
    visitors = [StreamlitVisitor(server) for _ in range(sessions)]
    for visitor in visitors:
        await visitor.open()
    megabytes = measure_memory(server.pid)
    for visitor in visitors:
        await visitor.close()
    return megabytes
