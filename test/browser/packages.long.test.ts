import { execFile } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"
import { expect } from "chai"
import { build } from "vite"
import { projectDir } from "../../config/project-dir.ts"
import { useBrowser } from "../helpers/browser.ts"
import { publishEvent } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { clients, PackedClients } from "../helpers/packed-clients.ts"
import { usePages } from "../helpers/pages.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

const run = promisify(execFile)
const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc")

const folders = Object.keys(clients) as (keyof typeof clients)[]
const clientFile = (folder: string, file: string) => readFile(join(projectDir, "clients", folder, file), "utf8")

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly engines: { readonly node: string }
  readonly sideEffects: boolean
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
}

const manifestOf = async (folder: string): Promise<Manifest> => JSON.parse(await clientFile(folder, "package.json"))

describe("The packages of clients/", () => {
  const packed = use(() =>
    PackedClients.install([
      "react",
      "react-dom",
      "@types/react",
      "@types/react-dom",
      "@types/node",
      "csstype",
      "undici-types",
    ]),
  )

  for (const folder of folders) {
    it(`${clients[folder]} holds the build with its types, the README and the licence, and nothing else`, async () => {
      const files = packed.files[folder]
      const { exports } = await manifestOf(folder)
      const built = Object.values(exports).flatMap(({ types = "", default: code = "" }) => [types, code])
      expect(files).to.include.members(["README.md", "LICENSE", "package.json", ...built.map((path) => path.slice(2))])
      const allowed = /^(dist\/.+\.(js|d\.ts)(\.map)?|README\.md|LICENSE|package\.json)$/
      expect(files.filter((path) => !allowed.test(path))).to.deep.equal([])
    })

    it(`${clients[folder]} imports nothing but its own files and its dependencies`, async () => {
      const { dependencies, peerDependencies = {} } = await manifestOf(folder)
      const root = join(packed.dir, "node_modules", clients[folder])
      const names = new Set<string>()
      for (const file of packed.files[folder].filter((path) => /\.(js|d\.ts)$/.test(path))) {
        const text = await readFile(join(root, file), "utf8")
        for (const [, from, loaded] of text.matchAll(/(?:\bfrom |^import )"([^"]+)"|\bimport\("([^"]+)"\)/gm)) {
          const specifier = from ?? loaded ?? ""
          if (specifier.startsWith(".")) {
            const target = join(dirname(file), specifier).replace(/(?<!\.d)\.tsx?$/, ".d.ts")
            expect(packed.files[folder], `${file} imports ${specifier}`).to.include(target)
          } else names.add(specifier)
        }
      }
      const known = [...Object.keys(dependencies), ...Object.keys(peerDependencies)]
      const isKnown = (name: string) => known.some((each) => name === each || name.startsWith(`${each}/`))
      const others = [...names].filter((name) => !isKnown(name))
      // Only the entry `node`, which browsers never load.
      const ofNode = folder === "js" ? ["node:fs/promises", "node:path", "node:zlib"] : []
      expect(others.toSorted()).to.deep.equal(ofNode)
    })

    it(`${clients[folder]} has the version of the product, and runs no script when it is installed`, async () => {
      const own = await manifestOf(folder)
      const product = JSON.parse(await readFile(join(projectDir, "package.json"), "utf8"))
      expect([own.version, own.license, own.engines.node]).to.deep.equal([product.version, "MIT", product.engines.node])
      expect(own.sideEffects).to.equal(false)
      expect(Object.keys(own.scripts)).to.deep.equal(["prepack"])
    })
  }

  it("depend on each other by the version that they are published with", async () => {
    const [client, react] = [await manifestOf("js"), await manifestOf("react")]
    expect(react.dependencies).to.deep.equal({ [client.name]: client.version })
  })

  it("type-check in a strict project, libraries checked too, and run in Node from their build", async () => {
    await writeFile(
      join(packed.dir, "consumer.tsx"),
      `import { basket, Connection, feed, type ShownEvent } from "@shopwire/client"
import { FileStore } from "@shopwire/client/node"
import { MemoryStore, ProblemError, Publisher } from "@shopwire/client/publish"
import { isSessionId } from "@shopwire/client/session"
import { useBasket, useCollection } from "@shopwire/react"
const parts = { shop_id: "123e4567-e89b-42d3-a456-426614174000" }
export function Feed() {
  const { data } = useCollection(feed, parts)
  const newest: ShownEvent | undefined = data?.[0]
  const total: number | undefined = useBasket(parts.shop_id, "a").data?.total
  return <p>{newest?.product_name} {total}</p>
}
const publisher = new Publisher({ edgeUrl: "", shopId: parts.shop_id, store: new MemoryStore() })
await publisher.stop()
const connection = new Connection("ws://127.0.0.1:1")
console.log(basket.name({ ...parts, session_id: "b" }), typeof FileStore, typeof ProblemError, isSessionId("a"))
console.log(connection.state.get().kind, connection.watches.of(feed, parts).get().status)
// @ts-expect-error another part
feed.name({ shop: "a" })
`,
    )
    await typeCheck(packed.dir, ["consumer.tsx"], ["--module", "nodenext"])
    const { stdout } = await run(process.execPath, ["consumer.js"], { cwd: packed.dir })
    const [named, state] = stdout.trim().split("\n")
    expect(named).to.equal("store.123e4567-e89b-42d3-a456-426614174000.basket.b function function true")
    expect(state).to.equal("connecting loading")
  })

  it("type-check the examples of their READMEs, as a bundler resolves them", async () => {
    const names: string[] = []
    for (const folder of folders) {
      for (const [, language = "", code = ""] of (await clientFile(folder, "README.md")).matchAll(
        /^```(tsx?)\n([\s\S]*?)^```$/gm,
      )) {
        const name = `readme-${folder}-${names.length}.${language}`
        names.push(name)
        await writeFile(join(packed.dir, name), code)
      }
    }
    expect(names).to.have.length.above(3)
    await typeCheck(packed.dir, names, ["--module", "esnext", "--moduleResolution", "bundler", "--noEmit"])
  })

  it("are no larger than their READMEs say, minified and gzipped", async () => {
    for (const folder of folders) {
      const rows = [...(await clientFile(folder, "README.md")).matchAll(/^\| `(@shopwire\/[\w/]+)` \| (\d+) kB \|/gm)]
      expect(rows).to.have.length(folder === "js" ? 3 : 1)
      for (const [, specifier = "", kilobytes = ""] of rows) {
        const bytes = gzipSync(await minified(packed.dir, `export * from "${specifier}"`)).length
        expect(bytes, specifier).to.be.within(1000, Number(kilobytes) * 1000)
      }
    }
  })

  describe("in an app that Vite has built", () => {
    const browser = useBrowser()
    const pages = usePages()

    it("publish an event, and show it live", async () => {
      const shopId = randomUUID()
      const app = join(packed.dir, "app")
      await mkdir(app, { recursive: true })
      await writeFile(
        join(app, "main.tsx"),
        `import { Connection } from "@shopwire/client"
import { openStore, Publisher } from "@shopwire/client/publish"
import { ConnectionProvider, useFeed } from "@shopwire/react"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
function Events({ shopId }: { shopId: string }) {
  const { feed, timeline } = useFeed(shopId)
  return <main>{feed.status} {timeline.events.map((event) => event.product_name).join(", ")}</main>
}
Object.assign(window, {
  show: (gateway: string, shopId: string) => createRoot(document.body.appendChild(document.createElement("div"))).render(
    <StrictMode><ConnectionProvider connection={new Connection(gateway)}><Events shopId={shopId} /></ConnectionProvider></StrictMode>,
  ),
  publish: async (event: { shop_id: string }) =>
    new Publisher({ edgeUrl: "", shopId: event.shop_id, store: await openStore("app") }).publish(event as never),
})
`,
      )
      const output = await build({
        configFile: false,
        root: app,
        logLevel: "warn",
        define: { "process.env.NODE_ENV": '"production"' },
        build: { write: false, lib: { entry: join(app, "main.tsx"), formats: ["iife"], name: "app" } },
      })
      const [result] = [output].flat()
      if (result === undefined || !("output" in result)) throw new Error("nothing was built")
      browser.allow(/favicon/)
      const page = await browser.open(`${pages.product.edgeUrl}/healthz`, { bypassCSP: true })
      await page.addScriptTag({ content: result.output[0].code })
      const shown = () => page.textContent("main")
      await page.evaluate(
        ([gateway, shop]) => Reflect.get(window, "show")(gateway, shop),
        [pages.gateway.wsUrl, shopId],
      )
      await until("the feed", async () => (await shown())?.startsWith("live"))
      const event = publishEvent({ shop_id: shopId, product_name: "Pears" })
      expect(await page.evaluate((given) => Reflect.get(window, "publish")(given), event)).to.be.a("number")
      await until("the event", async () => (await shown()) === "live Pears")
      await post(`${pages.product.edgeUrl}/publish/${shopId}`, { ...event, product_name: "Figs" })
      await until("the next event", async () => (await shown()) === "live Figs, Pears")
    })
  })
})

/** Type-checks files of a project, and the declarations of all that they import; rejects with what is wrong. */
async function typeCheck(dir: string, files: readonly string[], modules: readonly string[]): Promise<void> {
  const options = ["--strict", "--target", "es2023", "--skipLibCheck", "false", "--jsx", "react-jsx"]
  const libs = ["--lib", "es2023,dom,dom.iterable", "--types", "node"]
  const args = [TSC, ...options, ...libs, ...modules, ...files]
  await run(process.execPath, args, { cwd: dir }).catch(({ stdout }: { stdout: string }) => {
    throw new Error(stdout)
  })
}

/** A module with all that it imports, but React, as an app gets it. */
async function minified(dir: string, code: string): Promise<string> {
  const entry = join(dir, "size.js")
  await writeFile(entry, code)
  const output = await build({
    configFile: false,
    root: dir,
    logLevel: "warn",
    build: {
      write: false,
      minify: true,
      lib: { entry, formats: ["es"] },
      rollupOptions: { external: [/^react/, "react/jsx-runtime"] },
    },
  })
  const [result] = [output].flat()
  if (result === undefined || !("output" in result)) throw new Error("nothing was built")
  return result.output.map((part) => ("code" in part ? part.code : "")).join("\n")
}
