import { expect } from "chai"
import { deliveryOf } from "../../../service/jetstream/consumption.ts"

describe("deliveryOf()", () => {
  const read = (subject: string) => {
    const { seq, number, time } = deliveryOf(subject)
    return [seq, number, time.getTime()]
  }

  it("reads sequence, number and time, of a nats-server with a domain and of one without", () => {
    expect(read("$JS.ACK.UPDATES.consumer.1.70.7.1795693416487999999.3")).to.deep.equal([70, 7, 1795693416487])
    expect(read("$JS.ACK.hub.hash.UPDATES.consumer.1.70.7.1795693416487999999.3.token")).to.deep.equal([
      70, 7, 1795693416487,
    ])
  })

  it("has the millisecond in which the message was stored, up to its last nanosecond", () => {
    for (const nanos of ["000000000", "487999999", "488000000", "999999999"])
      expect(read(`$JS.ACK.UPDATES.consumer.1.1.1.1795693416${nanos}.0`)[2]).to.equal(
        Number(`1795693416${nanos.slice(0, 3)}`),
      )
  })
})
