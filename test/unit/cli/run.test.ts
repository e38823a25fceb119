import { expect } from "chai"
import { run } from "../../../cli/run.ts"

const unexpected = (text: string) => expect.fail(text)

describe("run()", () => {
  for (const args of [["--help"], ["-h"], ["help"], ["token", "--help"], ["explain", "-h"]]) {
    it(`answers 0, and prints how to call it, given ${JSON.stringify(args.join(" "))}`, async () => {
      let printed = ""
      const status = await run(
        args,
        (text) => {
          printed += text
        },
        unexpected,
      )
      expect(status).to.equal(0)
      expect(printed).to.match(/^Usage: npx --no -- shopwire <command>/)
    })
  }

  const wrong: [string[], string][] = [
    [[], "expected a command"],
    [["toString"], '"toString" is not a command'],
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
      const status = await run(args, unexpected, (text) => {
        said += text
      })
      expect(status).to.equal(2)
      expect(said).to.include(message).and.include("Usage: npx --no -- shopwire")
    })
  }
})
