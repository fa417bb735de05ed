"""The parts that are about files, one after the other; none of them is pinned to a core."""

import json
from statistics import median, quantiles

from benchmarks.installation import Installation
from benchmarks.options import Options
from benchmarks.results import Results, say
from benchmarks.stock import Stock

from . import importing, receiving
from .corpus import LIBRARY, make_library


def measure(options: Options, postgresql: str, results: Results) -> None:
    """Measure those that are asked for."""
    if {"receive", "filing"} & options.parts:
        receiving.measure(options, results)
    if not {"import", "probe"} & options.parts:
        return
    library, installation = options.folder / "library", Installation(options.folder / "probing", Stock())
    installation.data.mkdir()
    results.data["facts"][LIBRARY] = make_library(library, options.files, options.media, installation)
    if "probe" in options.parts:
        for number in range(options.file_rounds):
            say(f"round {number + 1} of {options.file_rounds}, looking into files")
            found = json.loads(installation.run("probe", str(library)))
            times = [each["seconds"] * 1000 for each in found]
            results.add_round("probe: median", "looking into a file: median", "ms", median(times))
            results.add_round("probe: p99", "looking into a file: p99", "ms", quantiles(times, n=100)[-1])
    if "import" in options.parts:
        importing.measure(options, library, postgresql, results)
