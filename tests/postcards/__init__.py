"""An app that is no gallery: it refers to files in ways that do not lead back from them."""
