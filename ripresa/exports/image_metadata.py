"""Where an image keeps its seal: PNG in a text chunk, SVG in its metadata, PDF in its document information. Nothing is drawn again.

The check of what is drawn leaves the seal itself out: a PNG's pixels, an SVG without its metadata, a PDF as it was before the seal was added.
"""

import base64
import json
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ripresa.exports import seal as fingerprint

PNG_SIGNATURE, PDF_SIGNATURE = b"\x89PNG\r\n\x1a\n", b"%PDF-"
PNG_KEYWORD = b"ripresa"
PNG_IMAGE_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT")
SVG_METADATA = re.compile(r'<metadata id="ripresa">(.*?)</metadata>', re.DOTALL)
SVG_NAMESPACE = "{http://www.w3.org/2000/svg}"
MAX_IMAGE_BYTES = 80_000_000  # bytes of the largest image read


class DamagedImageError(ValueError):
    """The file starts like an image but does not hold together."""


def detect_image_format(image: bytes) -> str:
    """ "png", "svg", "pdf", or "" for anything else."""
    if image.startswith(PNG_SIGNATURE):
        return "png"
    if image.startswith(PDF_SIGNATURE):
        return "pdf"
    return (
        "svg"
        if re.match(
            rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]",
            image[:4000],
            re.DOTALL,
        )
        else ""
    )


def embed_seal(image: bytes, seal: Mapping) -> bytes:
    """The image with its seal: `seal` is fingerprint.picture, completed here with the check of what is drawn."""
    return {"png": _embed_png_seal, "svg": _embed_svg_seal, "pdf": _embed_pdf_seal}[
        detect_image_format(image)
    ](image, seal)


def extract_seal(image: bytes) -> dict | None:
    """The seal of an image; None where it has none. Raises Damaged."""
    text = {"png": _read_png_seal, "svg": _read_svg_seal, "pdf": _read_pdf_seal, "": lambda image: None}[
        detect_image_format(image)
    ](image)
    return fingerprint.loads(text) if text else None


def has_seal_marker(image: bytes) -> bool:
    """Whether an image once had a seal, readable or not."""
    return any(
        word in image
        for word in (
            b'"ripresa":',
            b'"fingerprint":',
            b'"ripresa":'.hex().encode(),
            b'"fingerprint":'.hex().encode(),
        )
    )


def checksum_drawing(image: bytes) -> str:
    """The check of what is drawn, the seal aside. Raises Damaged."""
    return {"png": _checksum_png, "svg": _checksum_svg, "pdf": _checksum_pdf}[detect_image_format(image)](
        image
    )


# --- PNG ---


