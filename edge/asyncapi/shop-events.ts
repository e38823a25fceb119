import { z } from "zod"
import { Change } from "../../contract/annotations.ts"
import { examples } from "../../contract/examples.ts"
import { LaxEvent } from "../../contract/lax-event.ts"
import { PublishEvent, ShownEvent, samplePublishEvent } from "../../contract/publish-event.ts"
import { event, feed } from "../../contract/store.ts"
import { changesSubject, shopSubject } from "../../contract/subjects.ts"
import { type Section, schemaOf, toChannel, toMessage, toServer, withExamples } from "./messages.ts"

const SHOP = "{shop_id}"
const parameters = { shop_id: { description: "A UUID version 4, in lower case" } }

const shown = examples.filter(({ contract }) => contract === event).map(({ answer }) => answer)

/** A shop's events outside of RES: Server-Sent Events of the edge, and subjects of NATS. */
export const shopEventsSection: Section = {
  channels: {
    stream: {
      address: `/stream/${SHOP}`,
      title: "A shop's events as Server-Sent Events",
      description:
        "`id` is the event's sequence, with which a reader goes on without a gap (Last-Event-ID). See docs/history.md.",
      servers: [toServer("edgeHttp")],
      parameters,
      messages: {
        action: { name: "action", summary: "An event", payload: schemaOf(ShownEvent), ...withExamples(shown) },
        erased: {
          name: "erased",
          summary: "Events that are gone for good",
          payload: schemaOf(feed.definition.events.erased),
          ...withExamples([{ seqs: [1] }]),
        },
        restart: {
          name: "restart",
          summary: "This is another log: its sequences begin again",
          payload: schemaOf(z.object({})),
          ...withExamples([{}]),
        },
      },
    },
    updates: {
      address: shopSubject(SHOP),
      title: "A shop's events on NATS",
      description:
        "Others may publish here, too: what is not valid is set aside, and logged. The header Shared-Session names the shared session of " +
        "the event's basket, if there is one. See docs/nats.md and docs/publish.md.",
      servers: [toServer("nats")],
      parameters,
      messages: {
        event: { name: "event", payload: schemaOf(PublishEvent), ...withExamples([samplePublishEvent]) },
        published: {
          name: "published",
          summary: "An event as a program may publish it, which is normalised when it is shown",
          payload: schemaOf(LaxEvent),
        },
      },
    },
    changes: {
      address: changesSubject(SHOP),
      title: "Changed annotations on NATS",
      description: "What other programs have added to the archive's documents. See docs/archive.md.",
      servers: [toServer("nats")],
      parameters,
      messages: {
        change: {
          name: "change",
          payload: schemaOf(Change),
          ...withExamples([
            { kind: "event", shop_id: samplePublishEvent.shop_id, seq: 1, annotations: { refunded: true } },
          ]),
        },
      },
    },
  },
  operations: {
    "stream.read": {
      action: "send",
      channel: toChannel("stream"),
      summary: "A reader gets the events",
      messages: ["action", "erased", "restart"].map((message) => toMessage("stream", message)),
    },
    "updates.publish": {
      action: "receive",
      channel: toChannel("updates"),
      summary: "A program publishes an event",
      messages: [toMessage("updates", "published")],
    },
    "updates.subscribe": {
      action: "send",
      channel: toChannel("updates"),
      summary: "Subscribers get each event, as it was published",
      messages: [toMessage("updates", "event")],
    },
    "changes.subscribe": {
      action: "send",
      channel: toChannel("changes"),
      summary: "Subscribers get each change of annotations",
      messages: [toMessage("changes", "change")],
    },
  },
}
