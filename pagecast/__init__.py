"""Publish pages of films, sound and text, and know exactly how often each was seen.

The rooms, from the roof down: conf, cli, delivery, api and site, pages, media and counting.
A room imports only from rooms below it; each says in its own sign what it owns.
"""

__version__ = "0.1.0"
