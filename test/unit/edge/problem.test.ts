import { expect } from "chai"
import { jsonPointer } from "../../../edge/http/problem.ts"

describe("jsonPointer()", () => {
  it("writes a path as RFC 6901 has it in a URI fragment", () => {
    expect(jsonPointer([])).to.equal("#")
    expect(jsonPointer([5, "action_id"])).to.equal("#/5/action_id")
    expect(jsonPointer(["a/b", "m~n", "ä %"])).to.equal("#/a~1b/m~0n/%C3%A4%20%25")
  })
})
