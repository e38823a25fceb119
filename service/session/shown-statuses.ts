import { dataValue, type ModelEvents } from "res-service"
import { differences } from "../differences.ts"
import type { Session } from "./session.ts"
import type { StatusModel } from "./sessions.ts"
import { statusOf } from "./status.ts"

/** The status of each session whose status somebody has got, as it was sent last. Of other sessions none is computed. */
export class ShownStatuses {
  readonly #shown = new Map<string, StatusModel>()

  has(id: string): boolean {
    return this.#shown.has(id)
  }

  /** The status for whoever gets it. From now on `tell` sends its changes. */
  show(id: string, session: Session | undefined, n: number, currency: string | null): StatusModel {
    const { totals, offers, disowned, ...status } = statusOf(session, n, currency)
    const model = {
      ...status,
      totals: totals === null ? null : dataValue(totals),
      offers: dataValue(offers),
      disowned: dataValue(disowned),
    }
    this.#shown.set(id, model)
    return model
  }

  /** Sends what has changed. */
  tell(
    id: string,
    session: Session | undefined,
    n: number,
    currency: string | null,
    events: ModelEvents<StatusModel>,
  ): void {
    const before = this.#shown.get(id)
    if (before !== undefined) events.change(differences(before, this.show(id, session, n, currency)))
  }

  drop(id: string): void {
    this.#shown.delete(id)
  }

  dropWhere(condition: (id: string) => boolean): void {
    for (const id of [...this.#shown.keys()]) if (condition(id)) this.drop(id)
  }
}
