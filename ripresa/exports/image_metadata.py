"""The seal in an image: in a text chunk of PNG, the metadata of SVG, the document information of PDF.

The checksum of the drawing excludes the seal: it is of a PNG's pixels, of an SVG without its metadata, of a
PDF as it was before the seal was appended.
"""

import base64
import json
import re
import struct
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.sax.saxutils import escape, unescape

from ripresa.exports.seal import Seal, checksum, deserialize_seal, serialize_seal
from ripresa.settings import SITE_NAME

PNG_SIGNATURE, PDF_SIGNATURE = b"\x89PNG\r\n\x1a\n", b"%PDF-"
PNG_KEYWORD = b"ripresa"
PNG_IMAGE_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT")
SVG_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]", re.DOTALL
)
SVG_METADATA = re.compile(r'<metadata id="ripresa">(.*?)</metadata>', re.DOTALL)
SVG_NAMESPACE = "{http://www.w3.org/2000/svg}"
PDF_TITLE = SITE_NAME.encode()  # inside sealed bytes: a file with another title does not verify
MAX_IMAGE_BYTES = 80_000_000


class DamagedImageError(ValueError):
    """The file starts like an image but is damaged."""


def detect_image_format(image: bytes) -> str:
    """ "png", "svg", "pdf", or "" for anything else."""
    if image.startswith(PNG_SIGNATURE):
        return "png"
    if image.startswith(PDF_SIGNATURE):
        return "pdf"
    return "svg" if SVG_START.match(image[:4000]) else ""


def embed_seal(image: bytes, seal: Seal) -> bytes:
    """The image with its seal: that of build_image_seal and the checksum of the drawing."""
    return {"png": _embed_png_seal, "svg": _embed_svg_seal, "pdf": _embed_pdf_seal}[
        detect_image_format(image)
    ](image, seal)


def extract_seal(image: bytes) -> Seal | None:
    """The seal of an image; None where it has none. Raises DamagedImageError."""
    readers = {"png": _read_png_seal, "svg": _read_svg_seal, "pdf": _read_pdf_seal}
    read = readers.get(detect_image_format(image))
    text = read(image) if read else None
    return deserialize_seal(text) if text else None


def has_seal_marker(image: bytes) -> bool:
    """Whether an image contains a seal, readable or not."""
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
    """The checksum of the drawing without the seal. Raises DamagedImageError."""
    return {"png": _checksum_png, "svg": _checksum_svg, "pdf": _checksum_pdf}[detect_image_format(image)](
        image
    )


# --- PNG ---


