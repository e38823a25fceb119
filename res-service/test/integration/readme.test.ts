import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { closeCodes } from "res-service/gateway"
import { get } from "../../../test/helpers/http.ts"
import { startNats, type TestNats } from "../../../test/helpers/nats.ts"
import { freePort } from "../../../test/helpers/ports.ts"
import { until } from "../../../test/helpers/until.ts"
import { parseConfig } from "../../src/gateway/config-file.ts"

const LIBRARY = fileURLToPath(new URL("../../", import.meta.url))
const MODULES = fileURLToPath(new URL("../../../node_modules/", import.meta.url))
const readme = readFileSync(`${LIBRARY}README.md`, "utf8")

describe("res-service/README.md", () => {
  describe("First example", () => {
    const [, example = ""] = /## First example\n\n```ts\n([\s\S]*?)```/.exec(readme) ?? []
    let folder: string
    let nats: TestNats
    let child: ChildProcess | undefined

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "res-service-readme-"))
      symlinkSync(MODULES, join(folder, "node_modules"))
      nats = await startNats()
    })

    after(async () => {
      if (child?.kill()) await once(child, "exit")
      rmSync(folder, { recursive: true })
      await nats?.stop()
    })

    it("has at most 15 lines", () => {
      expect(example.trimEnd().split("\n")).to.have.length.within(5, 15)
    })

    it("answers the curl command below it as printed, except for addresses", async () => {
      const port = await freePort()
      const file = join(folder, "hello.mjs")
      writeFileSync(file, example.replace("nats://127.0.0.1:4222", nats.url).replace("8080", String(port)))
      const args = ["--import=tsx", "--conditions=@res-service/source", file]
      child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] })
      const [, path = ""] = /curl http:\/\/127\.0\.0\.1:8080(\S+)/.exec(readme) ?? []
      const answer = await until("the gateway of the first example", () =>
        get(`http://127.0.0.1:${port}${path}`).catch(() => undefined),
      )
      expect(readme).to.include(`\`${JSON.stringify(answer.body)}\`. In a browser`)
    })
  })

  it("links, in each row beside go-res, to a test that is there under that title", () => {
    const [, table = ""] = /### Beside go-res\n([\s\S]*?)\nNot included/.exec(readme) ?? []
    const rows = table
      .split("\n")
      .filter((line) => line.startsWith("| "))
      .slice(2)
    expect(rows).to.have.length.above(35)
    for (const row of rows) {
      const [, title = "", path = ""] = /\| \[(.+)\]\(([^)]+)\) \|$/.exec(row) ?? []
      expect(readFileSync(`${LIBRARY}${path}`, "utf8"), row).to.include(title)
    }
  })

  it("links to files that are there", () => {
    const links = [...readme.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path = ""]) => path)
    expect(links.length).to.be.above(40)
    for (const path of new Set(links)) expect(readFileSync(`${LIBRARY}${path}`, "utf8")).not.to.equal("")
  })

  it("lists the gateway's settings and close codes as they are", () => {
    const [, section = ""] = /## Gateway\n([\s\S]*?)\n## /.exec(readme) ?? []
    const [, settings = ""] = /with its keys and defaults: ([\s\S]*?)\. Its flags/.exec(section) ?? []
    for (const [, key = ""] of settings.matchAll(/`(\w+)`/g)) {
      expect(parseConfig(JSON.stringify({ [key]: null })).unknownKeys, key).to.deep.equal([])
    }
    const rows = [...section.matchAll(/^\| (\d{4}) \| (.*) \| (yes|no) \|$/gm)]
    const codes = Object.values(closeCodes).map(({ code, reason, reconnect }) => [
      String(code),
      reason.replace("gateway is", "the gateway is"),
      reconnect ? "yes" : "no",
    ])
    expect(rows.map(([, ...cells]) => cells)).to.deep.equal(codes)
  })
})
