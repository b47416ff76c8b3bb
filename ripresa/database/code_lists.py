"""Code lists of data/codes: every published code is resolved through them."""

from pathlib import Path

from ripresa.database.build_errors import BuildError
from ripresa.database.input_files import read_csv

CODE_LIST_COLUMNS = {  # besides code, aliases and names
    "geographies": ["level", "parent", "members", "europe", "position"],
    "sectors": ["kind", "parent", "position"],
    "sizes": ["position"],
    "genders": ["position"],
    "editions": ["position"],
    "units": [],
}
MAX_SUGGESTIONS = 6


class CodeList:
    """One code list: its rows, and the code of each alias. Raises BuildError on an ambiguous alias."""

    def __init__(self, path: Path):
        self.path = path
        columns = [*CODE_LIST_COLUMNS.get(path.stem, []), "code", "aliases", "name_it", "name_en"]
        self.rows = list(read_csv(path, columns))
        self.codes_by_alias: dict[str, str] = {}
        for line, row in enumerate(self.rows, start=2):
            aliases = row["aliases"].split("|") if row["aliases"] else []
            for alias in dict.fromkeys([row["code"], *aliases]):
                if alias in self.codes_by_alias:
                    raise BuildError(
                        f"data/codes/{path.name}, row {line}: {alias!r} already stands for "
                        f"{self.codes_by_alias[alias]!r}; a word means one code."
                    )
                self.codes_by_alias[alias] = row["code"]

    def find_code(self, value: str) -> str:
        """The code of a published value. Raises KeyError with a sentence that suggests similar values."""
        if value in self.codes_by_alias:
            return self.codes_by_alias[value]
        similar = sorted(
            filter(None, self.codes_by_alias),
            key=lambda code: (code[:1] != value[:1], abs(len(code) - len(value)), code),
        )
        suggestions = ", ".join(similar[:MAX_SUGGESTIONS])
        raise KeyError(f"{value!r} is not in data/codes/{self.path.name}; values like {suggestions} are")
