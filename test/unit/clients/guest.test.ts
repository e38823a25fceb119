import { expect } from "chai"
import { partsOf } from "../../../clients/js/src/publish/guest.ts"

const parts = (...events: object[]) => partsOf(events.map((event) => JSON.stringify(event)))

describe("partsOf", () => {
  it("leaves events that name no session as they are, and needs no headers for them", () => {
    expect(partsOf(['{ "n":1.0 }', '{"n":2}'])).to.deep.equal({ body: '[{ "n":1.0 },{"n":2}]', guest: {} })
  })

  it("puts the name and the invitation of the last event that names a session into headers, and out of the events", () => {
    const first = { n: 1, shared_session: "a", shared_session_name: "Ann", shared_session_invite: "x.y" }
    const second = { n: 2, shared_session: "b", shared_session_name: "Zoë 🍎\r\nA: b" }
    expect(parts(first, second, { n: 3 })).to.deep.equal({
      body: '[{"n":1,"shared_session":"a"},{"n":2,"shared_session":"b"},{"n":3}]',
      guest: { "Shared-Session-Name": "Zo%C3%AB%20%F0%9F%8D%8E%0D%0AA%3A%20b" },
    })
    expect(parts(second, first).guest).to.deep.equal({ "Shared-Session-Name": "Ann", "Shared-Session-Invite": "x.y" })
    expect(parts(first, { n: 2, shared_session: null }).guest).to.deep.equal({})
  })

  it("sends no invitation that can't stand in a header, and a name as far as it can be encoded", () => {
    const event = { shared_session: "a", shared_session_name: "Z\ud83co", shared_session_invite: "é\n" }
    expect(parts(event).guest).to.deep.equal({ "Shared-Session-Name": "Zo" })
  })
})
