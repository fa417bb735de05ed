"""The report's section about files: everything that was measured, and how."""

from statistics import median

from benchmarks.verdict import Data

from .corpus import LIBRARY

HOW = """\
A real `pagecast serve` with its worker, on SQLite, takes the large file over loopback, by one PATCH of a
resumable upload and by a form; the kernel sends it from the page cache. It is a film with a box of chance
behind it. The clock runs until the answer, and bytes that are answered for are on disk: so `sync` is the
fairer measure, and `cat` alone the stricter one. `sha256sum` of many systems does not use what the processor
has for it; OpenSSL does, as Python and so Pagecast do, and stands beside it. Filing runs from the request
that makes the content until its file is completed, as an editor sees it who looks a hundred times a second;
the worker itself looks for work 0.3 s after it last had any. Memory is the peak of the largest process of
each kind. Bytes written are what all processes of the server caused (`/proc/PID/io`), rows and the database's
log included.

An import is `pagecast import` from its start to its end, into an installation whose database is empty.
`sha256sum` and `cp -r` have the same files, from the page cache, and the disk is at rest before each. The
programs and the imports take turns, round by round. Looking into a file is what is done before an upload is
filed, in a process of its own, one file after the other."""
DIGITS = {"s": 2, "ms": 1, "MiB": 0}


def section(data: Data) -> list[str]:
    """The section, if anything of it was measured."""
    if not data["files"]:
        return []
    lines = ["|  | median | rounds |", "| --- | --- | --- |"]
    for found in data["files"].values():
        unit, rounds = found["unit"], found["rounds"]
        digits = DIGITS.get(unit, 4)
        spread = f"{min(rounds):,.{digits}f}–{max(rounds):,.{digits}f}"
        lines.append(f"| {found['label']} | {median(rounds):,.{digits}f} {unit} | {spread} |")
    table = "\n".join(lines)
    large, library = data["options"]["large_file"], data["facts"].get(LIBRARY, "none")
    what = f"The large file has {int(large):,} MiB. The library to import: {library}."
    return [f"## Files\n\n{what}\n\n{table}\n\n{HOW}"]
