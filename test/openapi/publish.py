"""Publishes with the client that was made from the edge's OpenAPI document. Arguments: folder of the client, URL of the edge, event as JSON."""

import json
import sys

folder, url, event = sys.argv[1:]
sys.path.insert(0, folder)

from shopwire_client import Client  # noqa: E402
from shopwire_client.api.default import new_session, publish  # noqa: E402
from shopwire_client.models import Event, NewSessionBody  # noqa: E402

client = Client(base_url=url)
good = json.loads(event)
one = publish.sync_detailed(good["shop_id"], client=client, body=Event.from_dict(good), idempotency_key="a-key")
two = publish.sync_detailed(good["shop_id"], client=client, body=[Event.from_dict(good)] * 2)
other_shop = {**good, "shop_id": "00000000-0000-4000-8000-000000000000"}
bad = publish.sync_detailed(good["shop_id"], client=client, body=Event.from_dict(other_shop))
session = new_session.sync(client=client, body=NewSessionBody(page="https://shop.example/apples"))

print(
    json.dumps(
        {
            "one": [one.status_code, one.parsed.to_dict(), one.headers["x-event-seq"]],
            "two": [two.status_code, [each.to_dict() for each in two.parsed]],
            "bad": [bad.status_code, bad.parsed.to_dict()],
            "session": session.to_dict(),
        }
    )
)
