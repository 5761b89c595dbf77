"""HTML pages: one router a file, registered here by name, never by being imported.

A new page: a router in `api/pages/<word>.py`, its templates in `api/pages/templates/`, a line here.
"""

from collections.abc import Sequence

from fastapi import APIRouter


def routers() -> Sequence[APIRouter]:
    """Every page of the product, in the order of matching."""
    from api.pages import (  # imported when the application is built: a command starts faster
        alert,
        apidocs,
        deadletters,
        demo,
        derived,
        devices,
        me,
        operations,
        residents,
        reviews,
        service,
        signin,
        simulation,
        why,
        worklist,
    )

    return [
        signin.router,
        worklist.router,
        alert.router,
        residents.router,
        derived.router,
        why.router,
        devices.router,
        deadletters.router,
        reviews.router,
        operations.router,
        simulation.router,
        me.router,
        demo.router,
        apidocs.router,
        service.router,
    ]
