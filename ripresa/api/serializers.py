"""Serializers: Arrow batches in, chunks of a file out, so that a large response is never in memory whole."""

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import pyarrow as pa
from pyarrow import csv, parquet

from ripresa.exports.seal import escape_formula

Batches = Iterable[pa.RecordBatch]


def serialize_csv(schema: pa.Schema, batches: Batches) -> Iterator[bytes]:
    """CSV with a header line, empty cells for missing values, and spreadsheet formulas escaped."""
    yield ",".join(schema.names).encode() + b"\n"
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    for batch in batches:
        columns = [_escape_formulas(column) for column in batch.columns]
        chunk = io.BytesIO()
        csv.write_csv(pa.RecordBatch.from_arrays(columns, schema=schema), chunk, options)
        yield chunk.getvalue()


def serialize_json(batches: Batches, members: Mapping[str, object]) -> Iterator[bytes]:
    """One JSON object: `members`, then "rows". The batches have one column, the JSON text of each row."""
    yield encode_json(members)[:-1] + b',"rows":['
    separator = ""
    for batch in batches:
        if batch.num_rows:
            yield (separator + ",\n".join(batch.column(0).to_pylist())).encode()
            separator = ",\n"
    yield b"]}"


def serialize_parquet(schema: pa.Schema, batches: Batches, metadata: Mapping[str, object]) -> Iterator[bytes]:
    """A Parquet file with one row group per batch and `metadata` as its key-value metadata."""
    buffer = _ChunkBuffer()
    schema = schema.with_metadata({key: str(value) for key, value in metadata.items()})
    with parquet.ParquetWriter(buffer, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            yield buffer.drain()
    yield buffer.drain()


def encode_json(value: object) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


@lru_cache(maxsize=64)
def gzip_bytes(body: bytes) -> bytes:
    """A compressed body; the last 64 are cached."""
    return gzip.compress(body, 6, mtime=0)


def gzip_stream(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Chunks compressed as one gzip stream."""
    compressor = zlib.compressobj(6, wbits=31)
    for chunk in chunks:
        if compressed := compressor.compress(chunk):
            yield compressed
    yield compressor.flush()


class _ChunkBuffer(io.BytesIO):
    """In-memory file that can be drained between row groups; positions go on counting from the start."""

    def __init__(self) -> None:
        super().__init__()
        self._drained_bytes = 0

    def tell(self) -> int:
        return self._drained_bytes + super().tell()

    def drain(self) -> bytes:
        chunk = self.getvalue()
        self._drained_bytes += len(chunk)
        self.seek(0)
        self.truncate()
        return chunk


def _escape_formulas(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column
    encoded = column.dictionary_encode()
    escaped = pa.array(map(escape_formula, encoded.dictionary.to_pylist()), pa.string())
    return pa.DictionaryArray.from_arrays(encoded.indices, escaped).dictionary_decode()
