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
      offset: undefined,
      language: undefined,
      shopId: undefined,
      shopName: undefined,
      pictureOrigins: ["https://shop.example"],
      currency: undefined,
      subprotocol: undefined,
      invitePage: "https://shop.example/tea?a=b",
    }
    expect(readOptions({}, script)).to.deep.equal(defaults)
    const empty = { edge: "", customerName: "", theme: "", position: "", currency: "", protocol: "", invitePage: "" }
    const newer = { offset: "", language: "", shopId: "", shopName: "", pictureOrigins: "" }
    expect(readOptions({ ...empty, ...newer }, script)).to.deep.equal(defaults)
  })

  it("say where the edge is, also below a path, and where friends are invited to", () => {
    const options = readOptions({ edge: "https://proxy.example/live/", invitePage: "/welcome" }, script)
    expect(options.edgeUrl).to.equal("https://proxy.example/live")
    expect(options.invitePage).to.equal("https://shop.example/welcome")
    expect(readOptions({ edge: "/live/" }, script).edgeUrl).to.equal("https://shop.example/live")
    expect(readOptions({ edge: "//edge.example:8000" }, script).edgeUrl).to.equal("https://edge.example:8000")
  })

  it("say where the widget stands, and from where it may load pictures", () => {
    expect(readOptions({ offset: "24" }, script).offset).to.deep.equal([24, 24])
    expect(readOptions({ offset: " 24  88 " }, script).offset).to.deep.equal([24, 88])
    const pictureOrigins = "https://cdn.example https://images.example/"
    expect(readOptions({ pictureOrigins }, script).pictureOrigins).to.deep.equal([
      "https://shop.example",
      "https://cdn.example",
      "https://images.example",
    ])
  })

  for (const [data, message] of [
    [{ edge: "ws://edge.example" }, 'data-edge="ws://edge.example": expected an http or https URL'],
    [{ edge: "http://[" }, 'data-edge="http://[": expected an http or https URL'],
    [{ edge: "127.0.0.1:8000" }, 'data-edge="127.0.0.1:8000": expected an http or https URL'],
    [{ edge: "edge.example:8000" }, 'data-edge="edge.example:8000": expected an http or https URL'],
    [{ edge: "edge.example" }, 'data-edge="edge.example": expected an http or https URL'],
    [{ theme: "blue" }, 'data-theme="blue": expected auto or light or dark'],
    [{ position: "top" }, 'data-position="top": expected right or left'],
    [{ offset: "2em" }, 'data-offset="2em": expected one or two whole numbers of px, up to 999, as 24 88'],
    [{ offset: "1 2 3" }, 'data-offset="1 2 3": expected one or two whole numbers of px, up to 999, as 24 88'],
    [{ pictureOrigins: "https://cdn.example/a" }, 'data-picture-origins="https://cdn.example/a": expected origins'],
    [{ pictureOrigins: "data:x" }, 'data-picture-origins="data:x": expected an http or https URL'],
    [{ currency: "€" }, 'data-currency="€": expected three letters, as EUR'],
    [{ invitePage: "javascript:alert(1)" }, 'data-invite-page="javascript:alert(1)": expected an http or https URL'],
  ] as const) {
    it(`are refused where wrong: ${message}`, () => {
      expect(() => readOptions(data, script)).to.throw(TypeError, message)
    })
  }
})
