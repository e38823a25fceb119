import { expect } from "chai"
import { readOptions } from "../../../web/storefront/script-options.ts"

const script = { src: "https://edge.example/storefront/widget.js", page: "https://shop.example/tea?a=b" }

describe("the script tag's attributes", () => {
  it("may all be missing or empty", () => {
    const defaults = {
      edgeUrl: "https://edge.example",
      customerName: undefined,
      theme: "auto",
      position: "right",
      currency: undefined,
      subprotocol: undefined,
      invitePage: "https://shop.example/tea?a=b",
    }
    expect(readOptions({}, script)).to.deep.equal(defaults)
    const empty = { edge: "", customerName: "", theme: "", position: "", currency: "", protocol: "", invitePage: "" }
    expect(readOptions(empty, script)).to.deep.equal(defaults)
  })

  it("say where the edge is, also below a path, and where friends are invited to", () => {
    const options = readOptions({ edge: "https://proxy.example/live/", invitePage: "/welcome" }, script)
    expect(options.edgeUrl).to.equal("https://proxy.example/live")
    expect(options.invitePage).to.equal("https://shop.example/welcome")
    expect(readOptions({ edge: "/live/" }, script).edgeUrl).to.equal("https://shop.example/live")
    expect(readOptions({ edge: "//edge.example:8000" }, script).edgeUrl).to.equal("https://edge.example:8000")
  })

  for (const [data, message] of [
    [{ edge: "ws://edge.example" }, 'data-edge="ws://edge.example": expected an http or https URL'],
    [{ edge: "http://[" }, 'data-edge="http://[": expected an http or https URL'],
    [{ edge: "127.0.0.1:8000" }, 'data-edge="127.0.0.1:8000": expected an http or https URL'],
    [{ edge: "edge.example:8000" }, 'data-edge="edge.example:8000": expected an http or https URL'],
    [{ edge: "edge.example" }, 'data-edge="edge.example": expected an http or https URL'],
    [{ theme: "blue" }, 'data-theme="blue": expected auto or light or dark'],
    [{ position: "top" }, 'data-position="top": expected right or left'],
    [{ currency: "€" }, 'data-currency="€": expected three letters, as EUR'],
    [{ invitePage: "javascript:alert(1)" }, 'data-invite-page="javascript:alert(1)": expected an http or https URL'],
  ] as const) {
    it(`are refused where wrong: ${message}`, () => {
      expect(() => readOptions(data, script)).to.throw(TypeError, message)
    })
  }
})
