/** Background colours on which white text has a contrast of at least 4.5. A session gives no two members the same one. */
export const GROUNDS = [
  "#4f46b8",
  "#0f6a6a",
  "#a1365f",
  "#7a4a14",
  "#2b5f9e",
  "#4c6a1f",
  "#8a3aa0",
  "#9c3b26",
  "#1f6b3a",
  "#5a5f73",
  "#b0006d",
  "#006389",
] as const
