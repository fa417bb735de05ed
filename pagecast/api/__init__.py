"""The API: JSON for readers and editors, and the OpenAPI schema of both.

Owns      serializers, API views, API errors, authentication by token and session.
May use   pages, media and counting, by their verbs.
Never     knows the site, its neighbour, or how documents are delivered.
"""
