"""Django's upload handler: forms and the API put their files straight into staging, never whole in memory."""

from contextlib import ExitStack
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from .errors import NoRoom, Refused, TooLarge, Unreachable
from .models import Upload
from .receiving import Staging
from .staging.place import CHUNK


class StagedFile(UploadedFile):  # type: ignore[type-arg]  # not generic at run time
    """An uploaded file whose bytes are in staging. Django closes it at the end of the request."""

    def __init__(self, staging: Staging, content_type: str | None, charset: str | None) -> None:
        self.staging = staging
        self.refused: Refused | None = None
        super().__init__(file=None, name=staging.name, content_type=content_type, size=0, charset=charset)

    def keep(self) -> Upload:
        """Make it an upload. Raises `Refused` in the words that the editor shall read."""
        if self.refused is not None:
            raise self.refused
        return self.staging.keep()

    def close(self) -> None:
        """Remove the bytes unless they were kept."""
        self.staging.close()


class StagingUploadHandler(FileUploadHandler):
    """Streams one file after another into staging.

    A file past the limit is read to its end but not kept, and says so from `StagedFile.keep`:
    a browser that is cut off in the middle shows its user no reason at all.
    """

    chunk_size = CHUNK
    staged: StagedFile | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        user = getattr(self.request, "user", None)
        if user is not None and not user.is_authenticated:
            # A form is read for its CSRF token before anybody asks who sends it.
            raise StopUpload(connection_reset=True)
        staging = Staging(self.file_name or "", sender="" if user is None else str(user.pk))
        self.staged = StagedFile(staging, self.content_type, self.charset)
        if self.request is not None:
            # When a form breaks off, Django forgets what was coming in; its request it always closes.
            at_the_end = ExitStack()
            at_the_end.callback(self.request.close)
            at_the_end.callback(self.staged.close)
            self.request.close = at_the_end.close  # type: ignore[method-assign]

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.staged is not None and self.staged.refused is None:
            try:
                self.staged.staging.write(raw_data)
            except (TooLarge, NoRoom) as refusal:
                self.staged.refused = refusal
                # Room for others.
                self.staged.staging.close()

    def file_complete(self, file_size: int) -> StagedFile | None:
        staged, self.staged = self.staged, None
        if staged is not None:
            staged.size = file_size
            # An empty one is told from `keep`, too: the rest of the form is sound.
            if staged.refused is None and file_size:
                try:
                    staged.staging.settle()
                except (NoRoom, Unreachable) as refusal:
                    staged.refused = refusal
        return staged

    def upload_interrupted(self) -> None:
        if self.staged is not None:
            self.staged.close()
            self.staged = None

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Nothing to do: every file is streamed, whatever the size of the request."""
