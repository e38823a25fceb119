import { expect } from "chai"
import { consumedMessage } from "../../../../service/log/entry.ts"

describe("consumedMessage()", () => {
  it("has the millisecond in which the message was stored, up to its last nanosecond", () => {
    const message = { subject: "updates.store.1.x", seq: 7, data: new Uint8Array(), headers: undefined }
    for (const nanos of ["000000000", "487999999", "488000000", "999999999"]) {
      const { time } = consumedMessage({ ...message, timestampNanos: BigInt(`1795693416${nanos}`) })
      expect(time.getTime()).to.equal(Number(`1795693416${nanos.slice(0, 3)}`))
    }
  })
})
