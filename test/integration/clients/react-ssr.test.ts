import { execFileSync } from "node:child_process"
import { expect } from "chai"
import { bundle } from "../../browser/bundle.ts"
import { reacts } from "../../browser/reacts.ts"

const TIMEOUT_MS = 60_000

/** The exports of `ssr-page.tsx`. */
interface Rendered {
  readonly html: string
  readonly streamed: { readonly html: string; readonly errors: readonly string[] }
  readonly reactVersion: string
}

describe("@shopwire/react on a server", () => {
  for (const [name, others] of Object.entries(reacts)) {
    it(`draws what is not loaded yet, and connects to nothing, with ${name}`, async () => {
      const script = await bundle(new URL("../../browser/ssr-page.tsx", import.meta.url).pathname, others)
      // React keeps ports open.
      const program = `${script}
        page.stream().then((streamed) =>
          process.stdout.write(JSON.stringify({ ...page, streamed }), () => process.exit()))`
      const output = execFileSync(process.execPath, ["-"], { input: program, encoding: "utf8", timeout: TIMEOUT_MS })
      const { html, reactVersion, streamed } = JSON.parse(output) as Rendered
      expect(`React ${reactVersion}`).to.match(new RegExp(`^${name}\\.`))
      expect(html.replaceAll("<!-- -->", "")).to.include("<p>connecting loading 0 loading</p>")
      expect(html).to.include("<p>waiting</p>").and.not.include("undefined")
      expect(streamed.html).to.include("<p>waiting</p>")
      expect(streamed.errors).to.have.length(1)
      expect(streamed.errors[0]).to.include("on a server nothing is loaded")
    })
  }
})
