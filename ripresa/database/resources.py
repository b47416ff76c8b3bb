"""Validates data/resources.csv, the directory of courses, guides and grants."""

from collections.abc import Container, Iterator, Mapping

from ripresa import settings

RESOURCE_COLUMNS = (
    "id kind goals topics language region cost state evidence_date provider title_it title_en "
    "description_it description_en address"
).split()
RESOURCE_VOCABULARY = {  # allowed values; MULTIPLE_VALUES columns separate several with spaces
    "kind": "video_tutorial webinar short_course guide checklist case_study helpdesk programme grant".split(),
    "goals": "known found convert retain all".split(),
    "topics": (
        "website maps social ecommerce ads reviews crm data ai security privacy skills finance export women"
    ).split(),
    "language": ["it", "en"],
    "cost": ["", "free", "paid", "grant"],
    "state": ["active", "ended", "unknown"],
}
MULTIPLE_VALUES = ("goals", "topics")
REGION_ALIASES = {"IT": "ITA", "EU": "EU27_2020", "world": "WORLD"}
MAX_DESCRIPTION_WORDS = 25


def normalize_resource(row: Mapping[str, str]) -> dict[str, str]:
    """A row with the code of its region."""
    return {**row, "region": REGION_ALIASES.get(row["region"], row["region"])}


def find_resource_errors(row: Mapping[str, str], line: int, areas: Container[str]) -> Iterator[str]:
    """One sentence per error of a normalized row; areas: the codes of data/codes/geographies.csv."""
    place = f"data/resources.csv, row {line}"
    for name, allowed in RESOURCE_VOCABULARY.items():
        for value in row[name].split() if name in MULTIPLE_VALUES else [row[name]]:
            if value not in allowed:
                choices = ", ".join(filter(None, allowed))
                yield f"{place}: {name} {value!r} is not known; use one of: {choices}."
    if row["region"] not in areas:
        yield (
            f"{place}: region {row['region']!r} is not in data/codes/geographies.csv, "
            f"nor one of: {', '.join(REGION_ALIASES)}."
        )
    for lang in settings.LANGS:
        length = len(row[f"description_{lang}"].split())
        if not row[f"title_{lang}"] or not 0 < length <= MAX_DESCRIPTION_WORDS:
            yield (
                f"{place}: title_{lang} and description_{lang} need words, "
                f"the description at most {MAX_DESCRIPTION_WORDS} (it has {length})."
            )
    if not row["address"].startswith(("https://", "http://")):
        yield f"{place}: address {row['address']!r} does not start with https:// or http://."
