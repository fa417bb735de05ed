"""A file, opened so that nothing else can be opened through it."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import av
from av.container import InputContainer

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD: Final = 65536
_BUFFER: Final = 65536
_INVALID: Final = -22

# The demuxers that read one file and follow no names in it. HLS, DASH, concat, SDP, image sequences and
# the like are missing on purpose: what they name would be opened.
FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,avi,flv,asf,asf_o,mpegts,mpeg,mpegvideo,m4v,h264,hevc,vvc,"
    "av1,obu,ivf,mxf,gxf,nut,nsv,rm,ivr,dv,dhav,wtv,roq,smk,bink,vivo,yuv4mpegpipe,h261,h263,vc1,dirac,"
    "mp3,aac,ac3,eac3,ac4,dts,dtshd,truehd,mlp,flac,wav,w64,aiff,au,caf,amr,amrnb,amrwb,ape,tta,wv,tak,mpc,"
    "mpc8,oma,dsf,iff,voc,qcp,shn,gsm,sbc,loas,latm,aa,aax,aea,qoa,xwma,mmf,act,ast,"
    "gif,apng,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,j2k_pipe,jpegxl_pipe,jpegxl_anim,ico,psd_pipe"
)
_OPTIONS: Final = {
    "format_whitelist": FORMATS,
    "protocol_whitelist": "file",
    # Picture sizes that no memory holds are refused before anything is allocated.
    "max_pixels": str(200_000_000),
    "threads": "1",
}


class NotAFile(Exception):  # noqa: N818 - it is no error, but an answer
    """A folder, a device, a pipe: nothing that has bytes of its own."""


class Source:
    """The bytes of a file, for FFmpeg, which gets neither its name nor a way to open another one.

    What the disk has to say is kept in `trouble`, because FFmpeg reports it as damage of the file.
    """

    def __init__(self, descriptor: int, size: int) -> None:
        self.size = size
        self.descriptor = descriptor
        self.trouble: OSError | None = None
        self._position = 0

    def head(self, length: int = HEAD) -> bytes:
        """The first bytes."""
        self.seek(0)
        return self.read(length)

    def read(self, length: int) -> bytes:
        # A hostile file may ask for what lies beyond its end.
        if self._position >= self.size:
            return b""
        try:
            read = os.pread(self.descriptor, length, self._position)
        except OSError as trouble:
            self.trouble = trouble
            raise
        self._position += len(read)
        return read

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Where to read on. FFmpeg takes a negative answer for a refusal."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}.get(whence)
        if start is None or not 0 <= start + offset < 1 << 62:
            return _INVALID
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position


@contextmanager
def opened(path: bytes) -> Iterator[Source]:
    """The file for reading. Raises `OSError`, or `NotAFile`; never waits for another program."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotAFile
        yield Source(descriptor, status.st_size)
    finally:
        os.close(descriptor)


@contextmanager
def demuxed(source: Source, container_format: str | None = None) -> Iterator[InputContainer]:
    """What FFmpeg makes of the file. Raises `av.FFmpegError` and, when the disk fails, `OSError`."""
    source.seek(0)
    try:
        with av.open(
            source,
            "r",
            format=container_format,
            options=_OPTIONS,
            metadata_errors="replace",
            buffer_size=_BUFFER,
            io_open=_refuse,
        ) as container:
            yield container
    finally:
        if source.trouble is not None:
            raise source.trouble


def _refuse(*_arguments: object) -> None:
    raise PermissionError


def patience(seconds: float) -> Callable[[], bool]:
    """A clock that says True as long as there is time left."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end
