"""Packed and foreign-encoded files become plain UTF-8 in files without a name, within limits.

Such a file has no entry in any folder, so that no clear copy of a source stays behind: the system frees it with the
process, even a killed one. What a small file may grow to is bounded in all and as a multiple of its packed size.
"""

import bz2
import codecs
import gzip
import lzma
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from churn_tasks.core.errors import BadInput

COPY_BYTES = 1 << 20
XZ_MEMORY_BYTES = 256 << 20  # a stream may ask for up to 4 GB of dictionary
RATIO_FREE_BYTES = 16 << 20  # below it nothing is a bomb, whatever its ratio
PACKINGS = (".gz", ".xz", ".bz2", ".zip")
_UNITS = {"MB": 1_000_000, "GB": 1_000_000_000}
_CHINESE = re.compile("[\u3000-\ufffc\U00010000-\U0010ffff]")
_BROKEN = (
    EOFError,
    OSError,
    lzma.LZMAError,
    zlib.error,
    zipfile.BadZipFile,
    NotImplementedError,
)


@dataclass
class Budget:
    """How much one opened source may unpack.

    Attributes:
        total: bytes in all files together.
        ratio: largest multiple of the packed size.
    """

    total: int
    ratio: int
    spent: int = 0

    @classmethod
    def of(cls, most: str, ratio: int) -> "Budget":
        """From the settings' form.

        >>> Budget.of("20GB", 200).total
        20000000000
        """
        number, unit = most[:-2], most[-2:]
        return cls(total=int(number) * _UNITS[unit], ratio=ratio)

    def spend(self, name: str, made: int, unpacked: int, packed: int | None) -> None:
        """Account for ``made`` more bytes of a file that has grown to ``unpacked`` from ``packed``.

        Raises:
            BadInput: too much; the file is not unpacked further.
        """
        self.spent += made
        if self.spent > self.total:
            raise BadInput(
                f"{name}: files of this month unpack to more than {self.total / 1e9:g} GB; if that is right, raise"
                " source.max_unpacked"
            )
        if packed is not None and unpacked > max(RATIO_FREE_BYTES, self.ratio * packed):
            raise BadInput(
                f"{name} unpacks to more than {self.ratio} times its {packed:,} bytes, as a decompression bomb does;"
                " if that is right, raise source.max_unpack_ratio"
            )


def nameless(folder: Path) -> BinaryIO:
    """A file without a name on the disk of ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))


def pieces(stream: BinaryIO) -> Iterator[bytes]:
    """What is left of a stream, in pieces of at most a megabyte or so."""
    while piece := stream.read(COPY_BYTES):
        yield piece


def unpacked(
    name: str, stream: BinaryIO, packing: str, budget: Budget
) -> Iterator[bytes]:
    """The content in pieces of at most a megabyte or so.

    Args:
        packing: one of ``PACKINGS``, or empty for a file that is not packed.

    Raises:
        BadInput: it is damaged, encrypted, has not exactly one file in it, or grows too large.
    """
    packed = os.fstat(stream.fileno()).st_size if packing else None
    grown = 0
    try:
        for piece in _unpacked_pieces(name, stream, packing):
            grown += len(piece)
            budget.spend(name, len(piece), grown, packed)
            yield piece
    except _BROKEN as error:
        raise BadInput(
            f"{name} is not a whole {packing.lstrip('.')} file: {_reason(error)}"
        ) from None


def _reason(error: BaseException) -> str:
    text = str(error)
    return text.splitlines()[0] if text else type(error).__name__


def _unpacked_pieces(name: str, stream: BinaryIO, packing: str) -> Iterator[bytes]:
    if packing == ".xz":
        yield from _unpacked_xz(stream)
        return
    with _reader(name, stream, packing) as reader:
        yield from pieces(reader)


@contextmanager
def _reader(name: str, stream: BinaryIO, packing: str) -> Iterator[BinaryIO]:
    if packing == ".gz":
        yield cast(BinaryIO, gzip.GzipFile(fileobj=stream))
    elif packing == ".bz2":
        yield cast(BinaryIO, bz2.BZ2File(stream))
    elif packing == ".zip":
        with (
            zipfile.ZipFile(stream) as archive,
            archive.open(only_member(name, archive)) as member,
        ):
            yield cast(BinaryIO, member)
    else:
        yield stream


def only_member(name: str, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one file of an archive; its name is never used as a path.

    Raises:
        BadInput: there are none or several, or it is encrypted.
    """
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) != 1:
        raise BadInput(
            f"{name} holds {len(members)} files; put exactly one CSV file into each zip"
        )
    if members[0].flag_bits & 1:
        raise BadInput(
            f"{name} is encrypted; deliver it without a password, on a protected way"
        )
    return members[0]


