"""SQLite for many writers."""
