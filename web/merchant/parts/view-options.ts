import { type Kept, useLocal } from "./local.ts"

/** How lists are shown, kept in this browser. */
export interface ViewOptions {
  /** More rows on the screen. */
  readonly compact: boolean
  /** `4 min ago` instead of `14:03:20`. */
  readonly relative: boolean
}

const keptOptions: Kept<ViewOptions> = {
  name: "view",
  read: (found) => {
    const { compact, relative } = (found ?? {}) as Readonly<Record<string, unknown>>
    return { compact: compact === true, relative: relative === true }
  },
}

export function useViewOptions(): [ViewOptions, (options: ViewOptions) => void] {
  return useLocal(keptOptions)
}
