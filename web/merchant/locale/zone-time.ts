const days = new Map<string | undefined, Intl.DateTimeFormat>()
const clocks = new Map<string | undefined, Intl.DateTimeFormat>()

/** The calendar date of a time zone as `2026-11-26`, in any language; of the device's own zone if it is undefined. */
export function dayKey(at: Date, timeZone: string | undefined): string {
  const format = cached(days, timeZone, { year: "numeric", month: "2-digit", day: "2-digit" })
  return format.format(at)
}

/** The time of a time zone's clock as `14:03`, in any language. */
export function clockKey(at: Date, timeZone: string | undefined): string {
  return cached(clocks, timeZone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at)
}

function cached(
  formats: Map<string | undefined, Intl.DateTimeFormat>,
  timeZone: string | undefined,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-CA-u-ca-gregory-nu-latn", { ...options, timeZone })
    formats.set(timeZone, format)
  }
  return format
}
