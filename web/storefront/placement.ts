/** How often to look for other elements in the widget's corner, in ms: chat bubbles often come late. */
const LOOK_MS = 2000
/** The space between the launcher and an element below it, in px. */
const GAP_PX = 12
/** The widget evades nothing that is larger than this part of the window: it is a banner or a dialog, and may be closed soon. */
const MAX_PART = 0.4

/** The widget's corner: it stands above a chat bubble or another element that is fixed there. */
export class Placement {
  readonly #host: Element
  readonly #root: HTMLElement
  readonly #launcher: HTMLElement
  #lift = 0

  /** @param host the widget's element in the page, which holds `root` */
  constructor(host: Element, root: HTMLElement, launcher: HTMLElement) {
    this.#host = host
    this.#root = root
    this.#launcher = launcher
    addEventListener("resize", () => this.look())
    setInterval(() => document.hidden || this.look(), LOOK_MS)
  }

  /** Moves the widget above what is in its place, or back. */
  look(): void {
    const { left, right, height } = this.#launcher.getBoundingClientRect()
    // While the panel is open and fills the window, the launcher may be hidden.
    if (height === 0) return
    const bottom = innerHeight - this.#offset()
    const tops = [left + 2, (left + right) / 2, right - 2].flatMap((x) =>
      [bottom - 2, bottom - height / 2].flatMap((y) => this.#obstaclesAt(x, y)),
    )
    const top = Math.min(bottom, ...tops)
    const lift = top === bottom ? 0 : Math.ceil(bottom - top + GAP_PX)
    if (lift === this.#lift) return
    this.#lift = lift
    this.#root.style.setProperty("--_lift", `${lift}px`)
  }

  /** The distance of the widget from the window's lower edge without a lift, in px. */
  #offset(): number {
    return Number.parseFloat(getComputedStyle(this.#root).bottom) - this.#lift
  }

  /** The upper edges of fixed elements at a point. */
  #obstaclesAt(x: number, y: number): number[] {
    return document.elementsFromPoint(x, y).flatMap((element) => {
      const fixed = element === this.#host ? undefined : fixedPartOf(element)
      if (fixed === undefined) return []
      const { top, width, height } = fixed.getBoundingClientRect()
      return height > innerHeight * MAX_PART || width * height > innerWidth * innerHeight * MAX_PART ? [] : [top]
    })
  }
}

function fixedPartOf(element: Element | null): Element | undefined {
  for (let part = element; part !== null; part = part.parentElement) {
    if (getComputedStyle(part).position === "fixed") return part
  }
  return undefined
}
