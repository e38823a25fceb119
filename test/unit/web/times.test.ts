import { expect } from "chai"
import fc from "fast-check"
import { DayRows, dayStarts } from "../../../web/merchant/feed/day-rows.ts"
import { dayAfter, isDay, startOfDay, weekTime } from "../../../web/merchant/locale/local-day.ts"
import { ageOf, relativeTime } from "../../../web/merchant/parts/relative-time.ts"
import { openSince } from "../../../web/merchant/shop/opening-hours.ts"

const NOW = Date.parse("2026-11-26T12:00:00.000Z")
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString()
const iso = (ms: number): string => new Date(ms).toISOString()

describe("ageOf()", () => {
  for (const [seconds, expected] of [
    [-60, [0, "second"]],
    [9, [0, "second"]],
    [10, [10, "second"]],
    [59, [50, "second"]],
    [60, [1, "minute"]],
    [3599, [59, "minute"]],
    [3600, [1, "hour"]],
    [86_399, [23, "hour"]],
    [86_400, [1, "day"]],
  ] as const) {
    it(`is ${expected.join(" ")} after ${seconds} s`, () => expect(ageOf(ago(seconds), NOW)).to.deep.equal(expected))
  }

  it("[property] never grows younger", () => {
    const inS = { second: 1, minute: 60, hour: 3600, day: 86_400 }
    const least = (seconds: number) => {
      const [count, unit] = ageOf(ago(seconds), NOW)
      return count * inS[unit]
    }
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 6 }), fc.nat({ max: 10 ** 6 }), (a, b) => {
        expect(least(a + b)).to.be.at.least(least(a))
      }),
    )
  })

  it("is said in the language of the page", () => {
    expect(relativeTime(ago(250), NOW, "en-GB")).to.equal("4 min ago")
    expect(relativeTime(ago(3), NOW, "en-GB")).to.equal("now")
    expect(relativeTime(ago(250), NOW, "es")).to.equal("hace 4 min")
  })
})

describe("startOfDay()", () => {
  for (const [day, zone, expected] of [
    ["2026-11-26", "UTC", "2026-11-26T00:00:00.000Z"],
    ["2026-11-26", "Europe/Berlin", "2026-11-25T23:00:00.000Z"],
    ["2026-07-01", "America/New_York", "2026-07-01T04:00:00.000Z"],
    ["2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z"],
    ["2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00.000Z"],
    ["2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00.000Z"],
    ["2026-10-26", "Europe/Berlin", "2026-10-25T23:00:00.000Z"],
    ["2026-11-26", "Asia/Kathmandu", "2026-11-25T18:15:00.000Z"],
    // The clock goes from 23:59:59 to 01:00.
    ["2026-04-24", "Africa/Cairo", "2026-04-23T22:00:00.000Z"],
  ] as const) {
    it(`of ${day} in ${zone} is ${expected}`, () => expect(iso(startOfDay(day, zone))).to.equal(expected))
  }

  it("[property] begins each day in each zone, and the day before ends right before it", () => {
    const zones = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns"]
    const days = fc.integer({ min: 0, max: 3000 }).map((n) => iso(Date.UTC(2022, 0, 1 + n)).slice(0, 10))
    fc.assert(
      fc.property(days, fc.constantFrom(...zones), (day, timeZone) => {
        const start = startOfDay(day, timeZone)
        const dayOf = (at: number) => new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(at)
        expect(dayOf(start)).to.equal(day)
        expect(dayAfter(dayOf(start - 1))).to.equal(day)
      }),
    )
  })

  it("knows days that exist from others", () => {
    expect(["2026-11-26", "2024-02-29"].every(isDay)).to.equal(true)
    expect(["2026-02-29", "2026-13-01", "26-11-2026", "", "2026-11-26T00:00:00Z"].some(isDay)).to.equal(false)
  })
})

describe("openSince()", () => {
  // A Thursday.
  const hours = {
    thu: [
      ["09:00", "12:30"],
      ["14:00", "24:00"],
    ],
    fri: [["00:00", "02:00"]],
  } as const
  const at = (utc: string) => Date.parse(`2026-11-26T${utc}:00.000Z`)
  const since = (utc: string, zone: string) => {
    const found = openSince({ ...hours, thu: [...hours.thu], fri: [...hours.fri] } as never, zone, at(utc))
    return found === undefined ? undefined : iso(found).slice(11, 16)
  }

  it("is the beginning of the hours that it is in, in the shop's zone", () => {
    expect(weekTime(at("12:00"), "UTC")).to.deep.equal([3, 720])
    expect(since("09:00", "UTC")).to.equal("09:00")
    expect(since("12:29", "UTC")).to.equal("09:00")
    expect(since("08:00", "Europe/Berlin")).to.equal("08:00")
    expect(since("23:30", "UTC")).to.equal("14:00")
    expect(since("23:30", "Europe/Berlin")).to.equal("23:00")
  })

  it("is undefined between and outside of the hours, and on a day without hours", () => {
    for (const utc of ["08:59", "12:30", "13:59"]) expect(since(utc, "UTC"), utc).to.equal(undefined)
    expect(openSince({}, "UTC", NOW)).to.equal(undefined)
  })

  it("is always open given no hours", () => {
    expect(openSince(null, "UTC", NOW)).to.equal(Number.NEGATIVE_INFINITY)
  })
})

describe("rows with a separator for each day", () => {
  const lists = fc
    .array(fc.record({ day: fc.integer({ min: 0, max: 5 }), count: fc.integer({ min: 1, max: 40 }) }), {
      maxLength: 12,
    })
    .map((runs) =>
      runs
        .toSorted((a, b) => b.day - a.day)
        .flatMap(({ day, count }) => Array.from({ length: count }, () => `day ${day}`)),
    )

  it("[property] are as those made one by one", () => {
    fc.assert(
      fc.property(lists, (days) => {
        const rows: (number | string)[] = []
        days.forEach((day, i) => {
          if (day !== days[i - 1]) rows.push(day)
          rows.push(i)
        })
        const starts = dayStarts(days.length, (place) => days[place] ?? "")
        const made = new DayRows(days.length, starts, { event: 52, separator: 30 })
        const all = Array.from({ length: made.count }, (_, row) => row)
        expect(all.map((row) => made.eventAt(row) ?? days[made.separatedAt(row) ?? -1])).to.deep.equal(rows)
        days.forEach((_, i) => {
          expect(rows[made.rowOf(i)]).to.equal(i)
        })
        let top = 0
        for (const row of all) {
          const height = typeof rows[row] === "number" ? 52 : 30
          expect(made.topOf(row)).to.equal(top)
          expect([made.rowAt(top), made.rowAt(top + height - 1)]).to.deep.equal([row, row])
          top += height
        }
        expect(made.height).to.equal(top)
      }),
    )
  })

  it("looks at few of very many events", () => {
    let looks = 0
    const starts = dayStarts(100_000, (place) => {
      looks++
      return `${Math.floor(place / 30_000)}`
    })
    expect(starts).to.deep.equal([0, 30_000, 60_000, 90_000])
    expect(looks).to.be.below(200)
  })
})