def iter_png_chunks(image: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk of a PNG. Raises DamagedImageError on a wrong CRC."""
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


def _embed_png_seal(image: bytes, seal: Seal) -> bytes:
    text = serialize_seal({**seal, "drawing": _checksum_png(image)})
    chunk = _build_png_chunk(b"iTXt", PNG_KEYWORD + b"\0\0\0\0\0" + text.encode())
    end = len(PNG_SIGNATURE) + 25  # after IHDR, which is always 13 bytes
    return image[:end] + chunk + image[end:]


def _read_png_seal(image: bytes) -> str | None:
    for name, content in iter_png_chunks(image):
        keyword, _, rest = content.partition(b"\0")
        if name == b"iTXt" and keyword == PNG_KEYWORD and rest[:2] == b"\0\0":
            return rest[2:].split(b"\0", 2)[2].decode("utf-8", "replace")
    return None


def _checksum_png(image: bytes) -> str:
    return checksum(b"".join(content for name, content in iter_png_chunks(image) if name in PNG_IMAGE_CHUNKS))


# --- SVG ---


def extract_svg_texts(image: bytes) -> list[str]:
    """The texts of an SVG, one item per text element, in order. Raises DamagedImageError."""
    try:
        root = ElementTree.fromstring(_decode_svg(image))
    except ElementTree.ParseError as error:
        raise DamagedImageError(f"an SVG that is not XML ({error})") from None
    return [
        " ".join(" ".join("".join(line.itertext()) for line in _get_text_lines(element)).split())
        for element in root.iter(f"{SVG_NAMESPACE}text")
    ]


def decode_svg_texts(encoded: object) -> list[str]:
    """The texts of an SVG when it was sealed, from its seal. Raises DamagedImageError."""
    try:
        return [str(text) for text in json.loads(base64.b64decode(str(encoded)))]
    except (ValueError, TypeError):
        raise DamagedImageError("a seal whose words cannot be read") from None


def _get_text_lines(element: ElementTree.Element) -> list[ElementTree.Element]:
    """The lines of a text element: its spans of class "line", else the element."""
    return [span for span in element if span.get("class") == "line"] or [element]


def _decode_svg(image: bytes) -> str:
    if len(image) > MAX_IMAGE_BYTES or b"<!ENTITY" in image:
        raise DamagedImageError("an SVG that is too large or declares entities")
    return image.decode("utf-8-sig", "replace")


def _embed_svg_seal(image: bytes, seal: Seal) -> bytes:
    bare = SVG_METADATA.sub("", _decode_svg(image))
    texts = json.dumps(extract_svg_texts(bare.encode()), ensure_ascii=False)
    text = serialize_seal(
        {**seal, "drawing": checksum(bare), "texts": base64.b64encode(texts.encode()).decode()}
    )
    opening_tag = re.search(r"<svg[^>]*>", bare)
    if opening_tag is None:
        raise DamagedImageError("an SVG without its element")
    start = opening_tag.end()
    return f'{bare[:start]}<metadata id="ripresa">{escape(text)}</metadata>{bare[start:]}'.encode()


def _read_svg_seal(image: bytes) -> str | None:
    metadata = SVG_METADATA.search(_decode_svg(image))
    return unescape(metadata[1]) if metadata else None


def _checksum_svg(image: bytes) -> str:
    return checksum(SVG_METADATA.sub("", _decode_svg(image)))


# --- PDF: an incremental update at the end of the file, with the seal in the document information ---


def _embed_pdf_seal(image: bytes, seal: Seal) -> bytes:
    image = image if image.endswith(b"\n") else image + b"\n"
    trailer = re.findall(rb"trailer\s*<<(.*?)>>", image, re.DOTALL)
    start = re.findall(rb"startxref\s+(\d+)", image)
    last_trailer = trailer[-1] if trailer else b""
    size = re.search(rb"/Size\s+(\d+)", last_trailer)
    root = re.search(rb"/Root\s+\d+\s+\d+\s+R", last_trailer)
    if not (start and size and root):
        raise DamagedImageError("a PDF without a trailer")
    text = serialize_seal({**seal, "drawing": checksum(image)})
    number = int(size[1])
    info = b"%d 0 obj\n<</Title (%s)/Creator (%s)/RipresaSeal <%s>>>\nendobj\n" % (
        number,
        PDF_TITLE,
        PDF_TITLE,
        text.encode().hex().encode(),
    )
    xref = b"xref\n%d 1\n%010d 00000 n \n" % (number, len(image))
    new_trailer = b"trailer\n<</Size %d\n%s\n/Info %d 0 R\n/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (
        number + 1,
        root[0],
        number,
        start[-1],
        len(image) + len(info),
    )
    return image + info + xref + new_trailer


def _read_pdf_seal(image: bytes) -> str | None:
    seals = re.findall(rb"/RipresaSeal <([0-9a-f]+)>", image)
    if not seals or len(seals[-1]) % 2:
        return None
    return bytes.fromhex(seals[-1].decode()).decode("utf-8", "replace")


def _checksum_pdf(image: bytes) -> str:
    """The checksum of the file before the seal; "" where what follows is not what _embed_pdf_seal writes."""
    infos = list(re.finditer(rb"\d+ 0 obj\n<</Title \(%s\)/Creator" % PDF_TITLE, image))
    original = image[: infos[-1].start()] if infos else image
    seal = extract_seal(image)
    return checksum(original) if seal and _embed_pdf_seal(original, seal) == image else ""
