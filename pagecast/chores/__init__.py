"""Chores: what is done again and again, by one of many workers each time.

Owns      Chore. No other room writes its table.
May use   Django's ORM, and nothing else of Pagecast.
Never     knows what a chore does, or who runs it.
"""
