"""Looks at the blocks of an OpenStreetMap PBF file without unpacking them, to refuse one that would blow up.

A file is a row of blocks, each a length, a header and a packed blob whose first fields tell its unpacked size
(OpenStreetMap wiki, PBF Format). The library that reads them refuses a block that is longer than it says.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from lifeline.errors import InvalidInput

MOST_RATIO = 50
"Unpacked to packed; real extracts have 2 to 5."

_RATIO_MATTERS_ABOVE = 64 * 2**20
_MOST_HEADER = 64 * 1024
_MOST_BLOCK = 32 * 2**20
_FIELD_RAW, _FIELD_RAW_SIZE, _FIELD_DATA_SIZE = 1, 2, 3
_VARINT, _BYTES = 0, 2


def refuse_pbf_bomb(path: Path) -> None:
    """Raise InvalidInput when the file is no PBF, or unpacks to many times its size."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            unpacked = _unpacked_bytes(file, size)
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read: {trouble.strerror or trouble}.") from trouble
    except (ValueError, IndexError):
        raise InvalidInput(f"{str(path)!r} is not an OpenStreetMap PBF file, or only part of one.") from None
    if unpacked > max(_RATIO_MATTERS_ABOVE, MOST_RATIO * size):
        raise InvalidInput(
            f"{str(path)!r} unpacks to {unpacked:,} bytes, more than {MOST_RATIO} times its size; no extract does."
        )


def _unpacked_bytes(file: BinaryIO, size: int) -> int:
    """Add up what the blocks say they unpack to; ValueError or IndexError when they are none."""
    total = 0
    while length := file.read(4):
        header_bytes = int.from_bytes(length, "big")
        if len(length) < 4 or header_bytes > _MOST_HEADER:
            raise ValueError
        header = _fields(file.read(header_bytes))
        block = header.get(_FIELD_DATA_SIZE, 0)
        if not 0 < block <= _MOST_BLOCK or file.tell() + block > size:
            raise ValueError
        start = file.tell()
        fields = _fields(file.read(min(block, 16)))
        total += block if _FIELD_RAW in fields else fields.get(_FIELD_RAW_SIZE, _MOST_BLOCK)
        file.seek(start + block)
    if not size:
        raise ValueError
    return total


def _fields(data: bytes) -> dict[int, int]:
    """Return the numbers in a protobuf message by field, of a byte string its length; what is cut off is left out."""
    fields: dict[int, int] = {}
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        value, place = _varint(data, place)
        fields[key >> 3] = value
        if key & 7 == _BYTES:
            place += value
        elif key & 7 != _VARINT:
            raise ValueError
    return fields


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
        if shift > 63:
            raise ValueError
