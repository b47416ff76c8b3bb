"""Every address of /api/v1, declared once: what routes, checks, the OpenAPI document, the readable page and the tests are made from."""

import difflib
import re
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from ripresa import settings
from ripresa.api.problem import ProblemError
from ripresa.database.query import run_query
from ripresa.i18n import t
from ripresa.settings import LANGS

API_VERSION = "v1"
MAX_QUERY_LENGTH = 8000  # characters of a query string
MAX_LISTED_CODES = 60  # codes an error lists; of a longer list, the nearest
PERIOD_PART_PATTERN = r"(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?|H[12]|Q[1-4]"
PERIOD_PATTERN = rf"^[0-9]{{4}}(-({PERIOD_PART_PATTERN}))?(/[0-9]{{4}}(-({PERIOD_PART_PATTERN}))?)?$"
VERSION_PATTERN = "^[0-9a-f]{12}$"
BOUNDARY_NAMES = ("italy_nuts2", "europe_countries", "world_countries", "nuts2_europe")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "jsonstat": "application/json",
    "geojson": "application/geo+json",
    "duckdb": "application/vnd.duckdb",
    "html": "text/html; charset=utf-8",
    "package": "application/json",
    "openapi": "application/vnd.oai.openapi+json;version=3.1",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of an address. `codes` names the list its values come from, `choices` gives them here; `most` makes it a whole number."""

    name: str
    repeatable: bool = False
    codelist: str = ""
    choices: tuple[str, ...] = ()
    pattern: str = ""
    minimum: int = 0
    maximum: int = 0
    default: str | int | None = None
    example: str = ""
    location: str = "query"

    def describe(self, lang: str) -> str:
        """What it means."""
        return t(f"parameter_{self.name}", lang)

    def get_allowed_values(self, version: str) -> tuple[str, ...]:
        """The values it can have, in their order; empty where a pattern or a range says it."""
        return load_codelists(version)[self.codelist] if self.codelist else self.choices

    def build_schema(self, version: str) -> dict:
        """Its JSON Schema."""
        if self.maximum:
            one = {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}
        elif self.pattern:
            one = {"type": "string", "pattern": self.pattern}
        else:
            one = {"type": "string", "enum": list(self.get_allowed_values(version))}
        if self.default is not None:
            one["default"] = self.default
        return {"type": "array", "items": one} if self.repeatable else one

    def parse(self, values: list[str], version: str, lang: str) -> tuple[str, ...] | str | int | None:
        """The value, checked. Raises Problem."""
        if self.repeatable:
            return tuple(dict.fromkeys(self._parse_value(value, version, lang) for value in values))
        if len(values) > 1:
            raise ProblemError("parameter", lang, "said_twice", parameter=self.name, name=self.name)
        return self._parse_value(values[0], version, lang) if values else self.default

    def _parse_value(self, value: str, version: str, lang: str) -> str | int:
        shown = value[:60]
        if self.maximum:
            if not re.fullmatch(r"[0-9]{1,18}", value) or not self.minimum <= int(value) <= self.maximum:
                raise ProblemError(
                    "parameter",
                    lang,
                    "not_in_range",
                    parameter=self.name,
                    name=self.name,
                    value=shown,
                    least=self.minimum,
                    most=self.maximum,
                )
            return int(value)
        if self.pattern:
            if not re.fullmatch(self.pattern, value, re.ASCII):
                raise ProblemError(
                    "parameter", lang, "not_a_period", parameter=self.name, name=self.name, value=shown
                )
            return value
        allowed = self.get_allowed_values(version)
        if value not in _to_frozenset(allowed):
            near = (
                allowed
                if len(allowed) <= MAX_LISTED_CODES
                else difflib.get_close_matches(value[:20], allowed, 10, 0.3) or allowed[:10]
            )
            where = (
                f"/api/{API_VERSION}/{self.codelist}"
                if self.codelist and self.codelist != "boundaries"
                else ""
            )
            raise ProblemError(
                "parameter",
                lang,
                "not_allowed_listed" if where else "not_allowed",
                parameter=self.name,
                allowed=list(near),
                name=self.name,
                value=shown,
                where=where,
            )
        return value


@dataclass(frozen=True)
class Endpoint:
    """One address: its path under /api/v1, what it takes, the formats it gives (the first is the default), and where its rows are.

    `table` is a list given whole, in the order of `order_by`; with `query_name`, a file of queries/api/, it is the rows of `table` that the lists of codes select."""

    name: str
    path: str
    formats: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    table: str = ""
    order_by: str = ""
    query_name: str = ""
    pinnable: bool = True  # answers under /versions/{version} too
    example: str = ""

    def describe(self, lang: str) -> str:
        """What it gives."""
        return t(f"endpoint_{self.name}", lang)

    @cached_property
    def query_parameters(self) -> dict[str, Parameter]:
        """Its parameters in the address after the question mark, by name."""
        declared = {
            parameter.name: parameter for parameter in self.parameters if parameter.location == "query"
        }
        return (
            {"lang": Parameter("lang", choices=LANGS)}
            | declared
            | {"format": Parameter("format", choices=self.formats, default=self.formats[0])}
        )

    @cached_property
    def sql_text(self) -> str:
        """The SQL of its rows. An empty list of codes selects all of them."""
        if not self.query_name:
            return f"select * from {self.table} order by {self.order_by}"
        return (settings.QUERIES / "api" / f"{self.query_name}.sql").read_text(encoding="utf-8")


LANG_PARAMETER = Parameter("lang", choices=LANGS, default=LANGS[0])
KEY_PARAMETERS = (
    Parameter("indicator", repeatable=True, codelist="indicators", example="death_rate"),
    Parameter("geo", repeatable=True, codelist="geographies", example="ITC4"),
    Parameter("sector", repeatable=True, codelist="sectors", example="F"),
    Parameter("gender", repeatable=True, codelist="genders", example="female"),
    Parameter("size", repeatable=True, codelist="sizes", example="10-49"),
    Parameter("period", repeatable=True, pattern=PERIOD_PATTERN, example="2020"),
)
PAGING_PARAMETERS = (
    Parameter("limit", minimum=1, maximum=1_000_000, example="100"),
    Parameter("offset", minimum=0, maximum=1_000_000_000, default=0, example="0"),
)
JSON_AND_CSV = ("json", "csv")


def _build_list_endpoint(name: str, order: str, table: str = "") -> Endpoint:
    return Endpoint(name, f"/{name}", JSON_AND_CSV, table=table or name, order_by=order)


ENDPOINTS = (
    Endpoint(
        "observations",
        "/observations",
        ("csv", "json", "parquet", "jsonstat"),
        (*KEY_PARAMETERS, *PAGING_PARAMETERS, LANG_PARAMETER),
        "observations",
        query_name="observations",
        example="?indicator=death_rate&geo=ITC4&geo=ITI4&period=2024&format=json",
    ),
    Endpoint(
        "citations",
        "/citations",
        ("json", "csv"),
        (*KEY_PARAMETERS, *PAGING_PARAMETERS),
        "observation_citations",
        query_name="citations",
        example="?indicator=death_rate&geo=ITC4",
    ),
    _build_list_endpoint("indicators", "position"),
    _build_list_endpoint("sources", "id"),
    _build_list_endpoint("geographies", "position, code"),
    _build_list_endpoint("sectors", "position, code"),
    _build_list_endpoint("genders", "position, code"),
    _build_list_endpoint("sizes", "position, code"),
    _build_list_endpoint("editions", "position, code"),
    Endpoint(
        "coverage",
        "/coverage",
        JSON_AND_CSV,
        (KEY_PARAMETERS[0], *PAGING_PARAMETERS),
        "coverage",
        query_name="coverage",
        example="?indicator=death_rate",
    ),
    Endpoint("revisions", "/revisions", JSON_AND_CSV),
    _build_list_endpoint("build", "version"),
    _build_list_endpoint("dictionary", "table_name, position"),
    Endpoint("boundaries", "/boundaries", ("json",)),
    Endpoint(
        "boundary",
        "/boundaries/{name}",
        ("geojson",),
        (Parameter("name", codelist="boundaries", location="path", example="italy_nuts2"),),
    ),
    Endpoint("database", "/database", ("duckdb",)),
    Endpoint("package", "/datapackage.json", ("package",), (LANG_PARAMETER,)),
    Endpoint("versions", "/versions", ("json",), pinnable=False),
    Endpoint("openapi", "/openapi.json", ("openapi",), (LANG_PARAMETER,)),
    Endpoint("page", "/", ("html",), (Parameter("lang", choices=LANGS),)),
)


def parse_parameters(
    endpoint: Endpoint,
    path_params: dict[str, str],
    query_items: list[tuple[str, str]],
    version: str,
    lang: str,
) -> dict:
    """The parameters of a request, checked and with their defaults. Raises Problem."""
    for name, _ in query_items:
        if name not in endpoint.query_parameters:
            raise ProblemError(
                "parameter",
                lang,
                "unknown_parameter",
                parameter=name[:60],
                allowed=list(endpoint.query_parameters),
                name=name[:60],
            )
    parameters = {
        name: parameter.parse([value for given, value in query_items if given == name], version, lang)
        for name, parameter in endpoint.query_parameters.items()
    }
    inside = {
        parameter.name: parameter.parse([path_params[parameter.name]], version, lang)
        for parameter in endpoint.parameters
        if parameter.location == "path"
    }
    return {"format": endpoint.formats[0]} | parameters | inside


@lru_cache(maxsize=4)
def load_codelists(version: str) -> dict[str, tuple[str, ...]]:
    """The codes of every list of this data version, in reading order."""
    lists = {
        f"{kind}s": tuple(rows["code"])
        for kind, rows in run_query("labels", lang="en").groupby("kind", sort=False)
    }
    return lists | {
        "indicators": tuple(run_query("indicators", lang="en")["id"]),
        "geographies": tuple(run_query("areas", level="any", lang="en")["code"]),
        "boundaries": BOUNDARY_NAMES,
    }


@cache
def _to_frozenset(allowed: tuple[str, ...]) -> frozenset[str]:
    return frozenset(allowed)
