"""Pagecast on several nodes, as `deploy/compose.cluster.yaml` has it, but as plain processes; Linux only.

nginx with the configuration that is shipped, two web nodes, two workers, beat, PostgreSQL, Redis and an S3
store: each may be killed, stopped and started again alone. `python -m tests.cluster`, that is `make cluster`,
starts them to look at; tests do it to break them.
"""
