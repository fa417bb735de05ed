"""Counting: the ledger of how often each member of a group has been seen.

Owns      Tally, Member, Count and Catalogue. No other room writes their tables.
May use   Django's ORM, and nothing else of Pagecast.
Never     knows what a page or a content is, of HTTP, or of who asked.
"""
