import { expect } from "chai"
import { eventLine } from "../../../cli/event-line.ts"
import { harmless, jsonLine, styled } from "../../../cli/terminal.ts"
import { samplePublishEvent } from "../../../contract/publish-event.ts"
import { TestTerminal } from "../../helpers/terminal.ts"

const CLEAR_SCREEN = "\u001b[2J"
const shown = { ...samplePublishEvent, seq: 7, received_at: "2026-03-01T10:00:00.000Z" }

describe("what the commands print", () => {
  it("has nothing of a stranger's that controls a terminal or turns its text around", () => {
    for (const text of [CLEAR_SCREEN, "\u009b2J", "a\nb", "\u202etxt", "\u2028"]) {
      expect(harmless(text)).not.to.match(/[\p{Cc}\p{Cf}\p{Zl}]/u)
      expect(jsonLine({ text })).not.to.match(/[\p{Cc}\p{Zl}]/u)
      expect(JSON.parse(jsonLine({ text }))).to.deep.equal({ text })
    }
    const line = eventLine(new TestTerminal(), { ...shown, product_name: CLEAR_SCREEN, action: CLEAR_SCREEN })
    expect(line).not.to.include("\u001b")
  })

  it("has colours only where a person looks", () => {
    const plain = new TestTerminal()
    const coloured = new (class extends TestTerminal {
      override readonly colours = true
    })()
    expect(styled(plain, "green", "ADD")).to.equal("ADD")
    expect(styled(coloured, "green", "ADD")).to.equal("\u001b[32mADD\u001b[39m")
    expect(eventLine(plain, shown)).to.equal(
      "#7 2026-03-01T10:00:00.000Z  ADD       FUJI Apples at 3.5, basket 4e29b2d3 now 12.18",
    )
  })
})
