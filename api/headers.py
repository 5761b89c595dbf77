"""Headers of every answer: a strict Content-Security-Policy and its like. Pure ASGI, streams pass.

No inline script and no inline style: what a stranger smuggles into a page does not run. No shared
cache keeps a page (`no-store`); the service worker keeps some on the reader's own phone.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "cache-control": "no-store",
}
HTTPS_ONLY = "max-age=31536000"


class Headers:
    """Adds what is not set already."""

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        self._app = app
        self._https = https  # a proxy before us speaks HTTPS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                complete(MutableHeaders(scope=message))
                if self._https or scope.get("scheme") == "https":
                    MutableHeaders(scope=message).setdefault(
                        "strict-transport-security", HTTPS_ONLY
                    )
            await send(message)

        await self._app(scope, receive, with_headers)


def complete(headers: MutableHeaders) -> None:
    """Set what stands nowhere yet."""
    for name, value in SECURITY.items():
        headers.setdefault(name, value)
