import { createRequire } from "node:module"
import type { Page } from "playwright-core"

const { source } = createRequire(import.meta.url)("axe-core") as { source: string }

/** What axe finds wrong on a page as it is, shadow roots included: a line for each, none when all is well. */
export async function axeViolations(page: Page): Promise<string[]> {
  // Evaluated by the browser's debugger, which the page's Content-Security-Policy does not bind.
  await page.evaluate(source)
  return await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; help: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await axe.run()
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`))
  })
}
