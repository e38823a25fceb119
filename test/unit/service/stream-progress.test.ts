import type { StreamInfo } from "@nats-io/jetstream"
import { expect } from "chai"
import { StreamProgress } from "../../../service/jetstream/progress.ts"

describe("StreamProgress", () => {
  /** A stream whose servers answer with these last sequences, one after the other, the last one from then on. */
  function answering(...seqs: number[]) {
    let asked = 0
    const progress = new StreamProgress(async () => {
      const last_seq = seqs[Math.min(asked++, seqs.length - 1)]
      return { state: { last_seq } } as StreamInfo
    })
    return { progress, asked: () => asked }
  }

  it("asks again until the one that answers has what is known to be stored", async () => {
    const { progress, asked } = answering(7, 9, 12)
    progress.note("log", 10)
    expect((await progress.info("log")).state.last_seq).to.equal(12)
    expect(asked()).to.equal(3)
  })

  it("knows what it was told before, and the highest of it", async () => {
    const { progress } = answering(12, 11, 13)
    await progress.info("log")
    progress.note("log", 5)
    expect((await progress.info("log")).state.last_seq).to.equal(13)
  })

  it("reads again while who answers is behind", async () => {
    const { progress } = answering(9, 10)
    progress.note("log", 10)
    let reads = 0
    expect(await progress.read("log", async () => ++reads, Number)).to.equal(3)
    expect(reads).to.equal(3)
  })

  for (const [what, answers, expected] of [
    ["has nothing", [undefined, 10], 10],
    ["has something older", [9, 10], 10],
    ["has nothing, as the second", [10, undefined], 10],
    ["has something older, as the second", [10, 9], 10],
  ] as const) {
    it(`takes the newer of two answers, for one may be of a server that ${what} while another says how far it is`, async () => {
      const { progress } = answering(10)
      progress.note("log", 10)
      let reads = 0
      expect(await progress.read("log", async () => answers[reads++], Number)).to.equal(expected)
    })
  }

  it("finds nothing when both answers have nothing", async () => {
    expect(await answering(10).progress.read("log", async () => undefined, Number)).to.equal(undefined)
  })

  it("gives up with system.serviceUnavailable after two seconds, until it is told to forget what it knows", async () => {
    const { progress } = answering(9)
    progress.note("log", 10)
    const refusals = [() => progress.info("log"), () => progress.read("log", async () => 1, Number)].map((ask) =>
      ask().catch(({ code }) => code),
    )
    expect(await Promise.all(refusals)).to.deep.equal(["system.serviceUnavailable", "system.serviceUnavailable"])
    progress.forget("log")
    expect(await progress.read("log", async () => 1, Number)).to.equal(1)
  })

  it("tells streams apart", async () => {
    const { progress } = answering(1)
    progress.note("log", 10)
    expect((await progress.info("bucket")).state.last_seq).to.equal(1)
  })
})
