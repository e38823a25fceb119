import { expect } from "chai"
import { sameSecret } from "../../../service/same-secret.ts"

describe("sameSecret", () => {
  const cases: [string, string, boolean][] = [
    ["abc", "abc", true],
    ["", "", true],
    ["abc", "abd", false],
    ["abc", "ab", false],
    ["é", "e", false],
    ["", "a", false],
  ]
  for (const [one, other, same] of cases) {
    it(`says ${same} of "${one}" and "${other}"`, () => expect(sameSecret(one, other)).to.equal(same))
  }
})
