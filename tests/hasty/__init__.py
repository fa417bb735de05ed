"""An app for workers in tests: they settle every second, write down when, and can be held up over it."""
