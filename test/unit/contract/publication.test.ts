import { expect } from "chai"
import { LaxEvent } from "../../../contract/lax-event.ts"
import { publishParams } from "../../../contract/publication.ts"
import { PublishEvent } from "../../../contract/publish-event.ts"
import { publishEvent, publishEvents } from "../../helpers/events.ts"

describe("publishParams()", () => {
  const answerOf = (params: unknown, Event: Parameters<typeof publishParams>[0] = LaxEvent) => {
    const answer = publishParams(Event)["~standard"].validate(params)
    if (answer instanceof Promise) throw new Error("it should answer at once")
    return answer
  }
  const sharedIn = (params: unknown, Event?: Parameters<typeof publishParams>[0]) => {
    const answer = answerOf(params, Event)
    if (answer.issues !== undefined) throw new Error(JSON.stringify(answer.issues))
    return answer.value.shared
  }
  const issuesOf = (params: unknown) => answerOf(params).issues?.map(({ path }) => path)
  const event = publishEvent()
  const named = { ...event, shared_session: "party~1" }

  it("knows no shared session where none is named", () => {
    expect(sharedIn(event)).to.equal(undefined)
    expect(sharedIn({ events: [event] })).to.equal(undefined)
  })

  it("takes a shared session of each event, also with exact events only, and keeps it out of the event", () => {
    for (const Event of [LaxEvent, PublishEvent]) {
      expect(sharedIn(named, Event)?.sessions).to.deep.equal(["party~1"])
      expect(sharedIn([event, named, { ...event, shared_session: null }], Event)?.sessions).to.deep.equal([
        undefined,
        "party~1",
        null,
      ])
    }
    const { value } = answerOf(named) as { value: { events: readonly object[] } }
    expect(value.events).to.deep.equal([event])
  })

  it("takes one for all events, with a name and an invitation", () => {
    const events = publishEvents(2, event.shop_id)
    const shared = { session: "party", name: "Ann", invite: "text" }
    expect(sharedIn({ events, shared })).to.deep.equal({ name: "Ann", invite: "text", sessions: ["party", "party"] })
    expect(sharedIn({ events, shared: { session: null } })?.sessions).to.deep.equal([null, null])
    expect(sharedIn({ events: named, shared: { name: "Ann" } })).to.deep.include({ name: "Ann", sessions: ["party~1"] })
    expect(sharedIn({ events: named, shared: { session: "party~1" } })?.name).to.equal("In the shop")
  })

  it("refuses what is no session ID, and an event that names another one than its request", () => {
    expect(issuesOf({ ...event, shared_session: "a b" })).to.deep.equal([["shared_session"]])
    expect(issuesOf([event, { ...event, shared_session: 5 }])).to.deep.equal([[1, "shared_session"]])
    expect(issuesOf({ events: [named, event], shared: { session: "other" } })).to.deep.equal([[0, "shared_session"]])
    expect(issuesOf({ events: named, shared: { session: null } })).to.deep.equal([["shared_session"]])
    expect(issuesOf({ events: event, shared: { session: "a b" } })).to.deep.equal([["shared", "session"]])
  })
})
