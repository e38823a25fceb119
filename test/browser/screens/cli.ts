// `npm run screens` compares the merchant's page with the kept pictures; with `--update` it makes new ones.
import { buildPages } from "../../helpers/built-pages.ts"
import { launchChromium, NO_CHROMIUM } from "../../helpers/chromium.ts"
import { until } from "../../helpers/until.ts"
import { differenceFromKept, keep, showState, thisMachine } from "./screens.ts"
import { startStage } from "./stage.ts"
import { states } from "./states.ts"

await buildPages()
const browser = await launchChromium()
if (browser === undefined) throw new Error(`there is no ${NO_CHROMIUM}`)
const stage = await startStage()
const pictures = new Map<string, Buffer>()
let different = 0
try {
  for (const state of states) {
    await showState(browser, stage.url, state, async (name, draw) => {
      let picture = await draw()
      await until(`${name} to stay as it is`, async () => {
        const before = picture
        picture = await draw()
        return picture.equals(before)
      })
      pictures.set(name, picture)
      const difference = differenceFromKept(name, picture)
      if (difference === undefined) return
      different++
      process.stdout.write(`${name}: ${difference.what}\n`)
    })
  }
  if (process.argv.includes("--update")) keep(await thisMachine(browser), pictures)
  else if (different > 0) process.exitCode = 1
} finally {
  await browser.close()
  await stage.stop()
}
