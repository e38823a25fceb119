import { isRefused } from "@shopwire/client"
import { useProfile } from "@shopwire/react"
import { FormatProvider } from "../locale/use-format.tsx"
import { Absent } from "../parts/absent.tsx"
import { ShopPage } from "./shop-page.tsx"

/**
 * One shop in its currency and time zone, or one message for somebody who may not see it.
 *
 * @param mayTend whether this person may change the shop's settings; the service decides in the end
 */
export function ShopFrame({ shopId, mayTend }: { shopId: string; mayTend: boolean }) {
  const { data, failure } = useProfile(shopId)
  if (failure !== undefined && isRefused(failure)) {
    return (
      <main className="picker">
        <section className="card">
          <Absent failure={failure} />
        </section>
      </main>
    )
  }
  return (
    <FormatProvider currency={data?.currency ?? null} timeZone={data?.set === true ? data.time_zone : undefined}>
      <ShopPage shopId={shopId} mayTend={mayTend} />
    </FormatProvider>
  )
}
