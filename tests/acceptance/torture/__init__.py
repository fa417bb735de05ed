"""The torture of a server: readers, editors and kills at once, and a book of what every answer promised.

Everything here talks HTTP to real processes, and knows of Pagecast what docs/api.md says. All of it runs in
one thread with one clock, so "before" and "after" are certain: a moment that lies before a request was sent
and after an answer was read is after everything that the answer promised.

connection   one connection that says whether a request was answered, cut off or never sent
compositions what a page may show at a moment, with edits on their way
accounts     for each content: views that must have been counted, and views that may have been
world        the pages and contents, who may speak now, and what went wrong
edits        one edit: what it sends, what it changes, how to see whether it happened
editors      those who make them
answers      what an answer shows, and whether it may
readers      those who get them
mortal       a PostgreSQL that can be killed
troubles     SIGKILL
play         all of them together
"""
