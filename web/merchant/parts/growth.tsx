import { useFormat } from "../locale/use-format.tsx"
import { growth } from "../sales/sales.ts"

/** An earlier amount, what it is, and by which part the amount has grown since. */
export function Comparison({
  now,
  before,
  name,
}: {
  now: number | undefined
  before: number | undefined
  name: string
}) {
  const format = useFormat()
  if (now === undefined || before === undefined) return null
  return (
    <span>
      <Growth now={now} before={before} /> {format.money(before)} {name}
    </span>
  )
}

/** By which part something has grown, or shrunk; nothing while that is not known. */
export function Growth({ now, before }: { now: number | undefined; before: number | undefined }) {
  const format = useFormat()
  const grown = now === undefined || before === undefined ? undefined : growth(now, before)
  if (grown === undefined) return null
  const tone = grown === 0 ? undefined : grown < 0 ? "down" : "up"
  return <b className={tone}>{format.change(grown)}</b>
}
