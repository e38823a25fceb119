import type { Spread } from "../figures/figures.ts"
import { number } from "./markdown.ts"

export interface Bar {
  readonly label: string
  readonly value: Spread
  /** Behind the number. */
  readonly note: string
  /** The product's own. */
  readonly own: boolean
}

export interface BarChart {
  readonly title: string
  readonly groups: readonly { readonly label: string; readonly bars: readonly Bar[] }[]
  /** Below the bars, a line each. */
  readonly footer: readonly string[]
}

const WIDTH = 760
const LEFT = 170
const RIGHT = 225
const MARGIN = 16
const BAR = 18
const GAP = 6
const GROUP = 30
const OWN = "#1f6feb"
const OTHER = "#8c959f"
const INK = "#1f2328"
const SOFT = "#59636e"

/** An SVG with horizontal bars, of a width that a README shows; a thin line goes from the least to the greatest of each. */
export function barChartSvg({ title, groups, footer }: BarChart): string {
  const most = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ value }) => value.most)))
  const scale = (value: number) => Math.round((value / most) * (WIDTH - LEFT - RIGHT) * 10) / 10
  const parts: string[] = [text(MARGIN, 28, title, 'font-size="16" font-weight="600"')]
  let y = 44
  for (const { label, bars } of groups) {
    y += GROUP
    parts.push(text(MARGIN, y - 8, label, `font-weight="600" fill="${SOFT}"`))
    for (const { label: name, value, note, own } of bars) {
      const middle = y + BAR / 2
      const weight = own ? ' font-weight="600"' : ""
      parts.push(
        text(LEFT - 8, middle + 4, name, `text-anchor="end"${weight}`),
        `<rect x="${LEFT}" y="${y}" width="${scale(value.median)}" height="${BAR}" rx="2" fill="${own ? OWN : OTHER}"/>`,
        `<line x1="${LEFT + scale(value.least)}" x2="${LEFT + scale(value.most)}" y1="${middle}" y2="${middle}" stroke="${INK}"/>`,
        text(LEFT + scale(value.most) + 8, middle + 4, `${number(value.median)}${note}`, weight.trim()),
      )
      y += BAR + GAP
    }
  }
  y += 14
  for (const line of footer) {
    y += 16
    parts.push(text(MARGIN, y, line, `font-size="11" fill="${SOFT}"`))
  }
  const height = y + MARGIN
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img"` +
      ` font-family="system-ui, sans-serif" font-size="13" fill="${INK}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" rx="6" fill="#ffffff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n")
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}"${attributes === "" ? "" : ` ${attributes}`}>${escaped(content)}</text>`
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
}
