"""Loaded before Django's settings are: a data folder of its own for every test process."""

import os
import tempfile

os.environ["PAGECAST_DATA"] = tempfile.mkdtemp(prefix="pagecast-tests-")
os.environ["PAGECAST_APPS"] = "tests.gallery,tests.postcards"
