import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { expect } from "chai"
import { projectDir } from "../../config/project-dir.ts"
import { findSwift, NO_SWIFT } from "../../tools/install/swift.ts"
import { cacheDir } from "../../tools/programs/paths.ts"
import { inSeconds, useIssuer } from "../helpers/issuer.ts"
import { PlayedDoors } from "../helpers/played-doors.ts"
import { useProduct } from "../helpers/product.ts"
import { skip } from "../helpers/skip.ts"
import { SmallDisk } from "../helpers/small-disk.ts"
import { use } from "../helpers/use.ts"

const PACKAGE = join(projectDir, "clients/swift")
/** Between runs, so that only what has changed is compiled. */
const BUILD = join(cacheDir, "swift-build")

/** A build from nothing, on a busy machine. */
const TIMEOUT_MS = 15 * 60_000
/** When the tests have printed nothing for so long, one hangs: it does not even keep the limit that each has. */
const SILENCE_MS = 5 * 60_000

const SMALL_DISK_MIB = 2

describe("clients/swift", function () {
  this.timeout(TIMEOUT_MS)

  /** Swift leaves locks and the like there. */
  let temporary: string | undefined

  before(function () {
    if (findSwift() === undefined) skip(this, NO_SWIFT)
    temporary = mkdtempSync(join(tmpdir(), "shopwire-swift-"))
  })

  const product = useProduct()
  const issuer = useIssuer()
  const guarded = useProduct(() => ({ auth: { verifier: issuer.verifier, cookie: undefined } }))
  const doors = use(() => PlayedDoors.start(product.edgeUrl))
  let running: ChildProcess | undefined
  after(() => {
    end()
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true })
  })

  /** `swift` ends the program with the tests, too, which would outlive its death by SIGKILL. */
  function end(): void {
    running?.kill("SIGINT")
  }

  /** Runs `swift`, and expects it to succeed. */
  async function swift(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const command = findSwift()?.({ args, cwd: PACKAGE, folders: [PACKAGE, BUILD, tmpdir()] })
    if (command === undefined) throw new Error(NO_SWIFT)
    mkdirSync(BUILD, { recursive: true })
    running = spawn(command.file, command.args, {
      cwd: PACKAGE,
      env: { ...process.env, ...env, TMPDIR: temporary },
      stdio: ["ignore", "pipe", "pipe"],
    })
    const { stdout, stderr } = running
    if (stdout === null || stderr === null) throw new Error("swift has no output")
    let isHanging = false
    const silence = setTimeout(() => {
      isHanging = true
      end()
    }, SILENCE_MS)
    if (args[0] !== "test") clearTimeout(silence)
    else stdout.on("data", () => silence.refresh())
    const [printed, complaints, [status]] = await Promise.all([text(stdout), text(stderr), once(running, "exit")])
    clearTimeout(silence)
    const why = isHanging ? `It hung in ${unfinished(printed).join(", ")}` : ""
    expect(status, `swift ${args.join(" ")}\n${printed}\n${complaints}\n${why}`).to.equal(0)
    return printed + complaints
  }

  const options = ["--scratch-path", BUILD, "-Xswiftc", "-warnings-as-errors"]

  it("compiles without a warning, with the README's examples", () => swift(["build", "--build-tests", ...options]))

  it("is formatted as swift format does it", async function () {
    // Other versions format in other ways.
    if (!(await swift(["--version"])).includes("Swift version 6.0")) skip(this, "Swift 6.0, for its swift format")
    await swift(["format", "lint", "--strict", "--recursive", "--configuration", ".swift-format", "."])
  })

  it("passes its tests against the product", async () => {
    const shop = randomUUID()
    const claims = { role: "merchant", shops: [shop] }
    const whyNoDisk = await SmallDisk.whyNot()
    const disk = whyNoDisk === undefined ? await SmallDisk.mount(SMALL_DISK_MIB) : undefined
    try {
      const output = await swift(["test", "--skip-build", ...options], {
        SHOPWIRE_EDGE: product.edgeUrl,
        SHOPWIRE_DOORS: doors.url,
        SHOPWIRE_GUARDED_EDGE: guarded.edgeUrl,
        SHOPWIRE_GUARDED_SHOP: shop,
        SHOPWIRE_TOKEN: await issuer.token(claims),
        SHOPWIRE_EXPIRED_TOKEN: await issuer.token({ ...claims, iat: inSeconds(-7200), exp: inSeconds(-3600) }),
        ...(disk === undefined ? {} : { SHOPWIRE_SMALL_DISK: disk.dir }),
      })
      expect(output).to.match(/Test run with [1-9]\d* tests passed/)
      for (const [, name] of output.matchAll(/Test (.+) skipped/g)) console.log(`      skipped in Swift: ${name}`)
    } finally {
      await disk?.unmount()
    }
  })
})

/** The tests that have begun and not ended, in what Swift Testing prints. */
function unfinished(printed: string): string[] {
  const names = (end: string) =>
    [...printed.matchAll(new RegExp(`Test (\\S+\\(.*?\\)) ${end}`, "g"))].map(([, name = ""]) => name)
  const ended = new Set(names("(?:passed|failed|skipped)").map((name) => name.replace(/\(.*/, "")))
  return names("started").filter((name) => !ended.has(name.replace(/\(.*/, "")))
}
