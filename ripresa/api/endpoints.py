"""Every address of /api/v1, declared once: what routes, checks, the OpenAPI document, the readable page and the tests are made from."""

import difflib
import re
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from ripresa import settings
from ripresa.api.problem import Problem
from ripresa.catalogue import LANGS
from ripresa.database.query import ask
from ripresa.i18n import t

EDITION = "v1"
LONGEST = 8000  # characters of a query string
MOST_ALLOWED = 60  # codes an error lists; of a longer list, the nearest
PART = r"(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?|H[12]|Q[1-4]"
PERIOD = rf"^[0-9]{{4}}(-({PART}))?(/[0-9]{{4}}(-({PART}))?)?$"
VERSION = "^[0-9a-f]{12}$"
BOUNDARIES = ("italy_nuts2", "europe_countries", "world_countries", "nuts2_europe")
MEDIA = {
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
    many: bool = False
    codes: str = ""
    choices: tuple[str, ...] = ()
    pattern: str = ""
    least: int = 0
    most: int = 0
    default: str | int | None = None
    example: str = ""
    place: str = "query"

    def about(self, lang: str) -> str:
        """What it means."""
        return t(f"parameter_{self.name}", lang)

    def allowed(self, version: str) -> tuple[str, ...]:
        """The values it can have, in their order; empty where a pattern or a range says it."""
        return codes(version)[self.codes] if self.codes else self.choices

    def schema(self, version: str) -> dict:
        """Its JSON Schema."""
        if self.most:
            one = {"type": "integer", "minimum": self.least, "maximum": self.most}
        elif self.pattern:
            one = {"type": "string", "pattern": self.pattern}
        else:
            one = {"type": "string", "enum": list(self.allowed(version))}
        if self.default is not None:
            one["default"] = self.default
        return {"type": "array", "items": one} if self.many else one

    def read(self, said: list[str], version: str, lang: str) -> tuple[str, ...] | str | int | None:
        """The value, checked. Raises Problem."""
        if self.many:
            return tuple(dict.fromkeys(self._one(value, version, lang) for value in said))
        if len(said) > 1:
            raise Problem("parameter", lang, "said_twice", parameter=self.name, name=self.name)
        return self._one(said[0], version, lang) if said else self.default

    def _one(self, value: str, version: str, lang: str) -> str | int:
        shown = value[:60]
        if self.most:
            if not re.fullmatch(r"[0-9]{1,18}", value) or not self.least <= int(value) <= self.most:
                raise Problem(
                    "parameter",
                    lang,
                    "not_in_range",
                    parameter=self.name,
                    name=self.name,
                    value=shown,
                    least=self.least,
                    most=self.most,
                )
            return int(value)
        if self.pattern:
            if not re.fullmatch(self.pattern, value, re.ASCII):
                raise Problem(
                    "parameter", lang, "not_a_period", parameter=self.name, name=self.name, value=shown
                )
            return value
        allowed = self.allowed(version)
        if value not in _set(allowed):
            near = (
                allowed
                if len(allowed) <= MOST_ALLOWED
                else difflib.get_close_matches(value[:20], allowed, 10, 0.3) or allowed[:10]
            )
            where = f"/api/{EDITION}/{self.codes}" if self.codes and self.codes != "boundaries" else ""
            raise Problem(
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

    `table` is a list given whole, in the order of `order`; with `sql`, a file of queries/api/, it is the rows of `table` that the lists of codes choose."""

    name: str
    path: str
    formats: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    table: str = ""
    order: str = ""
    sql: str = ""
    pinned: bool = True  # answers under /versions/{version} too
    example: str = ""

    def about(self, lang: str) -> str:
        """What it gives."""
        return t(f"endpoint_{self.name}", lang)

    @cached_property
    def query(self) -> dict[str, Parameter]:
        """Its parameters in the address after the question mark, by name."""
        asked = {parameter.name: parameter for parameter in self.parameters if parameter.place == "query"}
        return (
            {"lang": Parameter("lang", choices=LANGS)}
            | asked
            | {"format": Parameter("format", choices=self.formats, default=self.formats[0])}
        )

    @cached_property
    def text(self) -> str:
        """The SQL of its rows. An empty list asks for all codes."""
        if not self.sql:
            return f"select * from {self.table} order by {self.order}"
        asked = " and ".join(
            f"(len(${one.name}) = 0 or list_contains(${one.name}, {one.name}))"
            for one in self.parameters
            if one.many
        )
        return f"with chosen as (\nfrom {self.table} where {asked}\n)\n" + (
            settings.QUERIES / "api" / f"{self.sql}.sql"
        ).read_text(encoding="utf-8")


LANG = Parameter("lang", choices=LANGS, default=LANGS[0])
KEY = (
    Parameter("indicator", many=True, codes="indicators", example="death_rate"),
    Parameter("geo", many=True, codes="geographies", example="ITC4"),
    Parameter("sector", many=True, codes="sectors", example="F"),
    Parameter("gender", many=True, codes="genders", example="female"),
    Parameter("size", many=True, codes="sizes", example="10-49"),
    Parameter("period", many=True, pattern=PERIOD, example="2020"),
)
PAGE = (
    Parameter("limit", least=1, most=1_000_000, example="100"),
    Parameter("offset", least=0, most=1_000_000_000, default=0, example="0"),
)
BOTH = ("json", "csv")


def _table(name: str, order: str, table: str = "") -> Endpoint:
    return Endpoint(name, f"/{name}", BOTH, table=table or name, order=order)


ENDPOINTS = (
    Endpoint(
        "observations",
        "/observations",
        ("csv", "json", "parquet", "jsonstat"),
        (*KEY, *PAGE, LANG),
        "observations",
        sql="observations",
        example="?indicator=death_rate&geo=ITC4&geo=ITI4&period=2024&format=json",
    ),
    Endpoint(
        "citations",
        "/citations",
        ("json", "csv"),
        (*KEY, *PAGE),
        "observation_citations",
        sql="citations",
        example="?indicator=death_rate&geo=ITC4",
    ),
    _table("indicators", "position"),
    _table("sources", "id"),
    _table("geographies", "position, code"),
    _table("sectors", "position, code"),
    _table("genders", "position, code"),
    _table("sizes", "position, code"),
    _table("editions", "position, code"),
    Endpoint(
        "coverage",
        "/coverage",
        BOTH,
        (KEY[0], *PAGE),
        "coverage",
        sql="coverage",
        example="?indicator=death_rate",
    ),
    Endpoint("revisions", "/revisions", BOTH),
    _table("build", "version"),
    _table("dictionary", "table_name, position"),
    Endpoint("boundaries", "/boundaries", ("json",)),
    Endpoint(
        "boundary",
        "/boundaries/{name}",
        ("geojson",),
        (Parameter("name", codes="boundaries", place="path", example="italy_nuts2"),),
    ),
    Endpoint("database", "/database", ("duckdb",)),
    Endpoint("package", "/datapackage.json", ("package",), (LANG,)),
    Endpoint("versions", "/versions", ("json",), pinned=False),
    Endpoint("openapi", "/openapi.json", ("openapi",), (LANG,)),
    Endpoint("page", "/", ("html",), (Parameter("lang", choices=LANGS),)),
)


def read(
    endpoint: Endpoint, path: dict[str, str], query: list[tuple[str, str]], version: str, lang: str
) -> dict:
    """The parameters of a request, checked and with their defaults. Raises Problem."""
    for name, _ in query:
        if name not in endpoint.query:
            raise Problem(
                "parameter",
                lang,
                "unknown_parameter",
                parameter=name[:60],
                allowed=list(endpoint.query),
                name=name[:60],
            )
    found = {
        name: parameter.read([value for given, value in query if given == name], version, lang)
        for name, parameter in endpoint.query.items()
    }
    inside = {
        parameter.name: parameter.read([path[parameter.name]], version, lang)
        for parameter in endpoint.parameters
        if parameter.place == "path"
    }
    return {"format": endpoint.formats[0]} | found | inside


@lru_cache(maxsize=4)
def codes(version: str) -> dict[str, tuple[str, ...]]:
    """The codes of every list of this data version, in reading order."""
    lists = {
        f"{kind}s": tuple(rows["code"]) for kind, rows in ask("labels", lang="en").groupby("kind", sort=False)
    }
    return lists | {
        "indicators": tuple(ask("indicators", lang="en")["id"]),
        "geographies": tuple(ask("areas", level="any", lang="en")["code"]),
        "boundaries": BOUNDARIES,
    }


@cache
def _set(allowed: tuple[str, ...]) -> frozenset[str]:
    return frozenset(allowed)
