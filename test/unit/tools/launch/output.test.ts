import { expect } from "chai"
import { createOutput } from "../../../../tools/launch/output.ts"

describe("createOutput()", () => {
  const open = (json: boolean) => {
    const written: string[] = []
    return { written, output: createOutput({ write: (text) => written.push(text), json, colour: false }) }
  }
  const record = JSON.stringify({
    level: 30,
    time: 0,
    pid: 7,
    hostname: "h",
    name: "edge",
    msg: "listening",
    port: 8000,
  })

  it("puts the name in front and renders pino's lines", () => {
    const { written, output } = open(false)
    output.say("hello")
    output.line("edge", record)
    output.line("resgate", "[INF] plain")
    expect(written[0]).to.equal("shopwire | hello\n")
    expect(written[1]).to.match(/^edge {5}\| \[\d\d:\d\d:\d\d\.\d{3}\] INFO: listening \{"port":8000\}\n$/)
    expect(written[2]).to.equal("resgate  | [INF] plain\n")
  })

  it("puts the name in front of every line of a stack, and survives what only looks like JSON", () => {
    const { written, output } = open(false)
    output.line(
      "edge",
      JSON.stringify({ level: 50, msg: "bad", err: { type: "Error", message: "x", stack: "Error: x\n  at y" } }),
    )
    output.line("edge", "{ not JSON")
    expect(written.length).to.be.greaterThan(3)
    for (const line of written) expect(line).to.match(/^edge {5}\| .*\n$/)
    expect(written.at(-1)).to.include("{ not JSON")
  })

  it("shows nats-server's lines from a warning on", () => {
    const { written, output } = open(false)
    output.natsLine("nats", "[1] 2026/11/22 06:18:52.918899 [INF] Server is ready")
    output.natsLine("nats", "[1] 2026/11/22 06:18:52.918899 [WRN] slow [disk]")
    output.natsLine("nats", "panic: oh")
    expect(written).to.have.length(2)
    expect(written[0]).to.match(/^nats {5}\| \[.*\] WARN: slow \[disk\]\n$/)
    expect(written[1]).to.match(/ERROR: panic: oh\n$/)
  })

  it("writes one JSON record a line in production", () => {
    const { written, output } = open(true)
    output.say("hello")
    output.line("edge", record)
    output.line("resgate", "[INF] plain")
    output.natsLine("nats", "[1] 2026/11/22 06:18:52.918899 [ERR] oh")
    output.show("\na\nb\n")
    const records = written.map((line) => {
      expect(line).to.match(/^\{.*\}\n$/)
      return JSON.parse(line)
    })
    expect(records.map(({ name, level, msg }) => [name, level, msg])).to.deep.equal([
      ["shopwire", 30, "hello"],
      ["edge", 30, "listening"],
      ["resgate", 30, "[INF] plain"],
      ["nats", 50, "oh"],
      ["shopwire", 30, "a\nb"],
    ])
  })
})
