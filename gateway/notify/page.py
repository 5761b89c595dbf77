"""The page as a channel: somebody who works at the site has it open and was shown the alert.

The event itself was published with the commit; here it is known whether anybody was there to see.
"""

from gateway.notify.channel import Message, Result, Tried
from gateway.notify.stream import Bulletin


class PageChannel:
    """Delivered when at least one signed-in person's page is live."""

    name = "page"

    def __init__(self, bulletin: Bulletin) -> None:
        self._bulletin = bulletin

    def send(self, message: Message) -> Tried:
        """SENT or RETRY."""
        looking = self._bulletin.watching(message.site)
        if looking == 0:
            return Tried(Result.RETRY, "nobody has the page open")
        return Tried(Result.SENT, f"{looking} looking")
