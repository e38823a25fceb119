import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import type { Context } from "mocha"
import { samplePublishEvent } from "../../contract/publish-event.ts"
import { MissingProgram } from "../../tools/programs/missing-program.ts"
import { runCommand } from "../../tools/programs/run-command.ts"
import { get } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { skip } from "../helpers/skip.ts"
import { openapiPython } from "../openapi/python.ts"
import { schemathesis } from "../schemathesis/schemathesis.ts"

const GENERATE_MS = 180_000
const SCHEMATHESIS_MS = 300_000
/** Time to install Python packages, which is done once on a machine. */
const INSTALL_MS = 480_000
const METHODS = ["get", "post", "put", "patch", "delete"]

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
}

describe("GET /openapi.json", function () {
  this.timeout(INSTALL_MS + SCHEMATHESIS_MS)
  const product = useProduct()

  /** Skips the test where there is none. */
  const python = async (context: Context): Promise<string> =>
    await openapiPython().catch((error: unknown) => {
      if (error instanceof MissingProgram) skip(context, error.message)
      throw error
    })

  const documentOfEdge = async (): Promise<Document> => {
    const answer = await get(`${product.edgeUrl}/openapi.json`)
    expect(answer.status).to.equal(200)
    expect(answer.headers.get("content-type")).to.match(/^application\/json/)
    return answer.body as Document
  }

  it("has the methods of each of the edge's paths, and no others", async () => {
    const { openapi, paths } = await documentOfEdge()
    expect(openapi).to.match(/^3\.1\./)
    for (const [path, operations] of Object.entries(paths)) {
      const url = `${product.edgeUrl}${path.replaceAll(/\{\w+\}/g, samplePublishEvent.shop_id)}`
      const refused = await fetch(url, { method: "PUT" })
      expect(refused.status, path).to.equal(405)
      const allowed = refused.headers.get("allow")?.toLowerCase().split(", ") ?? []
      const described = Object.keys(operations)
      expect(described, path).to.have.members(allowed.filter((method) => method !== "head"))
      expect(METHODS, path).to.include.members(described)
    }
  })

  it("leaves no path of the edge out but the pages", async () => {
    const folder = file("../../edge/http/")
    const routes = readdirSync(folder).flatMap((name) => [
      ...readFileSync(join(folder, name), "utf8").matchAll(/(?:\.route\(|_ROUTE = )"([^"]+)"/g),
    ])
    const paths = routes.map(([, path = ""]) => path.replaceAll(/:(\w+)/g, "{$1}")).filter((path) => path !== "/")
    expect(Object.keys((await documentOfEdge()).paths)).to.have.members(paths)
  })

  it("refers to nothing that it does not have", async () => {
    const document = await documentOfEdge()
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = ""]) => path)
    expect(references).not.to.deep.equal([])
    for (const path of new Set(references)) {
      const found = path.split("/").reduce((value: unknown, key) => (value as Record<string, unknown>)?.[key], document)
      expect(found, path).to.be.an("object")
    }
  })

  it("is enough for a generated client: openapi-python-client makes one that publishes", async function () {
    const program = await python(this)
    const folder = mkdtempSync(join(tmpdir(), "shopwire-client-"))
    try {
      writeFileSync(join(folder, "openapi.json"), JSON.stringify(await documentOfEdge()))
      // It would format the client with ruff.
      writeFileSync(join(folder, "config.yml"), "post_hooks: []\npackage_name_override: shopwire_client\n")
      const generate = ["-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
      const paths = ["--path", "openapi.json", "--config", "config.yml", "--output-path", "shopwire_client"]
      const made = await runCommand(program, [...generate, ...paths], { cwd: folder, timeoutMs: GENERATE_MS })
      expect(made.ok, `${made.stdout}${made.stderr}`).to.equal(true)
      const args = [file("../openapi/publish.py"), folder, product.edgeUrl, JSON.stringify(samplePublishEvent)]
      const ran = await runCommand(program, args, { timeoutMs: GENERATE_MS })
      expect(ran.ok, ran.stderr).to.equal(true)
      const { one, two, bad, session } = JSON.parse(ran.stdout)
      const status = `Message sent to shop ID ${samplePublishEvent.shop_id}`
      expect(one).to.deep.equal([200, { status }, "1"])
      expect(two).to.deep.equal([
        200,
        [
          { status, seq: 2 },
          { status, seq: 3 },
        ],
      ])
      expect(bad[0]).to.equal(422)
      expect(bad[1]).to.include({ code: "store.shopMismatch" })
      expect(bad[1].errors[0]).to.include({ pointer: "#/shop_id" })
      expect(session.url).to.include(session.id)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it("says what the edge answers: to a few requests that Schemathesis generates from it", async function () {
    await python(this)
    const { ok, output } = await schemathesis(product.edgeUrl, {
      phases: ["fuzzing"],
      maxExamples: 3,
      repeatable: true,
      timeoutMs: SCHEMATHESIS_MS,
    })
    expect(ok, output).to.equal(true)
  })
})
