"""The endpoints of /api/v1, each declared once.

Routes, validation, the OpenAPI document, the HTML documentation and the tests are derived from this table.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from ripresa import settings
from ripresa.api.problem import build_parameter_problem
from ripresa.database.query import run_query
from ripresa.i18n import t
from ripresa.settings import LANGS

API_VERSION = "v1"
MAX_QUERY_LENGTH = 8000  # characters of a query string
MAX_LISTED_CODES = 60  # allowed codes listed in an error; of a longer list, the closest matches
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
ParameterValue = str | int | tuple[str, ...] | None
Schema = dict[str, object]  # a JSON Schema


@dataclass(frozen=True)
class Parameter:
    """One query or path parameter.

    Its values are those of `codelist` or `choices`, match `pattern`, or are whole numbers up to `maximum`.
    """

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
        """Its meaning, one sentence."""
        return t(f"parameter_{self.name}", lang)

    def get_allowed_values(self, version: str) -> tuple[str, ...]:
        """Its values in order; empty for a pattern or a range."""
        return load_codelists(version)[self.codelist] if self.codelist else self.choices

    def build_schema(self, version: str) -> Schema:
        """Its JSON Schema."""
        schema: Schema
        if self.maximum:
            schema = {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}
        elif self.pattern:
            schema = {"type": "string", "pattern": self.pattern}
        else:
            schema = {"type": "string", "enum": list(self.get_allowed_values(version))}
        if self.default is not None:
            schema["default"] = self.default
        return {"type": "array", "items": schema} if self.repeatable else schema

    def parse(self, values: Sequence[str], version: str, lang: str) -> ParameterValue:
        """The validated value of a request. Raises ProblemError."""
        if self.repeatable:
            return tuple(dict.fromkeys(str(self._parse_value(value, version, lang)) for value in values))
        if len(values) > 1:
            raise build_parameter_problem(self.name, lang, "said_twice")
        return self._parse_value(values[0], version, lang) if values else self.default

    def _parse_value(self, value: str, version: str, lang: str) -> str | int:
        if self.maximum:
            return self._parse_number(value, lang)
        if self.pattern:
            if not re.fullmatch(self.pattern, value, re.ASCII):
                raise build_parameter_problem(self.name, lang, "not_a_period", value=value[:60])
            return value
        allowed = self.get_allowed_values(version)
        if value not in _to_frozenset(allowed):
            is_listed = bool(self.codelist) and self.codelist != "boundaries"
            raise build_parameter_problem(
                self.name,
                lang,
                "not_allowed_listed" if is_listed else "not_allowed",
                allowed=_find_similar_codes(value, allowed),
                value=value[:60],
                where=f"/api/{API_VERSION}/{self.codelist}",
            )
        return value

    def _parse_number(self, value: str, lang: str) -> int:
        if re.fullmatch(r"[0-9]{1,18}", value) and self.minimum <= int(value) <= self.maximum:
            return int(value)
        raise build_parameter_problem(
            self.name, lang, "not_in_range", value=value[:60], least=self.minimum, most=self.maximum
        )


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: its path under /api/v1, its parameters and formats (the first is the default).

    Its rows are all of `table` in the order of `order_by` or, with the name of a file in queries/api/ as
    `query_name`, those of `table` that the parameters select.
    """

    name: str
    path: str
    formats: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    table: str = ""
    order_by: str = ""
    query_name: str = ""
    pinnable: bool = True  # also available under /versions/{version}
    example: str = ""

    def describe(self, lang: str) -> str:
        """Its content, one sentence."""
        return t(f"endpoint_{self.name}", lang)

    @cached_property
    def path_parameters(self) -> dict[str, Parameter]:
        """The parameters in its path, by name."""
        return {parameter.name: parameter for parameter in self.parameters if parameter.location == "path"}

    @cached_property
    def query_parameters(self) -> dict[str, Parameter]:
        """The parameters of its query string, by name."""
        declared = {
            parameter.name: parameter for parameter in self.parameters if parameter.location == "query"
        }
        return (
            {"lang": Parameter("lang", choices=LANGS)}
            | declared
            | {"format": Parameter("format", choices=self.formats, default=self.formats[0])}
        )

    @property
    def example_path(self) -> str:
        """A path with example values and, for some endpoints, a query string."""
        examples = {name: parameter.example for name, parameter in self.path_parameters.items()}
        return self.path.format(**examples) + self.example

    @cached_property
    def sql_text(self) -> str:
        """The SQL of its rows, in which an empty list of codes selects all of them."""
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
    path_params: Mapping[str, str],
    query_items: Iterable[tuple[str, str]],
    version: str,
    lang: str,
) -> dict[str, ParameterValue]:
    """The validated parameters of a request by name, with defaults. Raises ProblemError."""
    values: dict[str, list[str]] = {name: [] for name in endpoint.query_parameters}
    for name, value in query_items:
        if name not in values:
            raise build_parameter_problem(name[:60], lang, "unknown_parameter", allowed=list(values))
        values[name].append(value)
    values |= {name: [path_params[name]] for name in endpoint.path_parameters}
    parameters = endpoint.query_parameters | endpoint.path_parameters
    parsed = {name: parameters[name].parse(texts, version, lang) for name, texts in values.items()}
    return {"format": endpoint.formats[0]} | parsed


@lru_cache(maxsize=4)
def load_codelists(version: str) -> dict[str, tuple[str, ...]]:
    """The codes of every codelist of this data version, in reading order."""
    labels = run_query("labels", lang="en").groupby("kind", sort=False)
    return {f"{kind}s": tuple(rows["code"]) for kind, rows in labels} | {
        "indicators": tuple(run_query("indicators", lang="en")["id"]),
        "geographies": tuple(run_query("areas", level="any", lang="en")["code"]),
        "boundaries": BOUNDARY_NAMES,
    }


def _find_similar_codes(value: str, allowed: tuple[str, ...]) -> Sequence[str]:
    """All the allowed codes if they are few, else the closest matches, else the first ones."""
    if len(allowed) <= MAX_LISTED_CODES:
        return allowed
    return difflib.get_close_matches(value[:20], allowed, 10, 0.3) or allowed[:10]


@cache
def _to_frozenset(allowed: tuple[str, ...]) -> frozenset[str]:
    return frozenset(allowed)
