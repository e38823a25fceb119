import { useLayoutEffect } from "react"
import { useTranslation } from "react-i18next"
import type { Texts } from "../locale/texts.ts"
import { ShopperMarks } from "./shopper-marks.ts"

const marks = new ShopperMarks()

/** What a shopper is called on this page, such as `Shopper 12`. */
export function shopperName(t: Texts, shopperId: string): string {
  return t("shopper.name", { number: String(marks.of(shopperId).number) })
}

/** `Shopper 12`, with a dot in a colour that no other shopper on the screen has. The ID is only for details. */
export function ShopperName({ shopperId }: { shopperId: string }) {
  const { t } = useTranslation()
  const { hue, lightness } = marks.of(shopperId)
  useLayoutEffect(() => marks.show(shopperId), [shopperId])
  return (
    <span className="shopper">
      <span className="dot" style={{ background: `oklch(${lightness} 0.13 ${hue})` }} aria-hidden="true" />
      {shopperName(t, shopperId)}
    </span>
  )
}
