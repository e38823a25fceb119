import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Browser, CDPSession, Page } from "playwright-core"
import { projectDir } from "../../../config/project-dir.ts"
import { PATIENCE_MS } from "../../helpers/until.ts"
import { type Difference, differenceOf, smaller } from "./picture.ts"
import { NOW } from "./played-log.ts"
import { type State, showPart } from "./states.ts"

/** The pictures, and what they were made with. */
const folder = join(projectDir, "test/browser/screens/pictures")
const keptFile = join(folder, "pictures.json")

const sizes = [
  { name: "desktop", width: 1280, height: 800, touch: false },
  { name: "tablet", width: 768, height: 1024, touch: true },
  { name: "phone", width: 390, height: 780, touch: true },
] as const
const schemes = ["light", "dark"] as const
/** A4, in px. */
const PAPER = { width: 794, height: 1123 }

/** What a picture depends on besides the page. */
export interface Machine {
  readonly chromium: string
  /** Widths of texts in the page's fonts, in px, separated by spaces. */
  readonly fonts: string
}

const samples = ["Sales today 1,234.50 €", "المبيعات اليوم", "Añadido · Ω ✓ 🍎"]

/** What this machine's Chromium draws with. */
export async function thisMachine(browser: Browser): Promise<Machine> {
  const page = await browser.newPage()
  const widths = await page.evaluate((texts) => {
    const context = document.createElement("canvas").getContext("2d")
    return ["15px", "600 15px"].flatMap((style) =>
      ["ui-sans-serif, system-ui, sans-serif", "ui-monospace, monospace"].flatMap((family) =>
        texts.map((text) => {
          if (context === null) return 0
          context.font = `${style} ${family}`
          return Math.round(context.measureText(text).width * 100) / 100
        }),
      ),
    )
  }, samples)
  await page.close()
  return { chromium: browser.version(), fonts: widths.join(" ") }
}

/** What is known of the kept pictures. */
interface Kept {
  readonly machine: Machine
  /** SHA-256 of each picture as it was drawn, so that one that is the very same need not be compared. */
  readonly drawn: Readonly<Record<string, string>>
}

/** What the kept pictures were made with; undefined: there are none. */
export function madeWith(): Machine | undefined {
  return readKept()?.machine
}

/** How a picture differs from the kept one; undefined: it looks the same. */
export function differenceFromKept(name: string, picture: Buffer): Difference | undefined {
  if (readKept()?.drawn[name] === sha256(picture)) return undefined
  const file = fileOf(name)
  return existsSync(file) ? differenceOf(readFileSync(file), picture) : { what: "new", marked: undefined }
}

/** Replaces the kept pictures by others, which a page has drawn on a machine; those that look the same keep their files. */
export function keep(machine: Machine, pictures: ReadonlyMap<string, Buffer>): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, picture] of pictures)
    if (differenceFromKept(name, picture) !== undefined) writeFileSync(fileOf(name), smaller(picture))
  const known: Kept = { machine, drawn: Object.fromEntries([...pictures].map(([name, each]) => [name, sha256(each)])) }
  writeFileSync(keptFile, `${JSON.stringify(known, undefined, 2)}\n`)
}

function readKept(): Kept | undefined {
  return existsSync(keptFile) ? (JSON.parse(readFileSync(keptFile, "utf8")) as Kept) : undefined
}

const fileOf = (name: string): string => join(folder, `${name}.png`)
const sha256 = (picture: Buffer): string => createHash("sha256").update(picture).digest("hex")

/**
 * Opens a state of the page once, and shows it in each size, light and dark.
 *
 * @param see called for each, with a name such as `sales-phone-dark`
 */
export async function showState(
  browser: Browser,
  url: string,
  state: State,
  see: (name: string, draw: () => Promise<Buffer>) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Berlin", reducedMotion: "reduce" })
  context.setDefaultTimeout(PATIENCE_MS)
  try {
    await context.clock.setFixedTime(NOW)
    await context.addInitScript((kept) => {
      // Chromium without a window prints nothing; others would ask for a printer.
      window.print = () => {}
      for (const storage of ["localStorage", "sessionStorage"] as const) {
        for (const [name, value] of Object.entries(kept[storage] ?? {}))
          window[storage].setItem(name, JSON.stringify(value))
      }
    }, state.kept ?? {})
    const page = await context.newPage()
    const draw = () => page.screenshot({ animations: "disabled" })
    // Connected, and never told anything.
    if (state.silent) await page.routeWebSocket(/.*/, () => {})
    const touch = await context.newCDPSession(page)
    await page.setViewportSize(sizes[0])
    await page.goto(`${url}${state.query}`)
    for (const size of sizes) {
      await resize(page, touch, size)
      await showPart(page, state, size.name)
      await state.act?.(page)
      await state.ready(page)
      for (const scheme of schemes) {
        await page.emulateMedia({ colorScheme: scheme })
        await see(`${state.name}-${size.name}-${scheme}`, draw)
      }
    }
    if (state.print !== undefined) {
      await page.setViewportSize(PAPER)
      await state.print(page)
      await page.emulateMedia({ colorScheme: "light", media: "print" })
      await see(`${state.name}-printed`, draw)
    }
  } finally {
    await context.close()
  }
}

async function resize(
  page: Page,
  touch: CDPSession,
  { width, height, touch: enabled }: (typeof sizes)[number],
): Promise<void> {
  await touch.send("Emulation.setTouchEmulationEnabled", { enabled })
  await page.setViewportSize({ width, height })
  // The page follows its width in the next frame, and is drawn in the one after it.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}
