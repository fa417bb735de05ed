"""How fast Pagecast answers counted pages and takes files: measured beside what bounds it, and reported.

Owns      REPORT.md, results.json and report.svg in this folder, all written by `make bench`.
May use   the commands of Pagecast and the servers of `tests.services`; the filling of databases, its models.
Never     is imported by Pagecast or its tests, nor changes what it measures.
"""
