import { useId } from "react"
import { Icon, type IconName } from "./icon.tsx"

/** One of some choices; with an icon, the label is for screen readers and beside the pointer. */
export interface Segment<Value extends string> {
  readonly value: Value
  readonly label: string
  readonly icon?: IconName
}

/** A choice of one, side by side; arrow keys change it. */
export function Segmented<Value extends string>({
  label,
  segments,
  chosen,
  onChoose,
}: {
  label: string
  segments: readonly Segment<Value>[]
  chosen: Value
  onChoose: (value: Value) => void
}) {
  const name = useId()
  return (
    <fieldset className="segmented">
      <legend className="hidden">{label}</legend>
      {segments.map(({ value, label: text, icon }) => (
        <label key={value} title={icon === undefined ? undefined : text}>
          <input
            type="radio"
            name={name}
            aria-label={text}
            checked={value === chosen}
            onChange={() => onChoose(value)}
          />
          {icon === undefined ? text : <Icon name={icon} />}
        </label>
      ))}
    </fieldset>
  )
}
