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

/**
 * Texts whose contrast axe can't decide, e.g. above a gradient or below something else: a line for each. Each should be decided, or
 * nobody knows whether it can be read.
 */
export async function undecidedContrasts(page: Page): Promise<string[]> {
  await page.evaluate(source)
  return await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: {
        run(
          context: Document,
          options: object,
        ): Promise<{ incomplete: { nodes: { element: Element; html: string; any: { message: string }[] }[] }[] }>
      }
    }
    const { incomplete } = await axe.run(document, { runOnly: ["color-contrast"], elementRef: true })
    return incomplete
      .flatMap(({ nodes }) => nodes)
      .filter(({ element }) => {
        // Nobody sees what lies below something else, such as a row that was scrolled away.
        const { left, top, width, height } = element.getBoundingClientRect()
        const seen = document.elementFromPoint(left + width / 2, top + height / 2)
        return seen !== null && (element.contains(seen) || seen.contains(element))
      })
      .map(({ html, any }) => `${any[0]?.message}: ${html}`)
  })
}

/** What can be clicked on and is smaller than `leastPx` in one direction: WCAG 2.2, 2.5.8 and 2.5.5. */
export async function smallTargets(page: Page, leastPx: number): Promise<string[]> {
  return await page.evaluate((least) => {
    const targets = document.querySelectorAll("button, a[href], select, summary, input, textarea, [role=tab]")
    return [...targets]
      .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: false }))
      .map((element) => ({ element, box: (element.closest("label") ?? element).getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && Math.min(box.width, box.height) < least - 0.5)
      .map(
        ({ element, box }) =>
          `${Math.round(box.width)} × ${Math.round(box.height)}: ${element.outerHTML.slice(0, 120)}`,
      )
  }, leastPx)
}
