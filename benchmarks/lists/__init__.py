"""How long the lists of the admin take with a million contents: every filter, pair, order and search.

Owns      a PostgreSQL of its own and what is in it, the questions, and their table.
May use   the screens of Pagecast by Django's test client, and its tables to fill them.
Never     is imported by Pagecast or its tests.
"""
