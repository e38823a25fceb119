import { dataValue, type ModelEvents } from "res-service"
import { differences } from "../differences.ts"
import type { Session } from "./session.ts"
import type { StatusModel } from "./sessions.ts"
import { Shown } from "./shown.ts"
import { statusOf } from "./status.ts"

/** The sender of events of a session's status. */
export interface StatusEventSender {
  readonly status: ModelEvents<StatusModel>
}

/** The status of each session whose status somebody has got, as it was sent last. Of other sessions none is computed. */
export class ShownStatuses extends Shown<StatusModel> {
  /** The status for whoever gets it. From now on `tell` sends its changes. */
  show(id: string, session: Session | undefined, n: number, currency: string | null): StatusModel {
    const shown = this.shown.get(id) ?? statusModel(session, n, currency)
    this.shown.set(id, shown)
    return shown
  }

  /** Sends what has changed. */
  tell(id: string, session: Session | undefined, n: number, currency: string | null, events: StatusEventSender): void {
    const before = this.shown.get(id)
    if (before === undefined) return
    const after = statusModel(session, n, currency)
    this.shown.set(id, after)
    events.status.change(differences(before, after))
  }

  /** Makes gateways ask again for access to what somebody has got. */
  reaccess(id: string, events: StatusEventSender): void {
    if (this.has(id)) events.status.reaccess()
  }
}

function statusModel(session: Session | undefined, n: number, currency: string | null): StatusModel {
  const { totals, offers, disowned, ...status } = statusOf(session, n, currency)
  return {
    ...status,
    totals: totals === null ? null : dataValue(totals),
    offers: dataValue(offers),
    disowned: dataValue(disowned),
  }
}
