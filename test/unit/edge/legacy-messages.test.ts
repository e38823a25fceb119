import { expect } from "chai"
import { encodeUpdate } from "../../../edge/legacy/messages.ts"

describe("encodeUpdate()", () => {
  const ann = '{"owner":{"id":"a"},"content":{"price":1e-7}}'
  const bob = '{"owner":{"id":"b"},"content":{"items":[{},null]}}'
  const update = (carts: string) => encodeUpdate(Buffer.from(carts)).toString()

  it("has the carts as the service has written them, also with null in them", () => {
    for (const carts of ["[]", `[${ann}]`, `[${bob},${ann}]`])
      expect(update(carts)).to.equal(`{"event":"multicartUpdate","payload":{"multicartContent":${carts}}}`)
  })

  it("leaves out carts that could not be loaded, wherever they are", () => {
    const [first, second] = [JSON.parse(ann), JSON.parse(bob)]
    for (const carts of [`[null,${ann},null,null,${bob}]`, `[${ann},${bob},null]`, `[${ann},null,${bob}]`])
      expect(JSON.parse(update(carts)).payload.multicartContent).to.deep.equal([first, second])
    expect(JSON.parse(update("[null]")).payload.multicartContent).to.deep.equal([])
  })
})
