import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { samplePublishEvent } from "../../contract/publish-event.ts"
import { answer, post } from "../helpers/http.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { ran } from "../helpers/terminal.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
/** What `npx --no -- shopwire` runs. */
const command = fileURLToPath(new URL("../../node_modules/.bin/shopwire", import.meta.url))
const { shop_id, shopper_id } = samplePublishEvent
const feed = `store.${shop_id}.feed`

interface Given {
  readonly input?: string
  readonly env?: NodeJS.ProcessEnv
}

describe("npx --no -- shopwire", () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "shopwire-cli-"))
  })

  after(() => rm(folder, { recursive: true, force: true }))

  /** As a process of its own. `inProcess` takes a tenth of the time. */
  async function shopwire(args: string[], { input = "", env = {} }: Given = {}) {
    const child = spawn(process.execPath, [command, ...args], {
      cwd: root,
      env: { ...process.env, AUTH: "", DATA_DIR: folder, ...env },
    })
    child.stdin.end(input)
    const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
    return { stdout, stderr, status }
  }

  const inProcess = (args: string[], { input = "", env = {} }: Given = {}) =>
    ran(args, { ...process.env, AUTH: "", DATA_DIR: folder, ...env }, input)

  /** The settings that `token` says, as in `AUTH=jwks JWKS_URL=… npm start`. */
  function settingsIn(stderr: string): Record<string, string> {
    return Object.fromEntries(
      [...stderr.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]),
    )
  }

  it("--help says what commands there are, and exits with 0", async () => {
    const { stdout, stderr, status } = await shopwire(["--help"])
    expect(stdout).to.match(/^Usage: npx --no -- shopwire <command>/)
    expect({ stderr, status }).to.deep.equal({ stderr: "", status: 0 })
  })

  it("token makes one that `npm start` takes, with the settings that it says", async () => {
    const made = await shopwire(["token", "--role", "merchant", "--shop", shop_id, "--name", "Ann"])
    expect(made.status).to.equal(0)
    const authorization = `Bearer ${made.stdout.trim()}`
    const kit = await LauncherKit.create()
    try {
      await kit.ready(kit.start(settingsIn(made.stderr)))
      const publish = async (headers: Record<string, string>): Promise<number> =>
        (await post(`${kit.edgeUrl}/publish/${shop_id}`, samplePublishEvent, headers)).status
      expect(await publish({})).to.equal(401)
      expect(await publish({ authorization })).to.equal(200)
      const read = async (headers: Record<string, string>) =>
        await answer(fetch(`${kit.gatewayUrl}/api/store/${shop_id}/feed`, { headers }))
      expect((await read({})).status).to.equal(401)
      expect((await read({ authorization })).body).to.have.length(1)
      expect((await answer(fetch(`${kit.edgeUrl}/config.json`))).body.auth).to.deep.equal({ kind: "jwks" })
    } finally {
      await kit.end()
    }
  })

  it("token keeps its key to the user", async () => {
    await inProcess(["token"])
    expect((await stat(join(folder, "development-key.json"))).mode & 0o777).to.equal(0o600)
    expect(await readFile(join(folder, "development-jwks.json"), "utf8")).not.to.include('"d"')
  })

  it("explain says which rule allows or refuses, and why, and exits so", async () => {
    const { stdout: token } = await inProcess([
      "token",
      "--role",
      "shopper",
      "--shop",
      shop_id,
      "--shopper-id",
      shopper_id,
    ])
    const explain = async (...args: string[]) => {
      const { stdout, stderr, status } = await inProcess(["explain", "--token", "-", "--resource", feed, ...args], {
        input: token,
      })
      return [status, stderr || stdout.trim().split("\n").at(-1)]
    }
    const { stdout, status } = await shopwire(["explain", "--token", "-", "--resource", feed], { input: token })
    expect([status, stdout.trim().split("\n").at(-1)]).to.deep.equal(await explain())
    expect(await explain("--call", "publish")).to.deep.equal([
      0,
      "allowed  the rule publish allows a shopper: ownShopAsItself",
    ])
    expect(await explain("--call", "publish", "--shopper-id", shop_id)).to.deep.equal([
      1,
      "refused  the rule publish asks ownShopAsItself of a shopper: an event is another shopper's than the claim shopper_id says",
    ])
    expect(await explain()).to.deep.equal([1, "refused  the rule readShop does not allow a shopper"])
  })

  it("ends without a complaint when nobody reads its output any more", async () => {
    const child = spawn(process.execPath, [command, "explain", "--resource", "no.such"], {
      cwd: root,
      env: { ...process.env, AUTH: "", DATA_DIR: folder },
    })
    child.stdout.destroy()
    const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, "close")])
    expect({ stderr, status }).to.deep.equal({ stderr: "", status: 1 })
  })

  it("ends with 3 when something accepts its connection and then says nothing", async () => {
    const silent = createServer((socket) => socket.on("error", () => {}))
    await once(silent.listen(0, "127.0.0.1"), "listening")
    const { port } = silent.address() as AddressInfo
    try {
      const { stderr, status } = await shopwire(["explain", "--seq", "1"], {
        env: { NATS_URL: `nats://127.0.0.1:${port}` },
      })
      expect(stderr).to.match(/^NATS at nats:\/\/127\.0\.0\.1:\d+: timeout/)
      expect(status).to.equal(3)
    } finally {
      silent.close()
    }
  })

  it("explain says why a token is not good, and decides as for nobody", async () => {
    const { stdout, stderr, status } = await inProcess(["explain", "--token", "abc", "--resource", feed])
    expect({ stderr, status }).to.deep.equal({ stderr: "", status: 1 })
    expect(stdout).to.include("not good: it is no JWT").and.include("does not allow callers without a valid token")
  })

  it("says what is wrong with how it was called, or with a setting, and exits with 2", async () => {
    const [wrongCall, wrongSetting] = await Promise.all([
      shopwire(["token", "--role", "king"]),
      inProcess(["explain", "--resource", feed, "--token", "a"], { env: { AUTH: "firebase" } }),
    ])
    expect(wrongCall.status).to.equal(2)
    expect(wrongCall.stderr).to.include("claim role: expected one of").and.include("Usage: npx --no -- shopwire")
    expect(wrongSetting).to.include({
      status: 2,
      stderr: "FIREBASE_PROJECT_ID is not set: AUTH=firebase needs it",
    })
  })
})
