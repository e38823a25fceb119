import { randomUUID } from "node:crypto"
import { expect } from "chai"
import { matcherOf } from "../../contract/history.ts"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { ArchiveReader, type EventFilter } from "../../service/archive/archive-reader.ts"
import { EventCollection } from "../../service/archive/event-collection.ts"
import { eventDocument } from "../../service/archive/event-document.ts"
import { ensureIndexes } from "../../service/archive/indexes.ts"
import type { LogEntry } from "../../service/log/entry.ts"
import { logId } from "../../service/log/log-id.ts"
import { publishEvent } from "../helpers/events.ts"
import { useMongo } from "../helpers/use-archive.ts"

const SECOND = 1000
const START = Date.parse("2026-01-01T00:00:00.000Z")

describe("ArchiveReader", () => {
  const { db } = useMongo()
  let reader: ArchiveReader
  const log = logId("2026-01-01T00:00:00.123456789Z")
  const shopId = randomUUID()
  const sessions = [randomUUID(), randomUUID()]
  let events: ShownEvent[]

  const isoAt = (second: number): string => new Date(START + second * SECOND).toISOString()
  const seqs = (entries: readonly LogEntry[]): number[] => entries.map(({ event }) => event.seq)
  const oldest = (filter?: EventFilter, count = 1000): Promise<LogEntry[]> => reader.oldest(log, shopId, count, filter)

  before(async () => {
    await ensureIndexes(db)
    reader = new ArchiveReader(db)
    // One a second, by turns in two baskets, each third one in another category.
    events = Array.from({ length: 30 }, (_, i) => ({
      ...publishEvent({
        shop_id: shopId,
        session_id: sessions[i % 2] ?? "",
        shopper_id: randomUUID(),
        category_id: i % 3 === 0 ? "nuts" : "fruit",
        action: (i + 1) % 10 === 0 ? "WAVE (x)" : "ADD",
        product_name: `Tea ${i + 1}`,
        // Of three digits: four could be how a random ID begins.
        product_id: 501 + i,
        UPC: `UPC+${i + 1}`,
        basket_total: i + 1,
      }),
      seq: i + 1,
      received_at: new Date(START + i * SECOND).toISOString(),
    }))
    const others = { ...publishEvent(), seq: 31, received_at: new Date(START).toISOString() }
    const all = [...events, others].map((event) => eventDocument(log, { shopId: event.shop_id, event }))
    const [event = others] = events
    const before = eventDocument(logId("2025-01-01T00:00:00Z"), { shopId, event: { ...event, action: "OLD" } })
    await new EventCollection(db).insert([...all, before])
  })

  it("at(): one event, of that shop and log alone", async () => {
    expect(await reader.at(log, shopId, 7)).to.deep.equal({ shopId, event: events[6] })
    expect(await reader.at(log, shopId, 31)).to.equal(undefined)
    expect(await reader.at(log, shopId, 99)).to.equal(undefined)
  })

  it("newest(): newest first, page by page without hole or repeat", async () => {
    const pages: number[] = []
    for (let before = 100; ; ) {
      const page = await reader.newest(log, shopId, 7, { before })
      if (page.length === 0) break
      pages.push(...seqs(page))
      before = page.at(-1)?.event.seq ?? 0
    }
    expect(pages).to.deep.equal(events.map(({ seq }) => seq).reverse())
  })

  it("oldest(): equal to what was stored, and no more than asked for", async () => {
    expect((await oldest()).map(({ event }) => event)).to.deep.equal(events)
    expect(seqs(await oldest({ after: 27 }))).to.deep.equal([28, 29, 30])
    expect(seqs(await oldest({ after: 10 }, 3))).to.deep.equal([11, 12, 13])
  })

  for (const [name, filter, expected] of [
    ["after and before", () => ({ after: 3, before: 6 }), [4, 5]],
    ["from and to", () => ({ from: isoAt(2), to: isoAt(4) }), [3, 4]],
    ["a basket", () => ({ session_id: sessions[1] ?? "", before: 7 }), [2, 4, 6]],
    ["a category", () => ({ category_id: "nuts", after: 20 }), [22, 25, 28]],
    [
      "all of these",
      () => ({ category_id: "nuts", session_id: sessions[0] ?? "", after: 10, before: 30 }),
      [13, 19, 25],
    ],
    ["an action in any case", () => ({ action: "Wave (x)" }), [10, 20, 30]],
    ["totals", () => ({ min_total: 11, max_total: 13.5 }), [11, 12, 13]],
    ["a part of a name", () => ({ find: "tEA 1" }), [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]],
    ["a text that is a pattern elsewhere", () => ({ find: ".*" }), []],
    ["a part of a UPC", () => ({ find: "upc+29" }), [29]],
    ["a product's ID", () => ({ find: "507" }), [7]],
    ["an order's number", () => ({ find: "024" }), [24]],
    ["the beginning of a basket's ID", () => ({ find: sessions[0]?.slice(0, 13) ?? "", after: 25 }), [27, 29]],
    ["the beginning of a shopper's ID", () => ({ find: (events[4]?.shopper_id ?? "").toUpperCase() }), [5]],
  ] as const) {
    it(`narrows by ${name}, in both directions`, async () => {
      expect(seqs(await oldest(filter()))).to.deep.equal(expected)
      expect(seqs(await reader.newest(log, shopId, 100, filter()))).to.deep.equal(expected.toReversed())
    })

    it(`narrows by ${name} as a page does that has the events already`, () => {
      const { before = 100, after = 0, ...rest }: EventFilter = filter()
      const matches = matcherOf(rest)
      const found = events.filter((event) => event.seq < before && event.seq > after && matches(event))
      expect(found.map(({ seq }) => seq)).to.deep.equal(expected)
    })
  }

  it("seqBeyond(): the sequence behind so many events, in both directions", async () => {
    const category_id = "nuts"
    expect(await reader.seqBeyond(log, shopId, 10, {}, -1)).to.equal(20)
    expect(await reader.seqBeyond(log, shopId, 10, { after: 5 }, 1)).to.equal(16)
    expect(await reader.seqBeyond(log, shopId, 2, { category_id, before: 28 }, -1)).to.equal(19)
    expect(await reader.seqBeyond(log, shopId, 30, {}, -1)).to.equal(undefined)
  })
})
