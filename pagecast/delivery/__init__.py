"""Delivery: what is answered before Django is asked.

Owns      documents of pages, the two lanes that count them, and the ASGI applications for both and /media/.
May use   api, pages, media and counting.
Never     knows how the rooms are put together (conf), nor the command line.
"""
