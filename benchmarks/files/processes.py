"""A server and all processes that descend from it: how much memory they took, and what they wrote to disk."""

from contextlib import suppress
from pathlib import Path

from benchmarks.installation import parent_of

PROC = Path("/proc")
# The kinds of processes.
SERVER, WORKER, CHECKER = "the server", "the worker", "the process that looks into files"


class Processes:
    """Those that live at the moment of each question."""

    def __init__(self, server: int) -> None:
        self._server = server

    def forget_peaks(self) -> None:
        """From now on only what comes is a peak (proc(5), clear_refs)."""
        for process in self._living():
            with suppress(OSError):
                (PROC / str(process) / "clear_refs").write_text("5")

    def peaks(self) -> dict[str, int]:
        """The most bytes that were resident of the largest process of each kind since `forget_peaks`."""
        found: dict[str, int] = {}
        for process in self._living():
            with suppress(OSError):
                fields = _fields(PROC / str(process) / "status")
                kind = _kind(process)
                # One that has just ended has none.
                peak = int(fields.get("VmHWM", "0 kB").split()[0]) * 1024
                found[kind] = max(found.get(kind, 0), peak)
        return found

    def written(self) -> int:
        """Bytes that those who live have caused to be written to a disk, ever (proc(5), io)."""
        found = 0
        for process in self._living():
            with suppress(OSError):
                found += int(_fields(PROC / str(process) / "io")["write_bytes"])
        return found

    def _living(self) -> list[int]:
        """The server, its children, their children and so on."""
        parents = {int(entry.name): parent_of(entry) for entry in PROC.glob("[0-9]*")}
        found = [self._server]
        for process in found:
            found += [child for child, parent in parents.items() if parent == process]
        return found


def _fields(file: Path) -> dict[str, str]:
    lines = (line.partition(":") for line in file.read_text(encoding="utf-8").splitlines())
    return {name: value.strip() for name, _, value in lines}


def _kind(process: int) -> str:
    words = (PROC / str(process) / "cmdline").read_bytes().split(b"\0")
    if b"work" in words:
        return WORKER
    return CHECKER if any(b"child.serving" in word for word in words) else SERVER
