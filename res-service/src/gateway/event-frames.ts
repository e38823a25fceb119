import { encodeValues } from "../client/content.ts"
import { encodeError } from "../client/decode.ts"
import { quote } from "../client/raw-json.ts"
import type { ResourceEvent } from "../client/resource-event.ts"
import { encodeValue } from "../client/wire-value.ts"
import type { ResError } from "../errors.ts"
import { Frame } from "./frame.ts"
import type { ResourceSet } from "./resource-set.ts"

/**
 * Events as clients get them. The frame of an event is made once for all who know the resource by the same rid.
 *
 * Source: RES-Client protocol 1.2.3, "Events".
 */
const made = {
  modern: new WeakMap<ResourceEvent, Map<string, Frame>>(),
  legacy: new WeakMap<ResourceEvent, Map<string, Frame>>(),
}

/** A remove, delete or custom event: its payload goes on as it came. */
export function encodeEvent(event: ResourceEvent, rid: string): Frame {
  return once(event, rid, false, () => event.data)
}

/** `set`: what the client has to get with the event; such a frame is the client's own. */
export function encodeAdd(event: ResourceEvent, rid: string, legacy: boolean, set?: ResourceSet): Frame {
  const { detail } = event
  const value = detail.type === "add" ? detail : undefined
  const data = (): string =>
    value ? `{"idx":${value.idx},"value":${encodeValue(value.value, legacy)}${withSet(set)}}` : "null"
  return set ? frame(rid, event.name, data()) : once(event, rid, legacy, data)
}

export function encodeChange(event: ResourceEvent, rid: string, legacy: boolean, set?: ResourceSet): Frame {
  const { detail } = event
  const values = detail.type === "change" ? detail.changed : new Map()
  const data = (): string => `{"values":${encodeValues(values, legacy)}${withSet(set)}}`
  return set ? frame(rid, event.name, data()) : once(event, rid, legacy, data)
}

/** Source: RES-Client protocol 1.2.3, "Unsubscribe event". */
export function encodeUnsubscribed(rid: string, reason: ResError): Frame {
  return frame(rid, "unsubscribe", `{"reason":${encodeError(reason)}}`)
}

function once(event: ResourceEvent, rid: string, legacy: boolean, data: () => string): Frame {
  const frames = legacy ? made.legacy : made.modern
  let byRid = frames.get(event)
  if (!byRid) {
    byRid = new Map()
    frames.set(event, byRid)
  }
  let found = byRid.get(rid)
  if (!found) {
    found = frame(rid, event.name, data())
    byRid.set(rid, found)
  }
  return found
}

function frame(rid: string, event: string, data: string): Frame {
  return new Frame(`{"event":${quote(`${rid}.${event}`)},"data":${data}}`)
}

function withSet(set: ResourceSet | undefined): string {
  const members = set?.encodeMembers() ?? ""
  return members === "" ? "" : `,${members}`
}
