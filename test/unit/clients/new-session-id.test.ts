import { expect } from "chai"
import { newSessionId } from "../../../clients/js/src/session/new-session-id.ts"
import { isSessionId } from "../../../contract/session-id.ts"

describe("newSessionId", () => {
  it("gives another session id each time", () => {
    const ids = new Set(Array.from({ length: 100 }, newSessionId))
    expect(ids.size).to.equal(100)
    for (const id of ids) expect(id).to.satisfy(isSessionId).and.have.length(22)
  })
})
