"""Errors of TOML declarations in one sentence each, with file, place, value and remedy.

Declarations are validated by pydantic models. The validators of this module raise errors whose message is the
predicate of the sentence ("is not known; use one of: a, b"); `format_errors` adds the place and the subject.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, Literal, NoReturn

from pydantic import AfterValidator, StringConstraints, ValidationError, create_model
from pydantic_core import ErrorDetails, PydanticCustomError

from ripresa.settings import LANGS

KnownFields = Mapping[str, tuple[str, Collection[str]]]  # by table: "a field of an indicator", and the fields
MISSING = ("missing", "string_pattern_mismatch")  # the pattern is that of NonBlank
NonBlank = Annotated[str, StringConstraints(pattern=r"\S")]


_language_fields: dict[str, Any] = dict.fromkeys(LANGS, (NonBlank, ...))
_RequiredLanguages = create_model("_RequiredLanguages", **_language_fields)


def _check_languages(texts: dict[str, str]) -> dict[str, str]:
    _RequiredLanguages.model_validate(texts)
    return {lang: texts[lang] for lang in LANGS}


Texts = Annotated[dict[str, str], AfterValidator(_check_languages)]  # a sentence in each language


def reject(predicate: str, subject: Literal["value", "key", "sentence"] = "value") -> NoReturn:
    """Raises an error of a validator.

    subject: "value" for `name 'value' predicate`, "key" for `table.key predicate`, "sentence" where the
    predicate has its own subject.
    """
    raise PydanticCustomError(subject, "{predicate}", {"predicate": predicate})


def check_choice(value: str, allowed: Iterable[str]) -> str:
    """The value, if it is one of those allowed."""
    if value not in (choices := tuple(allowed)):
        reject(f"is not known; use one of: {', '.join(choices)}")
    return value


def one_of(allowed: Iterable[str]) -> AfterValidator:
    """A validator for the type of a field with these values."""
    choices = tuple(allowed)
    return AfterValidator(lambda value: check_choice(value, choices))


def format_errors(error: ValidationError, place: str, known_fields: KnownFields) -> list[str]:
    """One sentence per error.

    place: file and paragraph, `data/catalogue/topics.toml, [closures]`.
    known_fields: for unknown fields, what a field of each table is and which there are; "" is the paragraph.
    """
    return [f"{place}{_format_error(details, known_fields)}." for details in error.errors()]


def _format_error(details: ErrorDetails, known_fields: KnownFields) -> str:
    """The sentence after the place: a nested table, the subject and the predicate."""
    kind, location, predicate = details["type"], details["loc"], details["msg"]
    path = [part for part in location if isinstance(part, str) and part != "[key]"]
    if kind == "key":
        return f": {'.'.join(path)} {predicate}"
    if kind in MISSING:
        remedy = "; write it in both languages" if path[-1] in LANGS else ""
        return f": {'.'.join(path)} is missing{remedy}"
    *tables, name = path[:-1] if location[-1] == "[key]" else path
    is_array_item = any(isinstance(part, int) for part in location)
    table = f", {'.'.join(tables)}" if tables and not is_array_item else ""
    if kind == "extra_forbidden":
        noun, fields = known_fields[tables[0] if tables else ""]
        return f"{table}: {name} is not {noun}; use some of: {', '.join(fields)}"
    if kind == "sentence":
        return f"{table}: {predicate}"
    if kind != "value":
        predicate = f"is not valid: {predicate[:1].lower()}{predicate[1:]}"
    return f"{table}: {name} {details['input']!r} {predicate}"
