"""The form of a page: contents as rows that are dragged, files that are dropped on it.

Owns      what the form shows and takes, and the addresses that its JavaScript asks.
May use   the verbs of editors, and the cells that change by themselves.
Never     writes a row itself.
"""
