import { expect } from "chai"
import { run } from "../../../cli/run.ts"

describe("run()", () => {
  const wrong: [string[], string][] = [
    [[], '"" is no command'],
    [["toString"], '"toString" is no command'],
    [["explain"], "--resource is missing"],
    [["explain", "--resource", "a b"], "expected a resource ID"],
    [["token", "--role", "king"], "claim role: expected one of"],
    [["token", "--shop", "7"], "claim shops.0: expected a UUID version 4"],
    [["token", "--minutes", "0"], "--minutes 0: expected"],
    [["token", "--colour", "red"], "--colour"],
  ]
  for (const [args, message] of wrong) {
    it(`answers 2, and says what is wrong and how to call it, given ${JSON.stringify(args.join(" "))}`, async () => {
      let said = ""
      const status = await run(args, (text) => {
        said += text
      })
      expect(status).to.equal(2)
      expect(said).to.include(message).and.include("Usage: npx --no shopwire")
    })
  }
})
