import { expect } from "chai"
import { defaultProfile } from "../../../../contract/profile.ts"
import { type Day, type DayRecord, nothingAbandoned, shownDay } from "../../../../service/projections/day.ts"
import { ZoneClock } from "../../../../service/projections/zone-clock.ts"
import type { DayBook } from "../../../../service/store/day-book.ts"
import { HOUR_MS } from "../../../helpers/records.ts"
import { StoredDays } from "../../../helpers/stored-days.ts"

const BEGIN = Date.UTC(2026, 0)
const clock = new ZoneClock("UTC")

/** Thirty days with an event each hour, and now and then one that changes the day before. */
const month: readonly DayRecord[] = Array.from({ length: 30 * 24 }, (_, i) => {
  const at = BEGIN + i * HOUR_MS
  const late = i % 50 === 49 ? [{ kind: "abandoned", at: at - 24 * HOUR_MS, value: 1.1 } as const] : []
  return { seq: i + 1, at, changes: [{ kind: "event", at, added: { id: i % 7, name: `Product ${i % 7}` } }, ...late] }
})

const dates = Array.from({ length: 30 }, (_, i) => new Date(BEGIN + i * 24 * HOUR_MS).toISOString().slice(0, 10))

const shown = (day: Day, date: string, zone = clock) => shownDay(day, zone, date, nothingAbandoned)

async function allOf(book: DayBook): Promise<unknown[]> {
  return await Promise.all(dates.map(async (date) => shown(await book.day(date), date)))
}

async function monthOf(): Promise<unknown[]> {
  const book = new StoredDays().book()
  for (const record of month) book.add(record)
  return await allOf(book)
}

describe("DayBook", () => {
  it("has each day with its records", async () => {
    const all = (await monthOf()) as { events: number; abandoned: number; seq: number }[]
    expect(all.map(({ events }) => events)).to.deep.equal(dates.map(() => 24))
    expect(all.reduce((sum, { abandoned }) => sum + abandoned, 0)).to.equal(14)
    expect(all.at(-1)?.seq).to.equal(720)
  })

  it("reads and stores nothing before somebody asks for a day", () => {
    const stored = new StoredDays()
    stored.profile = { ...defaultProfile, time_zone: "no zone, so it is not read" }
    const book = stored.book()
    for (const record of month) expect(book.add(record)).to.deep.equal([])
    expect(stored.texts.size).to.equal(0)
  })

  it("tells which dates a record changes, once a day was asked for", async () => {
    const book = new StoredDays().book()
    await book.day("2026-01-01")
    expect(book.add(month[0] as DayRecord)).to.deep.equal(["2026-01-01"])
    expect(book.add(month[49] as DayRecord)).to.deep.equal(["2026-01-03", "2026-01-02"])
  })

  it("stores days while records are replayed, so that few are in memory, and all of them in the end", async () => {
    const stored = new StoredDays()
    const book = stored.book()
    for (const record of [...month, ...month.map((each) => ({ ...each, seq: each.seq + 720 }))]) {
      book.add(record)
      await book.relieve()
    }
    expect(stored.texts.size).to.be.above(28)
    await book.store()
    expect([...stored.texts.keys()].toSorted()).to.deep.equal(dates)
  })

  it("counts nothing twice and nothing never, wherever its owner was killed", async () => {
    const whole = await monthOf()
    for (const [snapshot, stop] of [
      [0, 300],
      [250, 250],
      [200, 431],
      [500, 700],
    ] as const) {
      const stored = new StoredDays()
      stored.records = month
      const first = stored.book()
      for (const record of month.slice(0, snapshot)) first.add(record)
      if (snapshot > 0) await first.store()
      for (const record of month.slice(snapshot, stop)) first.add(record)
      // Stored, but no snapshot was; then it is killed.
      await first.day(dates[Math.floor(stop / 24) - 1] ?? "")
      if (stop !== snapshot) await first.store()
      for (const record of month.slice(stop, stop + 10)) first.add(record)
      const next = stored.book(snapshot, 720)
      for (const record of month.slice(snapshot)) next.add(record)
      expect(await allOf(next), `snapshot ${snapshot}, killed at ${stop}`).to.deep.equal(whole)
      if (snapshot > 0) expect(stored.replays, "the first one of all, and no other").to.equal(1)
    }
  })

  it("makes days again up to its snapshot when the stored ones are lost, or of another zone, and only then", async () => {
    const whole = await monthOf()
    const stored = new StoredDays()
    stored.records = month
    const first = stored.book()
    for (const record of month) first.add(record)
    await first.store()
    const open = async (): Promise<unknown[]> => {
      const book = stored.book(600, 720)
      for (const record of month.slice(600)) book.add(record)
      return await allOf(book)
    }
    stored.replays = 0
    expect(await open()).to.deep.equal(whole)
    expect(stored.replays).to.equal(0)
    stored.lose()
    stored.isArchiveThere = false
    expect(await open()).to.deep.equal(whole)
    stored.isArchiveThere = true
    expect(await open()).to.deep.equal(whole)
    expect(stored.replays, "made again until the archive has answered").to.equal(2)
    expect(await open()).to.deep.equal(whole)
    expect(stored.replays, "and then no more").to.equal(2)
    stored.profile = { ...defaultProfile, time_zone: "Asia/Kathmandu" }
    const [first0] = (await open()) as { events: number }[]
    expect(stored.replays).to.equal(3)
    // Kathmandu is 5:45 h ahead: what happened from 18:15 UTC on counts for the next day.
    expect(first0?.events).to.equal(19)
  })

  it("counts new records although the log has lost some that a stored day has", async () => {
    const stored = new StoredDays()
    const first = stored.book()
    for (const record of month.slice(0, 10)) first.add(record)
    await first.store()
    // The log ends at 5 now, and 6 is another record.
    const next = stored.book(0, 5)
    for (const record of month.slice(0, 6)) next.add(record)
    expect((await next.day("2026-01-01")).events).to.equal(11)
  })

  it("counts a new log's records on top of what is stored, and stores nothing for the old one any more", async () => {
    const stored = new StoredDays()
    const first = stored.book()
    for (const record of month.slice(0, 10)) first.add(record)
    await first.store()
    first.add(month[10] as DayRecord)
    stored.log = "2026-01-01T10:30:00Z"
    const failure = await first.store().then(
      () => undefined,
      (error: Error) => error.message,
    )
    expect(failure).to.equal("another log")
    const next = stored.book(0, 0)
    for (const [i, { at, changes }] of month.slice(11, 14).entries()) next.add({ seq: i + 1, at, changes })
    expect((await next.day("2026-01-01")).events).to.equal(13)
    await next.store()
    expect((await stored.book(3, 3).day("2026-01-01")).events).to.equal(13)
  })

  it("keeps what it has counted when a day cannot be stored, and stores it later", async () => {
    const stored = new StoredDays()
    const book = stored.book()
    for (const record of month.slice(0, 30)) book.add(record)
    await book.day("2026-01-02")
    stored.texts.set("2026-01-01", { text: "{}", revision: 99 })
    const failure = await book.store().then(
      () => undefined,
      (error: Error) => error.message,
    )
    expect(failure).to.equal("2026-01-01 has another revision")
    stored.texts.delete("2026-01-01")
    await book.store()
    expect(shown(await stored.book(30, 30).day("2026-01-01"), "2026-01-01").events).to.equal(24)
  })
})
