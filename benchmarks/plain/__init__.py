"""What one would write in an afternoon: a counter in each content's row, raised by every view.

A small app with the usual means of Django REST framework, to see what the ledger is worth.
"""
