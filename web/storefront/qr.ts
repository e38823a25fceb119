import encodeQR from "qr"

/** The quiet zone around the code, in modules: what readers expect. */
const BORDER = 4

/** A QR code as a path: `d`, in a square of `size`. */
export interface QrPath {
  readonly size: number
  readonly d: string
}

/** The QR code of a text. This module is loaded only when somebody asks for the code. */
export function qrPath(text: string): QrPath {
  const rows = encodeQR(text, "raw", { border: BORDER })
  const d = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return { size: rows.length, d: d.join("") }
}
