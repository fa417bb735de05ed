"""Tests of what only PostgreSQL can do are collected there."""

from __future__ import annotations

from django.db import connection

collect_ignore = [] if connection.vendor == "postgresql" else ["test_databases_on_postgresql.py"]
