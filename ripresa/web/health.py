"""For those who watch the server: is it up, and may it be sent visitors?"""

from starlette.requests import Request
from starlette.responses import JSONResponse

from ripresa import logs, settings
from ripresa.api.boundary_files import read_geojson
from ripresa.api.endpoints import BOUNDARY_NAMES
from ripresa.database import query
from ripresa.database.input_files import compute_data_version
from ripresa.diagnosis.contribution_store import ContributionStoreError, open_store

NO_STORE = {"Cache-Control": "no-store"}


def check_liveness(request: Request) -> JSONResponse:
    """Is the database readable, and which version is it?"""
    try:
        return JSONResponse({"status": "ok", "version": query.get_data_version()}, headers=NO_STORE)
    except Exception as fault:  # whatever it is, the watcher must be told
        return JSONResponse({"status": "failed", "reason": _describe_error(fault)}, 503, NO_STORE)


def check_readiness(request: Request) -> JSONResponse:
    """Is everything a visitor needs in place? Each check says ok, or why not."""
    probes = (database, inputs, boundaries, *((diagnosis,) if settings.get_contribution_store() else ()))
    checks = {check.__name__: _run_check(check) for check in probes}
    fit = all(said in ("ok", "not checked") for said in checks.values())
    version = {"version": query.get_data_version()} if checks["database"] == "ok" else {}
    return JSONResponse(
        {"status": "ready" if fit else "not ready", **version, "checks": checks},
        200 if fit else 503,
        NO_STORE,
    )


def database() -> str:
    """A question is answered."""
    return (
        "ok"
        if len(query.run_query("build")) == 1
        else "the database has no line in its build table: build it again"
    )


def inputs() -> str:
    """The database was made from the files that are here; a replica is given its database and does not look."""
    if settings.is_read_only():
        return "not checked"
    have, wanted = query.get_data_version(), compute_data_version()
    return (
        "ok"
        if have == wanted
        else f"the database is version {have}, its inputs are {wanted}: type python -m ripresa build"
    )


def boundaries() -> str:
    """The maps' files are there and whole."""
    missing = [name for name in BOUNDARY_NAMES if not read_geojson(name)]
    return "ok" if not missing else f"static/geo lacks {', '.join(missing)}: restore it from the repository"


def diagnosis() -> str:
    """The store of contributions answers, where one is configured."""
    try:
        open_store().count()
        return "ok"
    except ContributionStoreError:  # its words name folders and servers
        logs.LOGGER.exception("store")
        return "the store of the diagnosis does not answer: type python -m ripresa diagnosis count"


def _run_check(check) -> str:
    try:
        return check()
    except Exception as fault:  # whatever it is, the watcher must be told
        return _describe_error(fault)


def _describe_error(fault: Exception) -> str:
    return str(fault).splitlines()[0] if str(fault) else type(fault).__name__
