import { expect } from "chai"
import { readMessage } from "../../../clients/js/src/session/protocol.ts"

const frame = (event: unknown, payload?: unknown): string => JSON.stringify({ event, payload })

describe("readMessage of the storefront", () => {
  it("reads a reply, with or without a resumeToken", () => {
    const payload = { customerId: "c1", resumeToken: "t" }
    expect(readMessage(frame("startSession", payload))).to.deep.equal({ event: "startSession", ...payload })
    expect(readMessage(frame("joinSession", { customerId: "c1" }))).to.deep.equal({
      event: "joinSession",
      customerId: "c1",
      resumeToken: undefined,
    })
  })

  it("reads an update, and leaves out members that are none", () => {
    const owner = { id: "c1", name: "Ann", isHost: true, isReadyToCheckout: false }
    const multicartContent = [{ owner, content: { items: [] } }, null, 7, {}, { owner: { id: 1, name: "x" } }]
    expect(readMessage(frame("multicartUpdate", { multicartContent }))).to.deep.equal({
      event: "multicartUpdate",
      members: [{ id: "c1", name: "Ann", isHost: true, isReady: false, content: { items: [] } }],
    })
  })

  it("reads an invitation that was made", () => {
    expect(readMessage(frame("createInvite", { invite: "i" }))).to.deep.equal({ event: "createInvite", invite: "i" })
    expect(readMessage(frame("createInvite", {}))).to.equal(undefined)
  })

  it("reads a refusal, and the answer to a farewell", () => {
    expect(readMessage(frame("error", { code: "session.full", message: "Full" }))).to.deep.equal({
      event: "error",
      code: "session.full",
      message: "Full",
    })
    expect(readMessage(frame("leaveSession", {}))).to.deep.equal({ event: "leaveSession" })
  })

  for (const [what, given] of Object.entries({
    "binary frames": new Uint8Array(2),
    "no JSON": "{",
    "an array": "[]",
    null: "null",
    "an unknown event": frame("later", {}),
    "a reply without customerId": frame("startSession", {}),
    "an update without a list": frame("multicartUpdate", { multicartContent: {} }),
  })) {
    it(`gives undefined for ${what}`, () => expect(readMessage(given)).to.equal(undefined))
  }
})
