"""The headers that keep a browser from doing more with an answer than was meant."""

from __future__ import annotations

from api.http.asgi import App, Message, Receive, Scope, Send

# No inline script or style, no foreign origin, no frame around us, no guess at what a file is; answers hold the
# state of an emergency and stay out of shared caches. CORS has no header here: without one it is closed.
SAFE_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class SafeAnswers:
    """Adds to each answer those of the headers that it does not carry itself."""

    def __init__(self, app: App) -> None:
        """Stand before `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request with safe headers on its answer."""

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = list(message.get("headers", []))
                names = {name.lower() for name, _ in told}
                missing = [header for header in SAFE_HEADERS if header[0] not in names]
                message = {**message, "headers": told + missing}
            await send(message)

        await self.app(scope, receive, safely if scope["type"] == "http" else send)
