# The same work as the system before this one: check with pydantic, publish to NATS without an acknowledgement, answer.
# Arguments: NATS URL, port, uvicorn's loop, and its HTTP parser.
import sys
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import nats
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Event(BaseModel):
    session_id: UUID
    shop_id: UUID
    shopper_id: UUID
    action_id: int
    create_time: datetime
    action: str
    product_name: str
    product_id: int
    product_price: float
    UPC: str
    category_id: str
    basket_total: float


@asynccontextmanager
async def connected(app: FastAPI):
    app.state.nats = await nats.connect(sys.argv[1])
    yield
    await app.state.nats.close()


app = FastAPI(lifespan=connected)


@app.post("/publish/{shop_id}")
async def publish(shop_id: UUID, event: Event):
    await app.state.nats.publish(f"updates.store.{shop_id}", event.model_dump_json().encode())
    return {"status": f"Message sent to shop ID {shop_id}"}


port, loop, http = sys.argv[2:5]
uvicorn.run(app, host="127.0.0.1", port=int(port), loop=loop, http=http, log_level="warning", access_log=False)
