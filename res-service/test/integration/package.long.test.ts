import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect } from "chai"
import { startNats } from "../../../test/helpers/nats.ts"

const run = promisify(execFile)
const LIBRARY = fileURLToPath(new URL("../../", import.meta.url))
const MODULES = fileURLToPath(new URL("../../../node_modules/", import.meta.url))
const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc")

describe("The package res-service", () => {
  let folder: string
  let consumer: string
  let packed: readonly string[]

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "res-service-package-"))
    consumer = join(folder, "consumer")
    // Packed from a copy with its own build: dist may be out of date, or be written right now.
    const copy = join(folder, "copy")
    await mkdir(copy)
    const skipped = ["dist", "node_modules", "test"]
    for (const name of await readdir(LIBRARY)) {
      if (!skipped.includes(name)) await cp(join(LIBRARY, name), join(copy, name), { recursive: true })
    }
    const info = join(copy, "dist/.tsbuildinfo")
    await run(process.execPath, [TSC, "-p", LIBRARY, "--outDir", join(copy, "dist"), "--tsBuildInfoFile", info])
    const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--offline"], { cwd: copy })
    const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
    packed = files.map(({ path }) => path)

    const installed = join(consumer, "node_modules/res-service")
    await mkdir(installed, { recursive: true })
    await run("tar", ["-xzf", join(copy, filename), "-C", installed, "--strip-components=1"])
    // The packages that `npm install` would install.
    const manifest: { dependencies: Record<string, string> } = JSON.parse(
      await readFile(join(installed, "package.json"), "utf8"),
    )
    const names = Object.keys(manifest.dependencies).filter((name) => !name.startsWith("@nats-io/"))
    for (const name of [...names, "@nats-io", "zod"]) {
      await symlink(join(MODULES, name), join(consumer, "node_modules", name))
    }
    await mkdir(join(consumer, "node_modules/@types"))
    await symlink(join(MODULES, "@types/node"), join(consumer, "node_modules/@types/node"))
    await symlink(join(MODULES, "undici-types"), join(consumer, "node_modules/undici-types"))
    await writeFile(join(consumer, "package.json"), '{ "type": "module" }')
  })

  after(() => rm(folder, { recursive: true, force: true }))

  it("holds the build and its sources, the README, the API page, the examples and the licence, and nothing else", () => {
    for (const file of [
      "README.md",
      "LICENSE",
      "package.json",
      "docs/api.md",
      "examples/README.md",
      "dist/mod.js",
      "dist/mod.d.ts",
    ]) {
      expect(packed).to.include(file)
    }
    const allowed =
      /^(dist\/.+\.(js|d\.ts)(\.map)?|src\/.+\.ts|examples\/[\w.-]+|docs\/api\.md|README\.md|LICENSE|package\.json)$/
    expect(packed.filter((path) => !allowed.test(path))).to.deep.equal([])
    const built = packed.filter((path) => path.endsWith(".js")).map((path) => path.slice("dist/".length, -".js".length))
    const sources = packed
      .filter((path) => path.startsWith("src/"))
      .map((path) => path.slice("src/".length, -".ts".length))
    expect(built.toSorted()).to.deep.equal(sources.toSorted())
  })

  it("has five dependencies, four of them parts of the NATS client, in ranges that take fixes unless it uses their internals", async () => {
    const { dependencies, peerDependencies, scripts } = JSON.parse(
      await readFile(join(LIBRARY, "package.json"), "utf8"),
    )
    const { "@nats-io/nats-core": core, nats, ...others } = dependencies
    for (const version of [core, nats]) expect(version).to.match(/^(npm:@nats-io\/transport-node@)?3\.\d+\.\d+$/)
    expect(Object.keys(others)).to.deep.equal(["@nats-io/jetstream", "@nats-io/kv", "ws"])
    for (const range of Object.values(others)) expect(range).to.match(/^\^/)
    expect(peerDependencies).to.equal(undefined)
    expect(Object.keys(scripts)).not.to.include.members(["preinstall", "install", "postinstall"])
  })

  it("type-checks in a strict consumer, libraries checked too, and each entry point runs from its build", async () => {
    await writeFile(
      join(consumer, "consumer.ts"),
      `import { model, Service } from "res-service"
import { Client } from "res-service/client"
import { defineModel } from "res-service/contract"
import { createGateway } from "res-service/gateway"
import { MemoryBroker, ServiceKit } from "res-service/testing"
const book = model("library.book.$id", { get: (req) => ({ id: req.parts.id }) })
const kit = await ServiceKit.start([book])
const id: string = (await kit.get("library.book.42")).answer.result === undefined ? "none" : "some"
await kit.stop()
const conn = new MemoryBroker().connect()
console.log(defineModel("library.book.$id", {}).name({ id: "42" }))
console.log(id, typeof Service, typeof createGateway(conn), new Client(conn).mirror("library.book.1").rid)
process.exit()
`,
    )
    const options = [
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2023",
      "--skipLibCheck",
      "false",
      "--types",
      "node",
    ]
    await run(process.execPath, [TSC, ...options, "consumer.ts"], { cwd: consumer }).catch(
      (error: { stdout: string }) => {
        throw new Error(error.stdout)
      },
    )
    const { stdout } = await run(process.execPath, ["consumer.js"], { cwd: consumer })
    expect(stdout).to.equal("library.book.42\nsome function object library.book.1\n")
  })

  it("type-checks every example of its README", async () => {
    const readme = await readFile(join(LIBRARY, "README.md"), "utf8")
    const names: string[] = []
    for (const [, code = ""] of readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
      const name = `readme-${names.length}.ts`
      names.push(name)
      await writeFile(join(consumer, name), code)
    }
    expect(names).to.have.length.above(3)
    const options = [
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2023",
      "--noEmit",
      "--skipLibCheck",
      "--types",
      "node",
    ]
    await run(process.execPath, [TSC, ...options, ...names], { cwd: consumer }).catch((error: { stdout: string }) => {
      throw new Error(error.stdout)
    })
  })

  it("refuses a wrong part, a nested object in a model, and a change of a missing property, at compile time", async () => {
    await writeFile(
      join(consumer, "wrong.ts"),
      `import { collection, model } from "res-service"
model("library.book.$id", { get: (req) => ({ id: req.parts.name }) })
model("library.book.$id", { get: () => ({ author: { name: "Ann" } }) })
const book = model("library.book.$id", {
  get: () => ({ title: "Emma" }),
  call: (method) => ({ set: { handle: (req) => req.events.change({ name: "Emma" }) } }),
})
collection("library.books", { get: () => [1], call: () => ({ add: { handle: (req) => req.events.add("one", 0) } }) })
export { book }
`,
    )
    const options = ["--strict", "--module", "nodenext", "--noEmit", "--skipLibCheck", "--types", "node"]
    const { stdout } = await run(process.execPath, [TSC, ...options, "wrong.ts"], { cwd: consumer }).then(
      () => ({ stdout: "" }),
      (error: { stdout: string }) => error,
    )
    const lines = new Set([...stdout.matchAll(/^wrong\.ts\((\d+)/gm)].map(([, line]) => Number(line)))
    expect([...lines]).to.deep.equal([2, 3, 6, 8])
  })

  it("runs its examples and its gateway from the build, with nothing but what is installed", async () => {
    const { stdout } = await run(process.execPath, ["node_modules/res-service/dist/gateway/main.js", "--version"], {
      cwd: consumer,
    })
    expect(stdout).to.include("protocol v1.2.3")
    const nats = await startNats()
    try {
      const example = join(consumer, "02-edit-text.mjs")
      await cp(join(consumer, "node_modules/res-service/examples/02-edit-text.mjs"), example)
      const env = { ...process.env, NATS_URL: nats.url }
      const child = run(process.execPath, [example], { env })
      const line = await new Promise((resolve, reject) => {
        child.child.stdout?.once("data", (data: Buffer) => resolve(String(data)))
        child.catch(reject)
      })
      expect(line).to.equal("serving example.text\n")
      child.child.kill()
      await child.catch(() => {})
    } finally {
      await nats.stop()
    }
  })
})