def iter_png_chunks(image: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk of a PNG. Raises Damaged where one does not hold."""
    place = len(PNG_SIGNATURE)
    while place < len(image):
        head = image[place : place + 8]
        if len(head) < 8:
            raise DamagedImageError("a PNG that ends half way")
        size, name = struct.unpack(">I4s", head)
        content, tail = image[place + 8 : place + 8 + size], image[place + 8 + size : place + 12 + size]
        if len(tail) < 4 or struct.unpack(">I", tail)[0] != zlib.crc32(name + content):
            raise DamagedImageError(f"a PNG whose {name.decode('latin-1')} does not hold")
        yield name, content
        place += 12 + size


def _build_png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _embed_png_seal(image: bytes, seal: Mapping) -> bytes:
    text = fingerprint.dumps({**seal, "drawing": _checksum_png(image)})
    own = _build_png_chunk(b"iTXt", PNG_KEYWORD + b"\0\0\0\0\0" + text.encode())
    end = len(PNG_SIGNATURE) + 25  # after IHDR, which is always 13 bytes
    return image[:end] + own + image[end:]


def _read_png_seal(image: bytes) -> str | None:
    for name, content in iter_png_chunks(image):
        keyword, _, rest = content.partition(b"\0")
        if name == b"iTXt" and keyword == PNG_KEYWORD and rest[:2] == b"\0\0":
            return rest[2:].split(b"\0", 2)[2].decode("utf-8", "replace")
    return None


def _checksum_png(image: bytes) -> str:
    return fingerprint.checksum(
        b"".join(content for name, content in iter_png_chunks(image) if name in PNG_IMAGE_CHUNKS)
    )


# --- SVG ---


def extract_svg_texts(image: bytes) -> list[str]:
    """The words an SVG shows, one item a text element, in order. Raises Damaged."""
    try:
        root = ElementTree.fromstring(_decode_svg(image))
    except ElementTree.ParseError as fault:
        raise DamagedImageError(f"an SVG that is not XML ({fault})") from None
    return [
        " ".join(" ".join("".join(line.itertext()) for line in _get_text_lines(element)).split())
        for element in root.iter(f"{SVG_NAMESPACE}text")
    ]


def decode_svg_texts(word: object) -> list[str]:
    """The words an SVG had when it was sealed. Raises Damaged."""
    try:
        return [str(text) for text in json.loads(base64.b64decode(str(word)))]
    except (ValueError, TypeError):
        raise DamagedImageError("a seal whose words cannot be read") from None


def _get_text_lines(element: ElementTree.Element) -> list[ElementTree.Element]:
    """The lines of a text: its spans of class line, else the whole of it."""
    return [span for span in element if span.get("class") == "line"] or [element]


def _decode_svg(image: bytes) -> str:
    if len(image) > MAX_IMAGE_BYTES or b"<!ENTITY" in image:
        raise DamagedImageError("an SVG that is too large or declares entities")
    return image.decode("utf-8-sig", "replace")


def _embed_svg_seal(image: bytes, seal: Mapping) -> bytes:
    bare = SVG_METADATA.sub("", _decode_svg(image))
    text = fingerprint.dumps(
        {
            **seal,
            "drawing": fingerprint.checksum(bare),
            "texts": base64.b64encode(
                json.dumps(extract_svg_texts(bare.encode()), ensure_ascii=False).encode()
            ).decode(),
        }
    )
    start = re.search(r"<svg[^>]*>", bare).end()
    return f'{bare[:start]}<metadata id="ripresa">{escape(text)}</metadata>{bare[start:]}'.encode()


def _read_svg_seal(image: bytes) -> str | None:
    found = SVG_METADATA.search(_decode_svg(image))
    return found and found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _checksum_svg(image: bytes) -> str:
    return fingerprint.checksum(SVG_METADATA.sub("", _decode_svg(image)))


# --- PDF: an update at the end of the file, as its format foresees, with the seal in the document information ---


def _embed_pdf_seal(image: bytes, seal: Mapping) -> bytes:
    image = image if image.endswith(b"\n") else image + b"\n"
    trailer = re.findall(rb"trailer\s*<<(.*?)>>", image, re.DOTALL)
    start = re.findall(rb"startxref\s+(\d+)", image)
    size, root = (
        re.search(wanted, trailer[-1] if trailer else b"")
        for wanted in (rb"/Size\s+(\d+)", rb"/Root\s+\d+\s+\d+\s+R")
    )
    if not (start and size and root):
        raise DamagedImageError("a PDF without a trailer")
    text = fingerprint.dumps({**seal, "drawing": fingerprint.checksum(image)})
    number, own = int(size[1]), image
    place = len(own)
    own += (
        b"%d 0 obj\n<</Title (Ripresa digitale)/Creator (Ripresa digitale)/RipresaSeal <%s>>>\nendobj\n"
        % (number, text.encode().hex().encode())
    )
    table = len(own)
    return (
        own
        + b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d\n%s\n/Info %d 0 R\n/Prev %s>>\nstartxref\n%d\n%%%%EOF\n"
        % (number, place, number + 1, root[0], number, start[-1], table)
    )


def _read_pdf_seal(image: bytes) -> str | None:
    found = re.findall(rb"/RipresaSeal <([0-9a-f]+)>", image)
    return (
        bytes.fromhex(found[-1].decode()).decode("utf-8", "replace")
        if found and len(found[-1]) % 2 == 0
        else None
    )


def _checksum_pdf(image: bytes) -> str:
    """Empty where what follows the drawing is not what `put` wrote."""
    own = list(re.finditer(rb"\d+ 0 obj\n<</Title \(Ripresa digitale\)/Creator", image))
    before, seal = image[: own[-1].start()] if own else image, extract_seal(image)
    return fingerprint.checksum(before) if seal and _embed_pdf_seal(before, seal) == image else ""
