"""A receiver of webhooks in a thread, for programs that run elsewhere."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(slots=True)
class Receiver:
    """Takes what is signed with SECRET; everything else is answered with 401."""

    url: str = ""
    ids: list[str] = field(default_factory=list)
    """Of every message that was taken, in the order of arrival."""
    events: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[], int] = lambda: 204
    """Gives the status; it may wait."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Give a receiver on a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                Webhook(SECRET).verify(body, dict(self.headers))
            except Exception:  # noqa: BLE001 - whatever the library dislikes is refused
                self.send_response(401)
                self.end_headers()
                return
            receiver.ids.append(self.headers["webhook-id"])
            receiver.events.append(json.loads(body))
            self.send_response(receiver.answer())
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Senders that were killed are no news."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
