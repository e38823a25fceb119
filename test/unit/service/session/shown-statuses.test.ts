import { expect } from "chai"
import { ShownStatuses, type StatusEventSender } from "../../../../service/session/shown-statuses.ts"
import { sessionAfter, start } from "../../../helpers/session-commands.ts"

describe("ShownStatuses", () => {
  it("brings all gateways to the same status, also when a later one got it after the currency had changed", () => {
    const session = sessionAfter(start("a"))
    const statuses = new ShownStatuses()
    const gateways = [null, "EUR"].map((currency): object => statuses.show("s", session, 1, currency))
    const change = (changes: object): void => {
      for (const [i, status] of gateways.entries()) gateways[i] = { ...status, ...changes }
    }
    statuses.tell("s", session, 2, "EUR", { status: { change } } as unknown as StatusEventSender)
    const fresh = new ShownStatuses().show("s", session, 2, "EUR")
    expect(gateways).to.deep.equal([fresh, fresh])
  })
})
