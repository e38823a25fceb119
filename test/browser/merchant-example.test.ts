import { type ChildProcess, spawn } from "node:child_process"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { expect } from "chai"
import { projectDir } from "../../config/project-dir.ts"
import { samplePublishEvent } from "../../contract/publish-event.ts"
import { useBrowser } from "../helpers/browser.ts"
import { post } from "../helpers/http.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { freePort } from "../helpers/ports.ts"
import { until } from "../helpers/until.ts"

const EXAMPLE = "examples/merchant-react"

describe(EXAMPLE, () => {
  const browser = useBrowser()
  let kit: LauncherKit
  let vite: ChildProcess
  let address: string

  before(async () => {
    const readme = await readFile(join(projectDir, EXAMPLE, "README.md"), "utf8")
    const [, origin = "", given = ""] = /^CORS_ORIGINS=(\S+) npm start\nnpx vite (.+)$/m.exec(readme) ?? []
    // As the README says, but at a port of its own.
    const port = String(await freePort())
    address = origin.replace("5173", port)
    kit = await LauncherKit.create()
    await kit.ready(kit.start({ AUTH: "", CORS_ORIGINS: address }))
    const args = [
      join(projectDir, "node_modules/vite/bin/vite.js"),
      ...given.split(" "),
      "--port",
      port,
      "--strictPort",
    ]
    vite = spawn(process.execPath, args, {
      cwd: projectDir,
      stdio: "ignore",
      env: { ...process.env, VITE_GATEWAY: kit.gatewayUrl.replace("http", "ws") },
    })
    await until("Vite", () =>
      fetch(address).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
  })
  after(async () => {
    vite?.kill()
    await kit?.end()
  })

  it("has 40 lines, and shows events, figures and baskets as they change", async () => {
    const source = await readFile(join(projectDir, EXAMPLE, "main.tsx"), "utf8")
    expect(source.trimEnd().split("\n")).to.have.length.within(30, 50)
    browser.allow(/favicon/)
    const { shop_id } = samplePublishEvent
    const page = await browser.open(`${address}/?shop=${shop_id}`)
    const status = () => page.getByRole("status").textContent()
    await until("the connection", async () => (await status())?.startsWith("live"))
    await post(`${kit.edgeUrl}/publish/${shop_id}`, samplePublishEvent)
    await page.getByText(samplePublishEvent.product_name).waitFor()
    await until("the figures", async () => (await status())?.includes("1 events · 1 open baskets worth 3.50"))
  })
})
