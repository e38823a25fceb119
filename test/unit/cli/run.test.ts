import { expect } from "chai"
import { ran } from "../../helpers/terminal.ts"

const commands = ["publish", "tail", "session", "replay", "doctor", "explain", "token"]

describe("run()", () => {
  for (const args of [["--help"], ["-h"], ["help"]]) {
    it(`answers 0, and lists the commands, given ${JSON.stringify(args.join(" "))}`, async () => {
      const { status, stdout, stderr } = await ran(args)
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: "" })
      expect(stdout).to.match(/^Usage: npx --no -- shopwire <command>/)
      const [, listed = ""] = stdout.split("Commands:")
      for (const command of commands) expect(listed).to.match(new RegExp(`^ {2}${command} `, "m"))
    })
  }

  for (const command of commands) {
    it(`answers 0, and prints how to call it, given "${command} --help"`, async () => {
      for (const args of [
        [command, "--help"],
        [command, "-h"],
        ["help", command],
      ]) {
        const { status, stdout, stderr } = await ran(args)
        expect({ status, stderr }).to.deep.equal({ status: 0, stderr: "" })
        expect(stdout).to.match(new RegExp(`^Usage: npx --no -- shopwire ${command} `))
        expect(stdout).not.to.include("[]")
      }
    })
  }

  const wrong: [string[], string][] = [
    [[], "expected a command"],
    [["toString"], "unknown command 'toString'"],
    [["explain"], "expected either --seq or --resource"],
    [["explain", "--seq", "1", "--resource", "a.b"], "expected either --seq or --resource"],
    [["explain", "--seq", "0"], "'--seq <n>' argument '0' is invalid. expected a whole number from 1"],
    [["explain", "--resource", "a b"], "expected a resource ID"],
    [["token", "--role", "king"], "claim role: expected one of"],
    [["token", "--shop", "7"], "claim shops.0: expected a UUID version 4"],
    [["token", "--minutes", "0"], "'--minutes <n>' argument '0' is invalid. expected a whole number from 1 to 10080"],
    [["token", "--colour", "red"], "--colour"],
    [["tail"], "missing required argument 'shop'"],
    [["tail", "7"], "expected a shop ID: a UUID version 4"],
    [["session", "a b"], "expected a session ID: 1 to 64 letters, digits, _, ~ or -"],
    [["publish", "no-such-file"], "no-such-file: expected a readable file"],
    [["publish", "--set", "action"], "--set action: expected field=value"],
    [["replay", "1..x", "--speed", "max"], "1..x: expected two sequences"],
    [["replay", "1..2"], "1..2: --shop must name the shop"],
    [["replay", "no-such-file"], "no-such-file: expected a readable file"],
    [["replay", "a", "--speed", "0"], "expected a number above 0, or max"],
  ]
  for (const [args, message] of wrong) {
    it(`answers 2, and says what is wrong and how to call it, given ${JSON.stringify(args.join(" "))}`, async () => {
      const { status, stdout, stderr } = await ran(args)
      expect({ status, stdout }).to.deep.equal({ status: 2, stdout: "" })
      expect(stderr).to.include(message).and.include("Usage: npx --no -- shopwire")
    })
  }

  const shop = "123e4567-e89b-42d3-a456-426614174000"
  const wrongInputs: [string, string][] = [
    ["", "there is no event in it"],
    ["\n{}\nx", "line 3 is not JSON"],
    ["{}", "the events name no shop: give --shop"],
    ['{"shop_id":"7\\u001b"}', 'shop_id "7\\u001b": expected a UUID version 4'],
    [`{"shop_id":"${shop}"}\n{"shop_id":5}`, "line 2: the events name no shop: give --shop"],
  ]
  for (const [input, message] of wrongInputs) {
    it(`says in one line what is wrong, before anything is sent, given the events ${JSON.stringify(input)}`, async () => {
      expect(await ran(["publish", "-"], {}, input)).to.include({ status: input === "" ? 0 : 2, stderr: message })
    })
  }

  it("shows no password of a URL", async () => {
    const { status, stderr } = await ran(["publish"], { EDGE_URL: "http://ann:s3cret@edge.example" })
    expect(status).to.equal(2)
    expect(stderr).to.match(/^EDGE_URL="\*\*\*@edge\.example": expected a URL without a user and password/)
  })

  it("answers 2 and one line, given a setting with a wrong value", async () => {
    expect(await ran(["publish"], { EDGE_PORT: "x" })).to.include({
      status: 2,
      stderr: 'EDGE_PORT="x": expected a whole number from 1 to 65535',
    })
  })
})
