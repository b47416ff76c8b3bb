"""Every path and environment variable of the application, each in one place.

Environment variables are read when they are needed, not at import, so that tests can change them.
"""

import os
from collections.abc import Mapping
from pathlib import Path

LANGS = ("it", "en")
SITE_NAME = "Ripresa digitale"
ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ripresa"
DATA = ROOT / "data"
CATALOGUE = "catalogue"  # inside a data folder: indicators.toml, topics.toml, sources.toml
LOCALES = DATA / "locales"
SCHEMA = DATA / "schema.sql"
COLUMNS = DATA / "columns.toml"  # what each table and column of the database holds
DERIVATIONS = DATA / "derive.sql"
RESOURCES = DATA / "resources.csv"
GEOGRAPHIES = DATA / "codes" / "geographies.csv"
QUESTIONNAIRE = DATA / "diagnosis" / "questionnaire.toml"
DIAGNOSIS_RELEASE = DATA / "raw" / "diagnosis_release.csv"
TILE_GRID = DATA / "geo" / "italy_tilegrid.json"
IMPORT_TABLES = DATA / CATALOGUE / "import_tables.toml"
FUTURE_OF_BUSINESS = DATA / CATALOGUE / "future_of_business.toml"
QUERIES = ROOT / "queries"
TEMPLATES = PACKAGE / "templates"
PAGES = ROOT / "pages"
DASHBOARD = ROOT / "dashboard.py"
STATIC = ROOT / "static"
BOUNDARIES = STATIC / "geo"
GENERATED_SCRIPTS = STATIC / "generated"  # JavaScript bundled at start, named after its content
PROFILE_SHEETS = STATIC / "sheets"
DOWNLOAD_CACHE = (
    Path(".cache") / "downloads"
)  # inside the project folder: official files an import downloaded
CONTRIBUTION_STORE = ROOT / "contributions" / "diagnosis.sqlite3"

RENAMED_VARIABLES = {  # names before 0.9 and their present names
    "RECOVERY_DATABASE": "RIPRESA_DATABASE",
    "RECOVERY_READONLY": "RIPRESA_READ_ONLY",
    "RECOVERY_LOG": "RIPRESA_LOG_LEVEL",
    "RECOVERY_LIMITS": "RIPRESA_RATE_LIMITS",
    "RECOVERY_PROXIES": "RIPRESA_TRUSTED_PROXIES",
    "RECOVERY_SQL_WORKERS": "RIPRESA_SQL_WORKERS",
    "RECOVERY_PUBLISHER": "RIPRESA_PUBLISHER",
    "RECOVERY_CONTACT": "RIPRESA_CONTACT",
    "DIAGNOSIS_STORE": "RIPRESA_CONTRIBUTION_STORE",
    "DIAGNOSIS_SAMPLE": "RIPRESA_DIAGNOSIS_SAMPLE",
}
FORMER_CONTRIBUTION_STORE = ROOT / "kept" / "diagnosis.sqlite3"


class SettingsError(Exception):
    """The environment or the folder is of an older version; the message names what to change."""


def check_environment(
    environment: Mapping[str, str] | None = None,
    former_store: Path = FORMER_CONTRIBUTION_STORE,
    store: Path = CONTRIBUTION_STORE,
) -> None:
    """Raises an error for variables or a contribution store of an older version, which would be ignored.

    The SettingsError is one sentence that names the variable or folder to use instead.
    """
    environment = os.environ if environment is None else environment
    for name in sorted(environment):
        if name in RENAMED_VARIABLES:
            raise SettingsError(
                f"The environment variable {name} is now {RENAMED_VARIABLES[name]}: rename it."
            )
        if name.startswith("RECOVERY_") or (name.startswith("DIAGNOSIS_") and name != "DIAGNOSIS_PASSWORD"):
            raise SettingsError(
                f"The environment variable {name} is not known; "
                "variables of this project begin with RIPRESA_: rename or remove it."
            )
    if former_store.exists():
        raise SettingsError(
            f"Contributions are now kept in {store.parent.name}/{store.name}: "
            f"move {former_store.parent.name}/{former_store.name} there "
            "(with its -wal and -shm files), so that none is lost."
        )


def get_database_path(data: Path = DATA) -> Path:
    """The published database: RIPRESA_DATABASE, or ripresa.duckdb in the data folder."""
    return Path(os.environ.get("RIPRESA_DATABASE") or data / "ripresa.duckdb")


def is_read_only() -> bool:
    """Whether this server only serves a published database and never builds it (RIPRESA_READ_ONLY=1)."""
    return os.environ.get("RIPRESA_READ_ONLY") == "1"


def get_log_level() -> str:
    """Name of the lowest level logged (RIPRESA_LOG_LEVEL), in capitals."""
    return os.environ.get("RIPRESA_LOG_LEVEL", "info").upper()


def is_rate_limiting_enabled() -> bool:
    """Whether requests are limited per client; RIPRESA_RATE_LIMITS=0 leaves that to a proxy."""
    return os.environ.get("RIPRESA_RATE_LIMITS") != "0"


def get_trusted_proxy_count() -> int:
    """How many reverse proxies in front of this server are trusted for the client address."""
    return int(os.environ.get("RIPRESA_TRUSTED_PROXIES") or 0)


def get_sql_worker_count() -> int:
    """Processes that run the SQL of visitors (RIPRESA_SQL_WORKERS, 1 to 4)."""
    return max(1, min(4, int(os.environ.get("RIPRESA_SQL_WORKERS") or 2)))


def get_publisher() -> str:
    """Who publishes this site, for the accessibility statement; empty where it is not set."""
    return os.environ.get("RIPRESA_PUBLISHER", "")


def get_contact() -> str:
    """Where to report an accessibility problem; empty where it is not set."""
    return os.environ.get("RIPRESA_CONTACT", "")


def get_contribution_store() -> str:
    """Address of the contribution store: a PostgreSQL URL or a file; empty for the default file."""
    return os.environ.get("RIPRESA_CONTRIBUTION_STORE", "")


def is_synthetic_sample_enabled() -> bool:
    """Whether synthetic results are shown until real ones exist; RIPRESA_DIAGNOSIS_SAMPLE=0 hides them."""
    return os.environ.get("RIPRESA_DIAGNOSIS_SAMPLE", "1") != "0"


def get_browser_paths() -> list[str]:
    """Paths of Chromium from the environment, tried before the usual commands."""
    return [path for name in ("BROWSER_PATH", "CHROMIUM") if (path := os.environ.get(name, ""))]
