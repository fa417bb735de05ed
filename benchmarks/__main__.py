"""python -m benchmarks: measure, and write the report; `--render` writes it again from the last results."""

import argparse
import signal
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

from tests.services import postgres

from . import batches, million, rounds, work
from .files import measuring as files
from .machine import facts
from .options import Options
from .plot import draw
from .report import write
from .results import Results, say
from .stage import HONEST, Stage
from .targets import FILES, PARTS, PLACES, of_parts
from .tools import provide_wrk

HERE = Path(__file__).resolve().parent
ALL_OF_FILES = "files"


def measure(options: Options, results: Results) -> None:
    """Measure the parts, one stage after the other. However it ends, all that was started ends, too."""
    chosen = {
        name: str(value)
        for name, value in asdict(options).items()
        if name not in {"folder", "parts", "media"}
    }
    results.data["options"] = chosen | {"parts": ", ".join(sorted(options.parts))}
    with ExitStack() as exits:
        folder = exits.enter_context(
            tempfile.TemporaryDirectory(prefix="pagecast-bench-", dir=options.folder)
        )
        options = replace(options, folder=Path(folder).resolve())
        url = exits.enter_context(postgres(**HONEST))
        results.data["facts"] = facts(options.folder, url)
        targets = of_parts(options.parts)
        for is_pinned in (True, False):
            stage = [target for target in targets if PLACES[target.place].is_pinned == is_pinned]
            if stage:
                _run(Stage(stage, options, url), results)
        if "work" in options.parts:
            say("what one view costs the database")
            work.measure(options, results)
        if "batches" in options.parts:
            say("what a batch costs PostgreSQL, and a document Redis")
            batches.measure(options, results)
        files.measure(options, url, results)


def _run(stage: Stage, results: Results) -> None:
    with stage:
        rounds.warm_up(stage, results)
        rounds.ask(stage, results)
        rounds.check(stage, results)
        rounds.settle(stage, results)
        million.ask_all(stage, results)
    # Its server may have the documents of the others in mind, so this one starts anew.
    if large := stage.installations.get("million on SQLite"):
        million.fill_memory(large, stage, results)


def main() -> int:
    """Measure what the command line says, and write the report. A missed bound is no error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    default = Options(Path(tempfile.gettempdir()))
    parser.add_argument(
        "--only",
        default=",".join(PARTS),
        help=f"parts, with commas: {', '.join(PARTS)}; {ALL_OF_FILES} for {', '.join(FILES)}",
    )
    parser.add_argument("--seconds", type=int, default=default.seconds, help="of a round")
    parser.add_argument("--warm-up", type=int, default=default.warm_up, help="seconds before each round")
    parser.add_argument("--rounds", type=int, default=default.rounds)
    parser.add_argument("--connections", type=int, default=default.connections)
    parser.add_argument("--large", type=int, default=default.large, help="pages where a million is meant")
    parser.add_argument("--files", type=int, default=default.files, help="of the library to import")
    parser.add_argument("--large-file", type=int, default=default.large_file, help="MiB of a large file")
    parser.add_argument("--file-rounds", type=int, default=default.file_rounds)
    parser.add_argument("--media", type=Path, default=default.media, help="films and sounds for the library")
    parser.add_argument(
        "--folder", type=Path, default=default.folder, help="for databases and files: on a disk"
    )
    parser.add_argument("--output", type=Path, default=HERE, help="for the report")
    parser.add_argument("--render", action="store_true", help="only write the report of the last results")
    given = vars(parser.parse_args())
    output, render, parts = given.pop("output"), given.pop("render"), set(given.pop("only").split(","))
    if ALL_OF_FILES in parts:
        parts = parts - {ALL_OF_FILES} | set(FILES)
    if unknown := parts - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    if render:
        results = Results.read(output / "results.json")
    else:
        # So that whatever was started is ended by this signal as by Ctrl-C.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        provide_wrk()
        output.mkdir(parents=True, exist_ok=True)
        results = Results()
        try:
            measure(Options(parts=frozenset(parts), **given), results)
        finally:
            # What was measured before something went wrong is not lost.
            results.write(output / "results.json")
    draw(results.data, output / "report.svg")
    say(write(results.data, output / "REPORT.md"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
