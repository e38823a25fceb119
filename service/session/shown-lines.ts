import { type CollectionEvents, dataValue, type ModelEvents, type Reference, reference } from "res-service"
import type { ContentOf } from "res-service/contract"
import { cartLine } from "../../contract/session.ts"
import { differences } from "../differences.ts"
import { listChanges } from "../list-changes.ts"
import { linesOf } from "./lines.ts"
import type { Member, Session } from "./session.ts"
import { Shown } from "./shown.ts"

/** A line as clients see it. */
export type LineModel = ContentOf<typeof cartLine>

/** The senders of events of the lines of a session's carts. */
export interface LineEventSenders {
  lines(customerId: string): CollectionEvents<Reference>
  line(customerId: string, line: string): ModelEvents<LineModel>
}

interface ShownCart {
  readonly member: Member
  readonly lines: ReadonlyMap<string, LineModel>
}

/** The lines of each cart whose lines somebody has got, as they were sent last. Of other carts none are made. */
export class ShownLines extends Shown<Map<string, ShownCart>> {
  /** The lines of a member's cart for whoever gets them. From now on `tell` sends their changes. */
  show(id: string, member: Member): ReadonlyMap<string, LineModel> {
    const carts = this.shown.get(id) ?? new Map<string, ShownCart>()
    const shown = carts.get(member.id) ?? { member, lines: lineModels(member) }
    this.shown.set(id, carts.set(member.id, shown))
    return shown.lines
  }

  /** Sends what has changed: a line that has changed as one event. Lines before the list, as carts. */
  tell(id: string, session: Session | undefined, events: LineEventSenders): void {
    const carts = this.shown.get(id)
    for (const [customer, { member: old, lines: before }] of carts ?? []) {
      const member = session?.members.find((each) => each.id === customer)
      if (member?.content === old.content && member?.disowned === old.disowned) continue
      const after = lineModels(member)
      if (member === undefined) carts?.delete(customer)
      else carts?.set(customer, { member, lines: after })
      for (const [line, model] of after) {
        const known = before.get(line)
        if (known !== undefined) events.line(customer, line).change(differences(known, model))
      }
      const list = events.lines(customer)
      for (const change of listChanges([...before.keys()], [...after.keys()])) {
        if (change.type === "remove") list.remove(change.index)
        else list.add(lineReference(id, customer, change.id), change.index)
      }
    }
  }

  /** Makes gateways ask again for access to what somebody has got. */
  reaccess(id: string, events: LineEventSenders): void {
    for (const each of this.#sendersOf(id, events)) each.reaccess()
  }

  #sendersOf(id: string, events: LineEventSenders) {
    return [...(this.shown.get(id) ?? [])].flatMap(([customer, { lines }]) => [
      events.lines(customer),
      ...[...lines.keys()].map((line) => events.line(customer, line)),
    ])
  }
}

export function lineReference(id: string, customer: string, line: string): Reference {
  return reference(cartLine.name({ id, customer, line }))
}

function lineModels(member: Member | undefined): ReadonlyMap<string, LineModel> {
  const { content = {}, disowned = [] } = member ?? {}
  return new Map(
    linesOf(content).map(({ id, item }) => [id, { item: dataValue(item), disowned: disowned.includes(id) }]),
  )
}
