import { expect } from "chai"
import { isGood, type Round, roundText, totalsText } from "../../chaos/report.ts"

const good: Round = {
  faults: ["kill -9 of edge-1", "SIGSTOP of nats-1 for 2.0 s"],
  durationMs: 7040,
  acknowledged: 120,
  failed: 3,
  recoveryMs: 1234.5,
  findings: [],
}
const bad: Round = {
  ...good,
  faults: ["the stream is deleted"],
  recoveryMs: undefined,
  findings: [{ kind: "lost", text: "event 7 is not in the log" }],
}

describe("the report of a run", () => {
  it("has a line for each round, and one for each finding", () => {
    expect(roundText(good)).to.equal(
      "  7.0 s, acknowledged 120, failed 3, lost 0, doubled 0, wrong 0, recovered in 1235 ms",
    )
    expect(roundText(bad)).to.equal(
      "  7.0 s, acknowledged 120, failed 3, lost 1, doubled 0, wrong 0, not recovered\n  LOST: event 7 is not in the log",
    )
  })

  it("ends with totals, the worst recovery, and the command for the same faults", () => {
    expect(totalsText([good, bad], "npm run chaos -- --seed 5").split("\n")).to.deep.equal([
      "3 faults in 2 rounds and 14 s",
      "acknowledged     240",
      "failed requests  6",
      "at the end       lost 1, doubled 0, wrong 0",
      "not recovered    1",
      "worst recovery   1235 ms (kill -9 of edge-1; SIGSTOP of nats-1 for 2.0 s)",
      "the same faults  npm run chaos -- --seed 5",
    ])
  })

  it("is good when nothing was found and every round has recovered", () => {
    expect(isGood([good])).to.equal(true)
    expect(isGood([good, { ...good, findings: bad.findings }])).to.equal(false)
    expect(isGood([good, { ...good, recoveryMs: undefined }])).to.equal(false)
  })
})
