"""Media: files on their way in, and files that are kept, each once.

Owns      Upload, Piece, Hold and Blob, the folders `staging/` and `media/`. No other room touches them.
May use   Django's ORM and file handling, and nothing else of Pagecast.
Never     knows which content wants a file, of HTTP, or of who asked.
"""
