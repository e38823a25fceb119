import { expect } from "chai"
import { type Shelf, shelf } from "../../../clients/js/src/shelf.ts"

class MapShelf extends Map<string, string> implements Shelf {
  isFull = false
  getItem = (key: string): string | null => this.get(key) ?? null
  setItem = (key: string, value: string): void => {
    if (this.isFull) throw new Error("QuotaExceededError")
    this.set(key, value)
  }
  removeItem = (key: string): void => void this.delete(key)
}

const refuse = (): never => {
  throw new Error("SecurityError")
}

describe("shelf()", () => {
  it("keeps in the storage what that takes", () => {
    const storage = new MapShelf([["a", "1"]])
    const kept = shelf(() => storage)
    expect(kept.getItem("a")).to.equal("1")
    kept.setItem("a", "2")
    expect(storage.get("a")).to.equal("2")
    kept.removeItem("a")
    expect(storage.has("a")).to.equal(false)
    expect(kept.getItem("a")).to.equal(null)
  })

  for (const [what, storage] of [
    ["there is none", () => null],
    ["it may not be read", refuse],
    ["it refuses everything", () => ({ getItem: refuse, setItem: refuse, removeItem: refuse })],
    ["it is something else", () => ({}) as Shelf],
  ] as const) {
    it(`keeps values itself where ${what}`, () => {
      const kept = shelf(storage)
      expect(kept.getItem("a")).to.equal(null)
      kept.setItem("a", "1")
      expect(kept.getItem("a")).to.equal("1")
      kept.removeItem("a")
      expect(kept.getItem("a")).to.equal(null)
      expect(shelf(storage).getItem("a")).to.equal(null)
    })
  }

  it("keeps what a full storage does not take, and gives it back when there is room again", () => {
    const storage = new MapShelf([["a", "1"]])
    const kept = shelf(() => storage)
    storage.isFull = true
    kept.setItem("a", "2")
    expect(kept.getItem("a"), "not the old value").to.equal("2")
    storage.isFull = false
    kept.setItem("a", "3")
    expect(storage.get("a")).to.equal("3")
    storage.set("a", "4")
    expect(kept.getItem("a"), "another tab's").to.equal("4")
  })
})
