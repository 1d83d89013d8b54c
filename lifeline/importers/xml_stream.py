"""Reads XML as it streams by and refuses what no map needs: document types, entities, endless or deep elements.

The parser is expat of the standard library. A document type is refused as soon as it begins, before any entity can
be declared, so nothing is ever expanded or fetched (OWASP ASVS 5.0, 1.5.1). What is kept in memory is the element
that is being read, whatever the size of the file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from lifeline.errors import InvalidInput

MOST_DEPTH = 32
MOST_ATTRIBUTES = 100
MOST_TOKEN_BYTES = 2**20
"One tag, comment or attribute; expat 2.5 reads a token once more for every piece that arrives of it."

_PIECE = 2**16
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"PK": "zip", b"\xfd7zXZ": "xz"}

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


def stream_xml(path: Path, *, start: Start, end: End, text: Text | None = None) -> None:
    """Call `start(name, attributes)`, `end(name)` and `text(characters)` for what stands in the file, in its order.

    Text may come in several pieces. InvalidInput names the line of what is not XML, or is refused.
    """
    where = repr(str(path))
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def refuse(message: str) -> InvalidInput:
        return InvalidInput(f"{where}, line {parser.CurrentLineNumber}: {message}")

    def on_start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MOST_DEPTH:
            raise refuse(f"elements are nested more than {MOST_DEPTH} deep.")
        if len(attributes) > MOST_ATTRIBUTES:
            raise refuse(f"<{name}> has more than {MOST_ATTRIBUTES} attributes.")
        start(name, attributes)

    def on_end(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name)

    def on_doctype(*_: object) -> None:
        raise refuse("a document type (<!DOCTYPE) is not read, as it can blow a file up; take it out.")

    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.StartDoctypeDeclHandler = on_doctype
    if text is not None:
        parser.CharacterDataHandler = text
    fed = 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                if not fed:
                    _refuse_packed(piece, where)
                parser.Parse(piece, False)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > MOST_TOKEN_BYTES:
                    raise refuse(f"a tag or comment is longer than {MOST_TOKEN_BYTES:,} bytes.")
            parser.Parse(b"", True)
    except expat.ExpatError as trouble:
        what = expat.ErrorString(trouble.code)
        raise InvalidInput(
            f"{where} is not XML: {what} in line {trouble.lineno}, column {trouble.offset + 1}."
        ) from None
    except OSError as trouble:
        raise InvalidInput(f"{where} cannot be read: {trouble.strerror or trouble}.") from trouble


def _refuse_packed(piece: bytes, where: str) -> None:
    for mark, name in _PACKED.items():
        if piece.startswith(mark):
            raise InvalidInput(f"{where} is packed with {name}; unpack it first.")
