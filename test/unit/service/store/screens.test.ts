import { expect } from "chai"
import { MAX_SCREENS, Screens } from "../../../../service/store/screens.ts"

const eva = { id: "1", name: "Eva", idle: false }

describe("Screens", () => {
  let now = 0
  let screens: Screens
  const look = { shopId: "a", cid: "conn" }

  beforeEach(() => {
    now = 1000
    screens = new Screens(() => now)
    screens.called(look, eva)
  })

  it("asks for a connection after 8 s without a call, and ends the screen after 15 s however alive the connection is", () => {
    now += 8000
    expect(screens.overdue()).to.deep.equal({ silent: [], gone: [] })
    now += 1
    expect(screens.overdue()).to.deep.equal({ silent: [look], gone: [] })
    screens.proved(look)
    expect(screens.overdue()).to.deep.equal({ silent: [], gone: [] })
    now += 7000
    expect(screens.overdue()).to.deep.equal({ silent: [], gone: [look] })
    screens.remove(look)
    expect(screens.size).to.equal(0)
  })

  it("waits 90 s for an idle screen whose connection is alive: a hidden page's timers run once a minute", () => {
    screens.called(look, { ...eva, idle: true })
    for (let s = 0; s < 90; s += 9) {
      screens.proved(look)
      now += 9000
      expect(screens.overdue().gone).to.deep.equal([])
    }
    now += 1
    expect(screens.overdue()).to.deep.equal({ silent: [], gone: [look] })
  })

  it("keeps a screen's place and its since while name and idle change", () => {
    screens.called({ shopId: "a", cid: "other" }, { id: "2", name: null, idle: false })
    const [first] = screens.of("a")
    screens.called(look, { id: "1", name: "Eve", idle: true })
    expect(screens.of("a").map(({ id }) => id)).to.deep.equal(["1", "2"])
    expect(screens.of("a")[0]).to.deep.equal({ ...first, name: "Eve", presence: "idle" })
  })

  it(`shows at most ${MAX_SCREENS} of a shop, and goes on with those`, () => {
    for (let n = 0; n < 2 * MAX_SCREENS; n++) screens.called({ shopId: "a", cid: `c${n}` }, { ...eva, id: `c${n}` })
    expect(screens.of("a").length).to.equal(MAX_SCREENS)
    screens.called(look, { ...eva, name: "Still here" })
    expect(screens.of("a")[0]?.name).to.equal("Still here")
    expect(screens.of("b")).to.deep.equal([])
  })

  it("gives all their full time again after a time in which nobody could be heard, and drops shops", () => {
    now += 100_000
    screens.restart()
    expect(screens.overdue()).to.deep.equal({ silent: [], gone: [] })
    screens.called({ shopId: "b", cid: "conn" }, eva)
    screens.dropWhere((shopId) => shopId === "a")
    expect([screens.of("a").length, screens.of("b").length]).to.deep.equal([0, 1])
  })
})