def _unpacked_xz(stream: BinaryIO) -> Iterator[bytes]:
    """As ``lzma.open`` would, with a bound on the memory that a stream may ask for."""
    data = stream.read(COPY_BYTES)
    while data:
        unpacker = lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES)
        while not unpacker.eof:
            if unpacker.needs_input:
                data = data or stream.read(COPY_BYTES)
                if not data:
                    raise EOFError("it ends before its end mark")
            yield unpacker.decompress(data, COPY_BYTES)
            data = b""
        # streams may follow each other, with zeros between them
        data = unpacker.unused_data.lstrip(b"\0")
        while not data and (more := stream.read(COPY_BYTES)):
            data = more.lstrip(b"\0")


class Undecodable(Exception):
    """Some bytes of a file are no text in the stated encoding."""


class Utf8:
    """Bytes of a text file as UTF-8, checked piece by piece.

    Raises (from ``piece`` and ``end``):
        Undecodable: some bytes are not in the stated encoding.
        BadInput: all of them look like another one.
    """

    def __init__(self, name: str, encoding: Literal["utf-8", "gb18030"]) -> None:
        self.name, self.encoding = name, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._as_utf8: codecs.IncrementalDecoder | None = None
        if encoding == "gb18030":
            self._as_utf8 = codecs.getincrementaldecoder("utf-8")()
        self._has_chinese = False
        self._is_first = True

    def piece(self, data: bytes, final: bool = False) -> bytes:
        """The piece as UTF-8; a character cut by the end of the piece comes with the next one."""
        if self._is_first and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise BadInput(f"{self.name} is UTF-16; save it as UTF-8 or GB18030")
        if b"\0" in data:
            if self._is_first and b"\0" in data.partition(b"\n")[0]:
                raise BadInput(
                    f"{self.name}, line 1: a NUL byte; the file is UTF-16 or no text at all"
                )
            raise Undecodable
        text = self._decoded(data, final)
        self._suspect(data, final)
        self._is_first = self._is_first and not data
        return data if self.encoding == "utf-8" else text.encode()

    def end(self) -> bytes:
        """What is left when the file ends."""
        return self.piece(b"", final=True)

    def _decoded(self, data: bytes, final: bool) -> str:
        try:
            return self._decoder.decode(data, final)
        except UnicodeDecodeError:
            raise Undecodable from None

    def _suspect(self, data: bytes, final: bool) -> None:
        """Whole UTF-8 text with Chinese in it reads as wrong Chinese in GB18030, without any error."""
        if self._as_utf8 is None:
            return
        try:
            text = self._as_utf8.decode(data, final)
        except UnicodeDecodeError:
            self._as_utf8 = None
            text = data.decode("utf-8", "replace")
            if self._has_chinese or len(_CHINESE.findall(text)) > text.count("\ufffd"):
                raise self._is_utf8("but for some damage") from None
            return
        if _CHINESE.search(text):
            self._has_chinese = True
        if final and self._has_chinese:
            raise self._is_utf8("from end to end")

    def _is_utf8(self, how_far: str) -> BadInput:
        return BadInput(
            f"{self.name} is UTF-8 {how_far}, not GB18030 as source.files says: set encoding: utf-8"
        )


def refuse_other_encoding(name: str, stream: BinaryIO, encoding: str) -> None:
    """Refuse a text that is written in the other encoding.

    Damage is in single lines; a file in another encoding shows it in most lines that are more than ASCII.

    Raises:
        BadInput: most of these lines fit the other encoding.
    """
    first: dict[str, int] = {}
    lines = lines_by_encoding(stream, first)
    other = "utf-8" if encoding == "gb18030" else "gb18030"
    if lines[other] > lines[encoding]:
        raise BadInput(
            f"{name}, line {first[other]}: not {encoding.upper()} as source.files says; if the file is"
            f" {other.upper()}, set encoding: {other}"
        )


def lines_by_encoding(
    stream: BinaryIO, first: dict[str, int] | None = None
) -> dict[str, int]:
    """How many lines that are more than ASCII fit which encoding; text in GB18030 is hardly ever UTF-8 as well.

    Args:
        first: is told the first line of each.
    """
    lines = {"utf-8": 0, "gb18030": 0}
    stream.seek(0)
    for number, line in enumerate(stream, 1):
        if line.isascii():
            continue
        for fitting in lines:
            if _is_text(line, fitting):
                lines[fitting] += 1
                if first is not None:
                    first.setdefault(fitting, number)
                break
    return lines


def _is_text(line: bytes, encoding: str) -> bool:
    """Whether a line fits an encoding; what fits UTF-8 by chance holds no Chinese."""
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return encoding != "utf-8" or _CHINESE.search(text) is not None
