"""For people who extend Pagecast: sent after commit. Pagecast itself does not depend on them."""

from django.dispatch import Signal

# page_edited.send(sender=Page, page_id=…): readers see something else of this page now, or nothing any more.
page_edited = Signal()

# content_filed.send(sender=Content, content_id=…): the file of this content is kept, or was refused.
content_filed = Signal()
