/** Outlines in a square of 20, drawn with the text's colour. */
const paths = {
  system: "M3 4.5h14v9H3zM7 17h6M10 13.5V17",
  light:
    "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1",
  dark: "M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5z",
  display:
    "M3 6h6.5M13.5 6H17M3 14h3.5M10.5 14H17M11.5 4a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM8.5 12a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  bell: "M5 13.5V9a5 5 0 0 1 10 0v4.5l1.5 1.5h-13zM8.5 17.5h3",
  plus: "M10 4.5v11M4.5 10h11",
  copy: "M7 7V3.5h9.5V13H13M3.5 7H13v9.5H3.5z",
  close: "M5 5l10 10M15 5L5 15",
  pause: "M7 4.5v11M13 4.5v11",
  play: "M6 4l10 6-10 6z",
  up: "M10 16V4M5 9l5-5 5 5",
  check: "M4 10.5l4 4 8-9",
  warning: "M10 3l7.5 13.5h-15zM10 8v4M10 14.2v.3",
  basket: "M3 8h14l-1.6 8.5H4.6zM6.5 8L9 3.5M13.5 8L11 3.5",
  person: "M10 3.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM4 17a6 6 0 0 1 12 0",
  options: "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4",
  save: "M10 3v9M6 8.5l4 4 4-4M4 16.5h12",
  clock: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 6v4.5l3 2",
  undo: "M7 5L3.5 8.5 7 12M4 8.5h7.5a4 4 0 0 1 0 8H9",
  print: "M6 7V3h8v4M6 14H3.5V7.5h13V14H14M6 11.5h8V17H6z",
  grow: "M3 7.5V3h4.5M12.5 3H17v4.5M17 12.5V17h-4.5M7.5 17H3v-4.5",
  shop: "M3.5 8.5V16.5h13V8.5M2.5 8.5l1.5-5h12l1.5 5zM8 16.5v-4.5h4v4.5",
} as const

export type IconName = keyof typeof paths

/** A decorative icon, beside a text or in a labelled button; screen readers skip it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}
