import { type Browser, chromium } from "playwright-core"
import { findChromium } from "../../tools/install/chromium.ts"

/** What is missing when there is no Chromium. */
export const NO_CHROMIUM =
  "Chromium: put chromium-headless-shell, chromium or google-chrome on PATH, or name it by CHROMIUM_BIN (`npm test` installs it as root on Debian)"

/** Starts the Chromium of this machine, without a window; undefined when there is none. */
export async function launchChromium(): Promise<Browser | undefined> {
  const executablePath = findChromium()
  if (executablePath === undefined) return undefined
  // As root it has no sandbox to go into. PulseAudio would leave a temporary folder behind.
  const args = ["--disable-audio-output", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])]
  return await chromium.launch({ executablePath, args })
}
