"""Rows as they leave: batches of Arrow in, pieces of a file out, so that a large answer never stands whole in memory."""

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache

import pyarrow as pa
from pyarrow import csv, parquet

from ripresa.exports.seal import escape_formula

Batches = Iterable[pa.RecordBatch]


def serialize_csv(schema: pa.Schema, batches: Batches) -> Iterator[bytes]:
    """Header on line 1, missing numbers empty, no cell that a spreadsheet would run."""
    yield ",".join(schema.names).encode() + b"\n"
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    for batch in batches:
        out = io.BytesIO()
        csv.write_csv(
            pa.RecordBatch.from_arrays([_escape_formulas(column) for column in batch.columns], schema=schema),
            out,
            options,
        )
        yield out.getvalue()


def serialize_json(batches: Batches, members: dict) -> Iterator[bytes]:
    """One object: the members of `head`, then rows. The batches hold one column, a row's JSON text."""
    yield encode_json(members)[:-1] + b',"rows":['
    between = ""
    for batch in batches:
        if batch.num_rows:
            yield (between + ",\n".join(batch.column(0).to_pylist())).encode()
            between = ",\n"
    yield b"]}"


def serialize_parquet(schema: pa.Schema, batches: Batches, metadata: dict) -> Iterator[bytes]:
    """One file, a row group a batch; `head` goes into its metadata."""
    out = _ChunkBuffer()
    with parquet.ParquetWriter(
        out, schema.with_metadata({key: str(value) for key, value in metadata.items()}), compression="zstd"
    ) as writer:
        for batch in batches:
            writer.write_batch(batch)
            yield out.drain()
    yield out.drain()


def encode_json(value: object) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


@lru_cache(maxsize=64)
def gzip_bytes(body: bytes) -> bytes:
    """A whole body, compressed and kept."""
    return gzip.compress(body, 6, mtime=0)


def gzip_stream(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces compressed as they pass."""
    squeeze = zlib.compressobj(6, wbits=31)
    for piece in pieces:
        if small := squeeze.compress(piece):
            yield small
    yield squeeze.flush()


class _ChunkBuffer(io.RawIOBase):
    """A file that gives away what was written to it."""

    def __init__(self):
        self._chunks, self._position = [], 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, piece) -> int:
        self._chunks.append(bytes(piece))
        self._position += len(self._chunks[-1])
        return len(self._chunks[-1])

    def drain(self) -> bytes:
        parts, self._chunks = self._chunks, []
        return b"".join(parts)


def _escape_formulas(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column
    texts = column.dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        texts.indices, pa.array(map(escape_formula, texts.dictionary.to_pylist()), pa.string())
    ).dictionary_decode()
