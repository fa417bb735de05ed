"""Delivery: what is answered before Django is asked.

Owns      the ASGI applications for /media/, and the place of the fast path for page documents.
May use   api, pages, media and counting.
Never     knows how the rooms are put together (conf), nor the command line.
"""
