"""What breaks first when ever more readers come: a simulation out of measured costs, and sums of money.

`python -m benchmarks.scaling` writes its tables into docs/scaling.md. It reads benchmarks/results.json, knows
nothing of how those were measured, and imports nothing of Pagecast but the bounds of its lanes.
"""
