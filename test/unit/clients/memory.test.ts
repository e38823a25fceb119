import { expect } from "chai"
import { Memory, type Remembered } from "../../../clients/js/src/session/memory.ts"
import type { Shelf } from "../../../clients/js/src/shelf.ts"

const ann: Remembered = { sessionId: "s1", customerName: "Ann", customerId: "c1", resumeToken: "t1", invite: "i1" }

class MapShelf extends Map<string, string> implements Shelf {
  getItem = (key: string): string | null => this.get(key) ?? null
  setItem = (key: string, value: string): void => void this.set(key, value)
  removeItem = (key: string): void => void this.delete(key)
}

describe("Memory", () => {
  it("gives back what was saved, for the same edge only, until it is cleared", () => {
    const shelf = new MapShelf()
    new Memory("https://edge.example", shelf).save(ann)
    const memory = new Memory("https://edge.example", shelf)
    expect(memory.load()).to.deep.equal(ann)
    expect(new Memory("https://other.example", shelf).load()).to.equal(undefined)
    memory.clear()
    expect(memory.load()).to.equal(undefined)
  })

  it("takes nothing that another script left there", () => {
    for (const text of ["", "{", "null", "[]", '{"sessionId":"a/b","customerName":"A","customerId":"c"}', "7"]) {
      const shelf = new MapShelf([["buddyshopping:e", text]])
      expect(new Memory("e", shelf).load(), text).to.equal(undefined)
    }
  })
})
