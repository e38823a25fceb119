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
    const { totals, offers, disowned, ...status } = statusOf(session, n, currency)
    const model = {
      ...status,
      totals: totals === null ? null : dataValue(totals),
      offers: dataValue(offers),
      disowned: dataValue(disowned),
    }
    this.shown.set(id, model)
    return model
  }

  /** Sends what has changed. */
  tell(id: string, session: Session | undefined, n: number, currency: string | null, events: StatusEventSender): void {
    const before = this.shown.get(id)
    if (before !== undefined) events.status.change(differences(before, this.show(id, session, n, currency)))
  }

  /** Makes gateways ask again for access to what somebody has got. */
  reaccess(id: string, events: StatusEventSender): void {
    if (this.has(id)) events.status.reaccess()
  }
}
