"""The files a build reads, and the data version computed from their content."""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ripresa import settings
from ripresa.database.build_errors import BuildError

FORMAT_VERSION = "2"  # raised when the same inputs would give another file


def find_raw_files(root: Path) -> list[Path]:
    """The CSV files of published observations in data/raw and data/imports."""
    return [path for folder in ("raw", "imports") for path in sorted((root / folder).glob("*__*.csv"))]


def list_input_files(root: Path) -> list[Path]:
    """Every file a build of this root reads: declarations, code lists, data/raw, data/imports and SQL."""
    paths = [
        *(root / settings.CATALOGUE / f"{name}.toml" for name in ("indicators", "topics", "sources")),
        root / "claims.csv",
        root / "resources.csv",
        *sorted((root / "codes").glob("*.csv")),
        *find_raw_files(root),
        settings.SCHEMA,
        settings.COLUMNS,
        settings.DERIVATIONS,
    ]
    return [path for path in paths if path.exists()]


def compute_data_version(root: Path = settings.DATA) -> str:
    """Hash of all inputs with line endings normalized: equal inputs give the same version on any machine."""
    digest = hashlib.sha256(FORMAT_VERSION.encode())
    for path in list_input_files(root):
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        digest.update(f"{name}\0".encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:12]


def read_csv(path: Path, columns: Sequence[str] = ()) -> Iterator[dict[str, str]]:
    """Rows of a UTF-8 CSV with at least these columns, empty cells as "". Raises BuildError."""
    folder = f"{path.parent.name}/" if path.parent.name in ("raw", "imports", "codes") else ""
    place = f"data/{folder}{path.name}"
    try:
        with path.open(encoding="utf-8", newline="") as text:
            reader = csv.DictReader(text, strict=True)
            header = reader.fieldnames or []
            missing = [name for name in columns if name not in header]
            if missing or not header:
                raise BuildError(
                    f"{place}: column {', '.join(missing) or 'names'} missing from row 1; "
                    f"the columns are: {', '.join(columns or ['code', '...'])}."
                )
            for line, row in enumerate(reader, start=2):
                if None in row or None in row.values():
                    raise BuildError(
                        f"{place}, row {line}: {len(header)} columns expected; "
                        "a comma inside a text needs quotes around the text."
                    )
                yield row
    except FileNotFoundError:
        raise BuildError(f"{place} is missing: restore it from the repository.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BuildError(f"{place}: not a UTF-8 CSV file ({error}); save it again as CSV UTF-8.") from None
