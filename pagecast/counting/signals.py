"""For whoever watches."""

from django.dispatch import Signal

# views_recorded.send(sender=None, views=…): so many views were counted by `recorder.record`. They are on
# disk when the transaction that it is a part of is committed, as a rule at once.
views_recorded = Signal()
