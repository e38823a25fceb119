import { expect } from "chai"
import { defaultProfile, type Profile } from "../../../contract/profile.ts"
import { draftOf, isBackwards, patchOf } from "../../../web/merchant/shop/profile-draft.ts"

const profile: Profile = {
  ...defaultProfile,
  name: "Corner Grocery",
  currency: "EUR",
  time_zone: "Europe/Berlin",
  languages: ["de"],
  // A closed day may be written as a day without spans.
  opening_hours: { tue: [["09:00", "18:00"]], mon: [], sun: [["10:00", "12:00"]] },
  set: true,
}

describe("draftOf()", () => {
  it("offers the device's time zone to a shop that has set nothing, and keeps the one of a shop that has", () => {
    expect(draftOf(defaultProfile, "Asia/Tokyo").timeZone).to.equal("Asia/Tokyo")
    expect(draftOf(profile, "Asia/Tokyo").timeZone).to.equal("Europe/Berlin")
  })
})

describe("patchOf()", () => {
  it("is empty for a draft that nobody has changed", () => {
    expect(patchOf(draftOf(profile, "UTC"), profile)).to.deep.equal({})
  })

  it("has only the changed fields, in the profile's units", () => {
    const draft = { ...draftOf(profile, "UTC"), name: " Kiosk ", coldAfterMin: 5 }
    expect(patchOf(draft, profile)).to.deep.equal({ name: "Kiosk", cold_after_s: 300 })
  })

  it("has null for what was emptied", () => {
    const draft = draftOf(profile, "UTC")
    const empty = { mon: [], tue: [], wed: [], thu: [], fri: [], sat: [], sun: [] }
    expect(patchOf({ ...draft, name: " ", currency: "", hours: empty }, profile)).to.deep.equal({
      name: null,
      currency: null,
      opening_hours: null,
    })
  })

  it("has the opening hours of all open days if one of them changed", () => {
    const draft = draftOf(profile, "UTC")
    const hours = { ...draft.hours, sat: [["08:00", "13:00"]] as const }
    expect(patchOf({ ...draft, hours }, profile)).to.deep.equal({
      opening_hours: { tue: [["09:00", "18:00"]], sat: [["08:00", "13:00"]], sun: [["10:00", "12:00"]] },
    })
  })
})

describe("isBackwards()", () => {
  it("is true for hours that end before they begin, or at once", () => {
    expect(isBackwards(["09:00", "09:00"])).to.equal(true)
    expect(isBackwards(["19:00", "02:00"])).to.equal(true)
    expect(isBackwards(["09:00", "09:01"])).to.equal(false)
  })
})
