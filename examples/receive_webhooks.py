"""Be told what happens: a small receiver for the messages of a webhook endpoint. It prints each one, once.

    pip install standardwebhooks
    WEBHOOK_SECRET=whsec_… PORT=9000 python receive_webhooks.py

Give its address to Tallystick with POST /v1/webhook-endpoints; the answer holds the secret. While you try it on one machine, Tallystick
needs TALLYSTICK_ALLOW_PRIVATE_WEBHOOKS=true. In earnest, put it behind https.
"""

import os
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

LARGEST = 1_000_000
signed = Webhook(os.environ["WEBHOOK_SECRET"])
seen: OrderedDict[str, bool] = OrderedDict()


def received(message: dict) -> None:
    """Your part: put it somewhere and return soon. Who answers slowly is sent the message again."""
    print(f"{message['timestamp']}  {message['type']}  {message['data']}", flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(min(max(0, int(self.headers.get("Content-Length", 0))), LARGEST))
        try:
            message = signed.verify(body, dict(self.headers))  # on the bytes as they came, and not older than five minutes
        except (WebhookVerificationError, ValueError):
            self.send_error(401)
            return
        id = self.headers["webhook-id"]
        if id not in seen:  # what got lost on the way back is sent again, with the same id
            received(message)
            seen[id] = True
            if len(seen) > 10_000:
                seen.popitem(last=False)
        self.send_response(204)  # last, so that what breaks off above comes once more
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quietly."""


print("listening", flush=True)
HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver).serve_forever()
