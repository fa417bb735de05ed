"""Readers of a whole million pages, and the memory that a server takes for it."""

from .installation import Installation, pagecast
from .load import write_paths, wrk
from .machine import cores, pinned
from .results import Results, say
from .rounds import ask_for
from .stage import Stage
from .stock import at_random, detail, uniform, zipf
from .targets import PLACES, Target

WAYS = {"zipf": zipf, "uniform": uniform}
NAMES = {"zipf": "a million pages by Zipf's law", "uniform": "a million pages, all alike"}
SAMPLE = 200_000
DOCUMENTS = 16 * 2**20
# Enough answers that the documents would fill their place several times over.
ANSWERS, STEPS, STEP_SECONDS = 100_000, 12, 5


def ask_all(stage: Stage, results: Results) -> None:
    """Ask for all pages of the large places, and note the memory of their servers."""
    places = [place for place in stage.servers if PLACES[place].is_large]
    memory = results.data["memory"]
    for place in stage.servers:
        memory.setdefault("after the thousand", {})[place] = stage.servers[place].memory()
    for way, choose in WAYS.items() if places else ():
        for number in range(stage.options.rounds):
            say(f"round {number + 1} of {stage.options.rounds}, {NAMES[way]}")
            for place in places:
                asks = list(choose(stage.stock(place), number, SAMPLE))
                sample = ask_for(stage, place, asks, stage.options.seconds)
                database = PLACES[place].database
                target = Target(f"{way} {database}", f"{NAMES[way]}, {database}", place, lambda _: [])
                results.add(target, "wrk", sample)
        for place in places:
            memory.setdefault(f"after {NAMES[way]}", {})[place] = stage.servers[place].memory()


def fill_memory(installation: Installation, stage: Stage, results: Results) -> None:
    """Let a server with little place for documents read ever more pages, and watch its memory."""
    small = Installation(
        installation.data,
        installation.stock,
        installation.settings,
        more={"PAGECAST_DOCUMENTS_BYTES": str(DOCUMENTS)},
    )
    paths = stage.options.folder / "paths"
    series = []
    with pagecast(small, {cores()[0]}) as server, pinned({cores()[-1]}):
        write_paths(at_random(detail(small.stock.rich()), 0), paths)
        wrk(server.port, paths, STEP_SECONDS, stage.options.connections)
        series.append((0, server.memory()))
        for step in range(STEPS):
            write_paths(uniform(small.stock, step, SAMPLE), paths)
            sample = wrk(server.port, paths, STEP_SECONDS, stage.options.connections)
            series.append((series[-1][0] + sample.answers, server.memory()))
            say(f"  {series[-1][0]:,} answers: {series[-1][1] / 2**20:.0f} MiB")
            if series[-1][0] >= ANSWERS:
                break
    results.data["memory"]["filled"] = {"documents": DOCUMENTS, "series": series}
