"""What a view costs a node and a database: lines through what `make bench` has measured."""

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "results.json"


@dataclass(frozen=True)
class Costs:
    """Seconds of a processor, but for `flush` and `network`, which are waiting; and bytes of the log."""

    #: Of a batch, and of each row in it, on the database's machine.
    batch: float
    row: float
    #: Of a batch, and of each row in it, on the node; and of an answer, all in all.
    sending: float
    sending_row: float
    answer: float
    #: Until the log is on disk; there and back between two machines.
    flush: float
    network: float
    #: Bytes of the log that a row costs, and bytes of an answer.
    log: float
    body: float
    #: Seconds of a worker for each page that it settles, and of a Redis for each document that it hands out.
    settling: float
    document: float


def measured(file: Path = RESULTS) -> Costs:
    """The costs of the last run. Raises `KeyError` if it left out the parts `detail` and `batches`."""
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    batches = data["batches"]["batches"]
    row, batch = _line(batches, "database")
    sending_row, sending = _line(batches, "node")
    largest = max(batches, key=int)
    settled = data["settling"]["PostgreSQL"]
    return Costs(
        batch=batch,
        row=row,
        sending=sending,
        sending_row=sending_row,
        answer=1 / median(sample["rate"] for sample in data["targets"]["detail postgresql"]["wrk"]),
        flush=median(data["commits"]["PostgreSQL"]),
        network=NETWORK,
        log=batches[largest]["log"] / int(largest),
        body=data["books"]["PostgreSQL"]["bytes"],
        settling=settled["seconds"] / settled["settled"],
        document=data["batches"]["documents"]["redis"],
    )


def contests(file: Path = RESULTS) -> list[dict[str, float]]:
    """What was measured of clients that count at once, and on how many cores."""
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return [{**found, "cores": float(data["facts"]["cores"])} for found in data["batches"]["contests"]]


# Of two machines in one hall, there and back. It was not measured: all that we have is one machine.
NETWORK = 0.3e-3


def _line(batches: dict[str, dict[str, float]], what: str) -> tuple[float, float]:
    """The cost of a row, and of a batch without any: least squares, of relative errors.

    Else the small batches, which are most of them, would be lost beside the large ones.
    """
    points = [(int(size), batch[what]) for size, batch in batches.items()]
    weights = [1 / cost**2 for _, cost in points]
    size = sum(weight * size for weight, (size, _) in zip(weights, points, strict=True)) / sum(weights)
    cost = sum(weight * cost for weight, (_, cost) in zip(weights, points, strict=True)) / sum(weights)
    slope = sum(
        weight * (each - size) * (paid - cost) for weight, (each, paid) in zip(weights, points, strict=True)
    ) / sum(weight * (each - size) ** 2 for weight, (each, _) in zip(weights, points, strict=True))
    return slope, cost - slope * size
