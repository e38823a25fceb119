import { version } from "../../config/version.ts"
import { legacySection } from "./legacy.ts"
import { resourcesSection } from "./resources.ts"
import { shopEventsSection } from "./shop-events.ts"

const sections = [legacySection, shopEventsSection, resourcesSection]

/**
 * What programs and the product send each other, beside HTTP requests, as an AsyncAPI document: the old WebSocket, Server-Sent Events,
 * subjects of NATS, and RES resources. All of it comes from `contract/`.
 *
 * Source: AsyncAPI 3.0.0.
 */
export const asyncApi = {
  asyncapi: "3.0.0",
  info: {
    title: "shopwire",
    version,
    description:
      "Live shop events and shared carts. The RES protocols 1.2.3 say how requests, answers and events of a resource are framed, at the " +
      "gateway's WebSocket and on NATS; here are their params, results and data. Objects within a resource travel as data values.",
    license: { name: "MIT" },
  },
  defaultContentType: "application/json",
  servers: {
    edge: { host: "127.0.0.1:8000", protocol: "ws", description: "EDGE_PORT" },
    edgeHttp: { host: "127.0.0.1:8000", protocol: "http", description: "EDGE_PORT" },
    gateway: { host: "127.0.0.1:8080", protocol: "ws", protocolVersion: "1.2.3", description: "RES, GATEWAY_PORT" },
    nats: { host: "127.0.0.1:4222", protocol: "nats", description: "NATS_PORT" },
  },
  channels: Object.fromEntries(sections.flatMap(({ channels }) => Object.entries(channels))),
  operations: Object.fromEntries(sections.flatMap(({ operations }) => Object.entries(operations))),
}
