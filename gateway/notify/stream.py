"""The bulletin: what was just committed, to everybody who looks.

Threads publish, event loops subscribe. A subscription that falls behind is ended rather than
thinned: its reader comes back with the last id it saw and asks `alerts.worklist.events_after`.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from gateway.access.viewer import Viewer
from gateway.alerts.episodes import News

QUEUE_LIMIT = 1_000  # news one reader may be behind


class Subscription:
    """News for one reader, from the moment it was made, on the event loop that made it."""

    def __init__(self, bulletin: "Bulletin", viewer: Viewer | None) -> None:
        self.viewer = viewer
        self._bulletin = bulletin
        self._loop = asyncio.get_running_loop()
        self._news: deque[News] = deque()
        self._changed = asyncio.Event()
        self._closed = False

    async def get(self, timeout_s: float | None = None) -> News | None:
        """The next news; None after `timeout_s` without any (send a heartbeat and come again).

        Raises StopAsyncIteration when the subscription has ended: closed, or too far behind.
        """
        while not self._news:
            if self._closed:
                raise StopAsyncIteration
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), timeout_s)
            except TimeoutError:
                return None
        return self._news.popleft()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> News:
        news = await self.get()
        if news is None:  # only with a timeout
            raise StopAsyncIteration
        return news

    def close(self) -> None:
        """No more news; what is queued can still be read."""
        self._closed = True
        self._changed.set()
        self._bulletin.drop(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def offer(self, news: list[News]) -> None:
        """From any thread."""
        try:
            self._loop.call_soon_threadsafe(self._take, news)
        except RuntimeError:  # its loop has ended without closing it
            self._bulletin.drop(self)

    def end(self) -> None:
        """From any thread: the gateway stops."""
        try:
            self._loop.call_soon_threadsafe(self.close)
        except RuntimeError:
            self._bulletin.drop(self)

    def _take(self, news: list[News]) -> None:
        if self._closed:
            return
        if len(self._news) + len(news) > QUEUE_LIMIT:
            self.close()
            return
        self._news.extend(news)
        self._changed.set()


class Bulletin:
    """Where news is published after the commit that made it true."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: set[Subscription] = set()

    def publish(self, news: Iterable[News]) -> None:
        """Hand `news` to every subscription whose viewer works at its site. Any thread."""
        everything = list(news)
        if not everything:
            return
        for subscription in self._all():
            seen = [one for one in everything if concerns(subscription.viewer, one)]
            if seen:
                subscription.offer(seen)

    def subscribe(self, viewer: Viewer | None = None) -> Subscription:
        """A subscription (an async iterator) from now on; None sees every site. Close it."""
        subscription = Subscription(self, viewer)
        with self._lock:
            self._subscriptions.add(subscription)
        return subscription

    def watching(self, site: str) -> int:
        """How many signed-in people look at this site's news right now."""
        return sum(
            subscription.viewer is not None and site_visible(subscription.viewer, site)
            for subscription in self._all()
        )

    def close(self) -> None:
        """End every subscription."""
        for subscription in self._all():
            subscription.end()

    def drop(self, subscription: Subscription) -> None:
        """A subscription has ended."""
        with self._lock:
            self._subscriptions.discard(subscription)

    def _all(self) -> list[Subscription]:
        with self._lock:
            return list(self._subscriptions)


def concerns(viewer: Viewer | None, news: News) -> bool:
    """A first, cheap sieve; what is shown is read again through the viewer."""
    return viewer is None or site_visible(viewer, news.site)


def site_visible(viewer: Viewer, site: str) -> bool:
    """Whether the viewer has any role there."""
    sites = viewer.sites()
    return site in sites or "*" in sites
