"""An app of somebody else's that adds a kind of content: the worked example of the documentation."""
