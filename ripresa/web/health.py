"""Health checks: /healthz (liveness) and /readyz (readiness)."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse

from ripresa import logs, settings
from ripresa.api.boundary_files import load_boundary_file
from ripresa.api.endpoints import BOUNDARY_NAMES
from ripresa.database import query
from ripresa.database.input_files import compute_data_version
from ripresa.diagnosis.contribution_store import ContributionStoreError, open_store

NO_STORE = {"Cache-Control": "no-store"}
OK = "ok"
NOT_CHECKED = "not checked"


def check_liveness(request: Request) -> JSONResponse:
    """GET /healthz: 200 with the data version if the database is readable, else 503."""
    try:
        return JSONResponse({"status": "ok", "version": query.get_data_version()}, headers=NO_STORE)
    except Exception as error:  # every failure means "not alive"
        return JSONResponse({"status": "failed", "reason": _describe_error(error)}, 503, NO_STORE)


def check_readiness(request: Request) -> JSONResponse:
    """GET /readyz: 200 if all checks pass, else 503; each check's result is "ok" or a sentence."""
    checks: dict[str, Callable[[], str]] = {
        "database": check_database,
        "inputs": check_inputs,
        "boundaries": check_boundaries,
    }
    if settings.get_contribution_store():
        checks["diagnosis"] = check_contribution_store
    results = {name: _run_check(check) for name, check in checks.items()}
    is_ready = set(results.values()) <= {OK, NOT_CHECKED}
    version = {"version": query.get_data_version()} if results["database"] == OK else {}
    body = {"status": "ready" if is_ready else "not ready", **version, "checks": results}
    return JSONResponse(body, 200 if is_ready else 503, NO_STORE)


def check_database() -> str:
    """A query returns the one row of the build table."""
    if len(query.run_query("build")) == 1:
        return OK
    return "the database has no line in its build table: build it again"


def check_inputs() -> str:
    """The database was built from the present input files; not checked where the database is read-only."""
    if settings.is_read_only():
        return NOT_CHECKED
    version, expected = query.get_data_version(), compute_data_version()
    if version == expected:
        return OK
    return f"the database is version {version}, its inputs are {expected}: type python -m ripresa build"


def check_boundaries() -> str:
    """The boundary files of the maps are present and valid."""
    missing = [name for name in BOUNDARY_NAMES if not load_boundary_file(name)]
    return f"static/geo lacks {', '.join(missing)}: restore it from the repository" if missing else OK


def check_contribution_store() -> str:
    """The store of diagnosis contributions can be read."""
    try:
        open_store().count()
        return OK
    except ContributionStoreError:  # logged only: its message names folders and servers
        logs.LOGGER.exception("store")
        return "the store of the diagnosis does not answer: type python -m ripresa diagnosis count"


def _run_check(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # every failure means "not ready"
        return _describe_error(error)


def _describe_error(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
