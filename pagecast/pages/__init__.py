"""Pages: what readers open, what stands on it, and how editors change it.

Owns      Page, Content and its kinds, Placement; editing, filing and the admin.
May use   media and counting, by their verbs.
Never     knows the API, the site, or how documents are delivered. HTTP words stay in the admin.
"""
