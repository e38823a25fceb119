import { encodeValues } from "../client/content.ts"
import { encodeError } from "../client/decode.ts"
import { quote } from "../client/raw-json.ts"
import type { ResourceEvent } from "../client/resource-event.ts"
import { encodeValue } from "../client/wire-value.ts"
import type { ResError } from "../errors.ts"
import { Frame } from "./frame.ts"
import type { ResourceSet } from "./resource-set.ts"

/**
 * The frames of one event. Each is made once for all clients with the same rid of the resource.
 *
 * Source: RES-Client protocol 1.2.3, "Events".
 */
class EventFrames {
  readonly #made: { readonly rid: string; readonly legacy: boolean; readonly frame: Frame }[] = []

  static of(event: ResourceEvent): EventFrames {
    if (event.encoded instanceof EventFrames) return event.encoded
    const frames = new EventFrames()
    event.encoded = frames
    return frames
  }

  find(rid: string, legacy: boolean): Frame | undefined {
    for (const made of this.#made) if (made.legacy === legacy && made.rid === rid) return made.frame
    return undefined
  }

  add(rid: string, legacy: boolean, frame: Frame): Frame {
    this.#made.push({ rid, legacy, frame })
    return frame
  }
}

/** The frame of a remove, delete or custom event, with the service's payload. */
export function encodeEvent(event: ResourceEvent, rid: string): Frame {
  const frames = EventFrames.of(event)
  return frames.find(rid, false) ?? frames.add(rid, false, frame(rid, event.name, event.data))
}

/** The frame of an add or change event. `set`: the resources that the client gets with it; such a frame is not shared. */
export function encodeUpdate(event: ResourceEvent, rid: string, legacy: boolean, set?: ResourceSet): Frame {
  if (set) return frame(rid, event.name, updateData(event, legacy, set.encodeMembers()))
  const frames = EventFrames.of(event)
  return frames.find(rid, legacy) ?? frames.add(rid, legacy, frame(rid, event.name, updateData(event, legacy, "")))
}

/** Source: RES-Client protocol 1.2.3, "Unsubscribe event". */
export function encodeUnsubscribed(rid: string, reason: ResError): Frame {
  return frame(rid, "unsubscribe", `{"reason":${encodeError(reason)}}`)
}

function updateData({ detail }: ResourceEvent, legacy: boolean, members: string): string {
  const rest = members === "" ? "" : `,${members}`
  if (detail.type === "add") return `{"idx":${detail.idx},"value":${encodeValue(detail.value, legacy)}${rest}}`
  return `{"values":${encodeValues(detail.type === "change" ? detail.changed : new Map(), legacy)}${rest}}`
}

function frame(rid: string, event: string, data: string): Frame {
  return new Frame(`{"event":${quote(`${rid}.${event}`)},"data":${data}}`)
}
