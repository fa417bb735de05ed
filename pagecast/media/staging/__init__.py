"""Where bytes wait until they are filed: a folder, or the bucket that files are kept in.

`place.Place` is what either promises, `chosen.place()` is the one of this installation.
"""
