import { expect } from "chai"
import fc from "fast-check"
import { LaxEvent } from "../../../contract/lax-event.ts"
import { PublishEvent, samplePublishEvent } from "../../../contract/publish-event.ts"
import { LAX_FORMS, REFUSED_FORMS } from "../../helpers/lax-forms.ts"

const pad = (number: number, digits = 2): string => String(number).padStart(digits, "0")
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length })
const uuid = fc
  .tuple(hex(8), hex(4), hex(3), fc.constantFrom("8", "9", "a", "b"), hex(3), hex(12))
  .map(([a, b, c, variant, d, e]) => `${a}-${b}-4${c}-${variant}${d}-${e}`)
const number = fc.oneof(
  fc.integer({ min: -1e6, max: 1e6 }).map((cents) => cents / 100),
  fc.maxSafeInteger(),
)

/** The parts of a time: a date, a clock time, a fraction of a second, and an offset. */
const moment = fc.record({
  date: fc
    .tuple(fc.integer({ min: 1900, max: 2200 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
    .map(([year, month, day]) => `${pad(year, 4)}-${pad(month)}-${pad(day)}`),
  clock: fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 59 }))
    .map((parts) => parts.map((part) => pad(part))),
  fraction: fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 9 }),
  offset: fc.option(
    fc.tuple(fc.constantFrom("+", "-"), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 })),
    { nil: undefined },
  ),
})
type Moment = typeof moment extends fc.Arbitrary<infer M> ? M : never

const exactTime = ({ date, clock, fraction, offset }: Moment): string => {
  const zone = offset === undefined ? "Z" : `${offset[0]}${pad(offset[1])}:${pad(offset[2])}`
  return `${date}T${clock.join(":")}${fraction === "" ? "" : `.${fraction}`}${zone}`
}

const exactEvent = fc.record({
  session_id: uuid,
  shop_id: uuid,
  shopper_id: uuid,
  action_id: fc.maxSafeInteger(),
  create_time: moment.map(exactTime),
  action: fc.string(),
  product_name: fc.string(),
  product_id: fc.maxSafeInteger(),
  product_price: number,
  UPC: fc.string(),
  category_id: fc.string(),
  basket_total: number,
})

/** The same event as a less exact sender writes it; each choice is a bit of `how`. */
const loosely = (event: PublishEvent, time: Moment, how: readonly boolean[]): Record<string, unknown> => {
  const [noDashes, upper, texts, space, comma, noColon, lower] = how
  const id = (exact: string): string => {
    const text = noDashes ? exact.replaceAll("-", "") : exact
    return upper ? text.toUpperCase() : text
  }
  const figure = (exact: number): unknown => (texts ? `${exact}` : exact)
  let create_time = exactTime(time)
  if (time.offset === undefined && space) create_time = create_time.slice(0, -1)
  if (space) create_time = create_time.replace("T", " ")
  if (comma) create_time = create_time.replace(".", ",")
  if (noColon && time.offset) create_time = create_time.replace(/:(\d\d)$/, "$1")
  if (lower) create_time = create_time.toLowerCase()
  return {
    ...event,
    session_id: id(event.session_id),
    shop_id: id(event.shop_id),
    shopper_id: id(event.shopper_id),
    action_id: figure(event.action_id),
    product_id: figure(event.product_id),
    product_price: figure(event.product_price),
    basket_total: figure(event.basket_total),
    create_time,
  }
}

describe("LaxEvent", () => {
  it("[property] leaves what is exact as it is, byte for byte", () => {
    fc.assert(
      fc.property(exactEvent, (event) => {
        expect(JSON.stringify(LaxEvent.parse(event))).to.equal(JSON.stringify(event))
      }),
    )
  })

  it("[property] makes the exact event of one that is written loosely, and nothing more of it a second time", () => {
    const bits = fc.array(fc.boolean(), { minLength: 7, maxLength: 7 })
    fc.assert(
      fc.property(exactEvent, moment, bits, (event, time, how) => {
        const exact = { ...event, create_time: exactTime(time) }
        const once = LaxEvent.parse(loosely(exact, time, how))
        expect(once).to.deep.equal(exact)
        expect(JSON.stringify(LaxEvent.parse(once))).to.equal(JSON.stringify(once))
      }),
    )
  })

  it("[property] refuses anything else, or makes an exact event of it", () => {
    const texts = fc.string({ unit: fc.constantFrom(..."0123456789-+:.,TtZz eE") })
    const value = fc.oneof(fc.jsonValue(), texts, fc.double())
    const odd = fc.record(Object.fromEntries(Object.keys(PublishEvent.shape).map((field) => [field, value])))
    const one = fc.tuple(fc.constantFrom(...Object.keys(PublishEvent.shape)), value)
    fc.assert(
      fc.property(
        fc.oneof(
          odd,
          one.map(([field, sent]) => ({ ...samplePublishEvent, [field]: sent })),
        ),
        (event) => {
          const parsed = LaxEvent.safeParse(event)
          if (parsed.success) expect(PublishEvent.parse(parsed.data)).to.deep.equal(parsed.data)
          else expect(parsed.error.issues.every(({ message }) => message.startsWith("expected"))).to.equal(true)
        },
      ),
    )
  })

  for (const [field, sent, stored] of LAX_FORMS) {
    it(`takes ${JSON.stringify(sent)} as ${field}, and makes ${JSON.stringify(stored)} of it`, () => {
      expect(LaxEvent.parse({ ...samplePublishEvent, [field]: sent })).to.deep.equal({
        ...samplePublishEvent,
        [field]: stored,
      })
    })
  }

  for (const [field, sent, says] of REFUSED_FORMS) {
    it(`refuses ${JSON.stringify(sent)} as ${field}, and says what it expects`, () => {
      const { error } = LaxEvent.safeParse({ ...samplePublishEvent, [field]: sent })
      expect(error?.issues).to.have.length(1)
      expect(error?.issues[0]?.path).to.deep.equal([field])
      expect(error?.issues[0]?.message).to.match(says)
    })
  }

  it("names each wrong field, also one of an array", () => {
    const issues = LaxEvent.array().safeParse([samplePublishEvent, { shop_id: 5 }]).error?.issues ?? []
    expect(issues.map(({ path }) => path)).to.deep.equal(Object.keys(PublishEvent.shape).map((field) => [1, field]))
  })

  for (const given of [undefined, null, 5, "x", [], [samplePublishEvent]]) {
    it(`refuses ${JSON.stringify(given)}, which is no object`, () => {
      expect(LaxEvent.safeParse(given).error?.issues[0]).to.include({ message: "expected a JSON object" })
    })
  }
})
