"""The site: the same pages for people with a browser.

Owns      templates, styles and scripts; what they are given; feeds, oEmbed and the map of the site.
May use   pages, media and counting, by their verbs.
Never     knows the API, its neighbour.
"""
