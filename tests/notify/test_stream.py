"""The bulletin: everything committed reaches whoever looks, in order, or the reader starts anew."""

import asyncio
import threading

import pytest

from gateway.access import Role
from gateway.alerts.episodes import EventKind, News, Priority
from gateway.notify import stream
from gateway.notify.stream import Bulletin
from tests.building import viewer


def news(number, site="donegal"):
    return News(number, 1, "K7Q2", site, "home-1", "anna", EventKind.RAISED, Priority.NOW, number)


def test_news_from_any_thread_reach_a_subscription_in_order():
    bulletin = Bulletin()

    async def listen():
        with bulletin.subscribe() as subscription:
            threading.Thread(
                target=lambda: [bulletin.publish([news(n)]) for n in range(50)]
            ).start()
            return [(await subscription.get(5)).id for _ in range(50)]

    assert asyncio.run(listen()) == list(range(50))


def test_a_viewer_hears_of_their_own_sites_only():
    bulletin = Bulletin()

    async def listen():
        with bulletin.subscribe(viewer(Role.CARER, "donegal")) as mine:
            assert bulletin.watching("donegal") == 1
            assert bulletin.watching("vestland") == 0
            bulletin.publish([news(1, "vestland"), news(2)])
            return (await mine.get(5)).id, await mine.get(0.01)

    assert asyncio.run(listen()) == (2, None)
    assert bulletin.watching("donegal") == 0


def test_who_falls_too_far_behind_is_told_to_come_again(monkeypatch):
    monkeypatch.setattr(stream, "QUEUE_LIMIT", 3)
    bulletin = Bulletin()

    async def listen():
        with bulletin.subscribe() as subscription:
            bulletin.publish([news(1), news(2)])
            await asyncio.sleep(0)
            bulletin.publish([news(3), news(4)])
            await asyncio.sleep(0)
            read = [(await subscription.get(1)).id for _ in range(2)]
            with pytest.raises(StopAsyncIteration):
                await subscription.get(1)
            return read

    assert asyncio.run(listen()) == [1, 2]


def test_a_stop_ends_every_stream():
    bulletin = Bulletin()

    async def listen():
        subscription = bulletin.subscribe()
        threading.Thread(target=bulletin.close).start()
        return [one async for one in subscription]

    assert asyncio.run(listen()) == []
