import { basketName } from "./format.ts"

/** A basket's name, with a dot whose colour is always the same for it. */
export function BasketMark({ sessionId }: { sessionId: string }) {
  const hue = Number.parseInt(sessionId.slice(0, 4), 16) % 360
  return (
    <span className="basket-mark">
      <span className="dot" style={{ background: `oklch(0.66 0.13 ${hue})` }} aria-hidden="true" />
      {basketName(sessionId)}
    </span>
  )
}
