import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { expect } from "chai"
import type { Browser } from "playwright-core"
import { projectDir } from "../../config/project-dir.ts"
import { buildPages } from "../helpers/built-pages.ts"
import { launchChromium, NO_CHROMIUM } from "../helpers/chromium.ts"
import { skip } from "../helpers/skip.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"
import { differenceFromKept, madeWith, showState, thisMachine } from "./screens/screens.ts"
import { startStage } from "./screens/stage.ts"
import { states } from "./screens/states.ts"

const UPDATE = "`npm run screens -- --update` makes new pictures, to be looked at before they are kept"
/** Where a picture that differs is left, and what differs in it. */
const leftIn = join(projectDir, ".cache/screens")
/** A page that was resized is not drawn at once; then a picture that differs stays different, in ms. */
const SETTLED_MS = 15_000

describe("pictures of the merchant's page", () => {
  let browser: Browser

  before(async function () {
    const launched = await launchChromium()
    if (launched === undefined) skip(this, NO_CHROMIUM)
    browser = launched
    const [machine, before] = [await thisMachine(browser), madeWith()]
    if (!isDeepStrictEqual(machine, before)) {
      skip(
        this,
        `the Chromium ${before?.chromium} and the fonts that they were made with (here ${machine.chromium}); ${UPDATE}`,
      )
    }
    await buildPages()
  })

  after(() => browser?.close())

  const stage = use(startStage)

  for (const state of states) {
    it(`show ${state.name} as it was, light and dark, in three sizes`, async () => {
      const different: string[] = []
      await showState(browser, stage.url, state, async (name, draw) => {
        let actual = await draw()
        let difference = differenceFromKept(name, actual)
        const looksTheSame = async (): Promise<boolean> => {
          if (difference === undefined) return true
          actual = await draw()
          difference = differenceFromKept(name, actual)
          return difference === undefined
        }
        await until("the picture", looksTheSame, SETTLED_MS).catch(() => {})
        if (difference === undefined) return
        leave(name, actual, difference.marked)
        different.push(`${name}: ${difference.what}: see .cache/screens; ${UPDATE}`)
      })
      expect(different).to.deep.equal([])
    })
  }
})

function leave(name: string, actual: Buffer, marked: Buffer | undefined): void {
  mkdirSync(leftIn, { recursive: true })
  writeFileSync(join(leftIn, `${name}.png`), actual)
  if (marked !== undefined) writeFileSync(join(leftIn, `${name}-marked.png`), marked)
}
