"""Counting: the ledger of how often each member of a group has been seen, and the history of it.

Owns      Tally, Member, Count, Catalogue, GroupHour and MemberHour. No other room writes their tables.
May use   Django's ORM, and nothing else of Pagecast.
Never     knows what a page or a content is, of HTTP, or of who asked.
"""
