"""Carrying requests to the server: once, or again after a pause. What the requests say is the library's."""

import http.client
import random
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Protocol, TypeVar

from .ffi import CaseweaveError, HttpRequest

T = TypeVar("T")


class HttpDriver(Protocol):
    """Carries requests to the server. Bring your own to use the app's HTTP client, its proxies and its certificate pins."""

    def send(self, request: HttpRequest) -> tuple[int, bytes]:
        """Sends a request as it is, once, following no redirect; returns status and body, whatever the status.

        Raises OSError when no answer came.
        """


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Hands a redirect back as the answer: a signed request is for one address."""

    def redirect_request(self, *_):
        return None


class UrllibDriver:
    """Carries requests with `urllib.request`.

    `context` says whose certificates are accepted (the system's, when not given), `timeout` how many seconds the server may be silent.
    """

    def __init__(self, context: ssl.SSLContext | None = None, timeout: float = 60.0):
        self._opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=context))
        self._timeout = timeout

    def send(self, request: HttpRequest) -> tuple[int, bytes]:
        headers = {header.name: header.value for header in request.headers}
        outgoing = urllib.request.Request(request.url, request.body, headers, method=request.method)
        try:
            with self._answer(outgoing) as answer:
                return answer.status, answer.read()
        except http.client.HTTPException as broken:
            raise ConnectionError("the answer broke off") from broken

    def _answer(self, outgoing: urllib.request.Request):
        try:
            return self._opener.open(outgoing, timeout=self._timeout)
        except urllib.error.HTTPError as answer:  # An answer too: its status is no success.
            return answer


class Retry:
    """How often and after which pauses a request without an answer is tried again.

    The n-th pause is drawn between nothing and `first` times 2 to the n seconds, at most `longest`, so that devices that lost the server
    together do not come back together. Source: Marc Brooker, "Exponential Backoff And Jitter", AWS, 2015 ("full jitter").

    `attempts` is how often a request is sent before its failure is told; an answer begins the count anew. `draw` gives numbers from 0 to
    1, `pause` waits: tests put their own in their place.
    """

    def __init__(
        self,
        attempts: int = 5,
        first: float = 1.0,
        longest: float = 60.0,
        draw: Callable[[], float] = random.random,
        pause: Callable[[float], None] = time.sleep,
    ):
        self._attempts = attempts
        self._first = first
        self._longest = longest
        self._draw = draw
        self._pause = pause

    def until_answered(self, attempt: Callable[[], T]) -> T:
        """Makes attempts until one is answered; raises `CaseweaveError.Interrupted` when none is."""
        failures = 0
        while True:
            try:
                return attempt()
            except OSError as lost:
                failures += 1
                if failures >= self._attempts:
                    reason = f"no answer from the server: {type(lost).__name__}"
                    raise CaseweaveError.Interrupted(reason) from lost
            except CaseweaveError.Interrupted:
                failures += 1
                if failures >= self._attempts:
                    raise
            self._pause(self._draw() * min(self._longest, self._first * 2 ** min(failures, 20)))
