"""How fast files come in, are filed, imported and looked at: measured beside cat, cp and sha256sum.

Owns      the measurements of the parts `receive`, `filing`, `import` and `probe`, and their figures.
May use   the commands of Pagecast and its HTTP interface, the programs of coreutils, PyAV to make films.
Never     is imported by Pagecast or its tests, nor changes what it measures.
"""
