import { expect } from "chai"
import { ResError } from "res-service"
import { loggedSessionId, withoutSessionIds } from "../../../config/logged-sessions.ts"
import { MemoryLogger } from "../../helpers/memory-logger.ts"

describe("withoutSessionIds", () => {
  const id = "V1~StGXR8_Z5-demo~"
  const shown = loggedSessionId(id)

  it("puts the same hash in the place of an ID, from which the ID cannot be read", () => {
    expect(shown)
      .to.match(/^#[\w-]{12}$/)
      .and.equal(loggedSessionId(id))
    expect(loggedSessionId("other")).not.to.equal(shown)
  })

  it("hides IDs in names, subjects, keys and errors, whatever else is told stays", () => {
    const memory = new MemoryLogger()
    const logger = withoutSessionIds(memory)
    const names = [
      `session.${id}.multicart`,
      `call.session.${id}.multicart.start`,
      `event.session.${id}.cart.abc.change`,
    ]
    const cause = new Error(`$KV.sessions.12.${id.replaceAll("~", "=")}.state: no responders`)
    const error = new ResError("session.notMember", `no session.${id}.present`, undefined, { cause })
    for (const level of ["error", "warn", "info", "debug"] as const) {
      logger[level](
        {
          name: names[0],
          subject: names[1],
          list: names,
          err: error,
          reason: cause.message,
          code: "session.notHost",
          n: 1,
        },
        "text",
      )
    }
    const text = memory.lines.join("\n")
    expect(text).to.include(`$KV.sessions.12.${shown}.state`)
    expect(text).not.to.include(id).and.not.include(id.replaceAll("~", "="))
    expect(text)
      .to.include(`call.session.${shown}.multicart.start`)
      .and.include(`event.session.${shown}.cart.abc.change`)
    expect(JSON.parse(memory.lines[1] ?? "")).to.include({
      code: "session.notHost",
      n: 1,
      level: "warn",
      message: "text",
    })
    logger.debug({ err: cause.cause, name: "store.1.feed" }, "another")
    expect(memory.lines.at(-1)).to.include("store.1.feed")
  })

  it("leaves the subjects of the traffic as they are in trace", () => {
    const memory = new MemoryLogger()
    withoutSessionIds(memory).trace({ subject: `call.session.${id}.multicart.start` }, "==>")
    expect(memory.lines[0]).to.include(id)
  })
})
