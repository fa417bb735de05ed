"""The site: the same pages for people with a browser.

Owns      templates, and the views behind / and /pages/.
May use   pages, media and counting, by their verbs.
Never     knows the API, its neighbour.
"""
