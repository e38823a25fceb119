import { expect } from "chai"
import fc from "fast-check"
import { ZoneClock } from "../../../../service/projections/zone-clock.ts"

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Days that are no 24 hours, or do not begin at midnight, and the first and the last zone of the world. */
const cases: readonly (readonly [zone: string, date: string, startsAt: string, hours: number])[] = [
  ["UTC", "2026-03-29", "2026-03-29T00:00:00.000Z", 24],
  ["Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z", 23],
  ["Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00.000Z", 25],
  ["Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00.000Z", 24],
  ["America/New_York", "2026-03-08", "2026-03-08T05:00:00.000Z", 23],
  ["America/New_York", "2026-11-01", "2026-11-01T04:00:00.000Z", 25],
  // Half an hour.
  ["Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00.000Z", 24.5],
  ["Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00.000Z", 23.5],
  // Three hours.
  ["Antarctica/Casey", "2022-03-12", "2022-03-11T13:00:00.000Z", 27],
  ["Antarctica/Casey", "2022-10-02", "2022-10-01T16:00:00.000Z", 21],
  // At midnight: the day begins at 01:00.
  ["Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00.000Z", 23],
  ["America/Santiago", "2026-09-06", "2026-09-06T04:00:00.000Z", 23],
  ["Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15:00.000Z", 24],
  ["Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00:00.000Z", 24],
  ["Pacific/Pago_Pago", "2026-01-01", "2026-01-01T11:00:00.000Z", 24],
]

describe("ZoneClock", () => {
  it("knows when a day begins, and how long it is, also where a clock is changed", () => {
    for (const [zone, date, startsAt, hours] of cases) {
      const clock = new ZoneClock(zone)
      const [start, end] = [clock.startOf(date), clock.endOf(date)]
      expect(new Date(start).toISOString(), `${zone} ${date}`).to.equal(startsAt)
      expect((end - start) / HOUR_MS, `${zone} ${date}`).to.equal(hours)
    }
  })

  it("counts minutes as the clock shows them: an hour that is repeated has the same ones twice", () => {
    const clock = new ZoneClock("Europe/Berlin")
    expect(clock.minuteAt(Date.parse("2026-10-25T00:30:00Z"))).to.equal(150)
    expect(clock.minuteAt(Date.parse("2026-10-25T01:30:59Z"))).to.equal(150)
    expect(clock.minuteAt(Date.parse("2026-10-24T22:00:00Z"))).to.equal(0)
    expect(clock.minuteAt(Date.parse("2026-10-25T22:59:59Z"))).to.equal(24 * 60 - 1)
    expect(new ZoneClock("America/New_York").minuteAt(Date.parse("2026-07-01T03:59:00Z"))).to.equal(24 * 60 - 1)
  })

  it("has each moment in exactly one day, which goes on where the one before ended", () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"))
    const time = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2035, 0) })
    fc.assert(
      fc.property(zones, time, (zone, at) => {
        const clock = new ZoneClock(zone)
        const date = clock.dateAt(at)
        const [start, end] = [clock.startOf(date), clock.endOf(date)]
        expect(at).to.be.within(start, end - 1)
        expect(clock.dateAt(start)).to.equal(date)
        expect(clock.dateAt(start - 1) < date).to.equal(true)
        expect(clock.dateAt(end) > date).to.equal(true)
        // Antarctica/Casey has put its clocks forward and back by three hours.
        expect(end - start).to.be.within(21 * HOUR_MS, 27 * HOUR_MS)
      }),
      { numRuns: 200 },
    )
  })

  it("gives the same dates for times in any order, however many", () => {
    const clock = new ZoneClock("America/Sao_Paulo")
    const times = Array.from({ length: 3000 }, (_, i) => Date.UTC(2026, 0) + ((i * 7919) % 3000) * (DAY_MS / 5))
    for (const time of times) expect(clock.dateAt(time)).to.equal(new ZoneClock("Etc/GMT+3").dateAt(time))
  })

  it("refuses a zone that there is not", () => {
    expect(() => new ZoneClock("Mars/Olympus")).to.throw(RangeError)
  })
})
