import type { ShownEvent } from "../contract/publish-event.ts"
import { harmless, type Style, styled, type Terminal } from "./terminal.ts"

/** Colours of the usual actions. */
const styles: Readonly<Record<string, Style>> = { ADD: "green", REMOVE: "yellow", CHECKOUT: "cyan" }

/** An event as one line for people. */
export function eventLine(terminal: Terminal, event: ShownEvent): string {
  const { seq, received_at, action, product_name, product_price, basket_total, session_id, late } = event
  const shown = harmless(action).padEnd(8)
  return [
    styled(terminal, "dim", `#${seq} ${received_at}`),
    styled(terminal, styles[action.toUpperCase()] ?? "magenta", shown),
    `${harmless(product_name)} at ${product_price}, basket ${session_id.slice(0, 8)} now ${basket_total}`,
    ...(late === true ? [styled(terminal, "yellow", "(late)")] : []),
  ].join("  ")
}
