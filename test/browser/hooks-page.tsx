import { Connection } from "@shopwire/client"
import {
  ConnectionProvider,
  type SessionOptions,
  useCall,
  useCollection,
  useConnectionState,
  useModel,
  useSession,
} from "@shopwire/react"
import { StrictMode, Suspense, useState, version } from "react"
import { createRoot } from "react-dom/client"
import { defineCollection, defineModel } from "res-service/contract"
import { z } from "zod"

/** What a test makes the page show: each is a component of its own. */
export interface Shown {
  readonly collections?: readonly string[]
  readonly models?: readonly string[]
  /** Collections whose components suspend. */
  readonly suspending?: readonly string[]
  /** A part in a shared session. */
  readonly session?: SessionOptions
  readonly call?: { readonly rid: string; readonly method: string }
}

export interface HooksPage {
  start(url: string): void
  show(shown: Shown): void
  call(params: unknown): Promise<unknown>
  /** Shows friends another cart. */
  setCart(cart: object): void
  readonly renders: number
  readonly reactVersion: string
}

declare global {
  interface Window {
    hooksPage: HooksPage
  }
}

let setShown: (shown: Shown) => void = () => {}
let callNow: (params: unknown) => Promise<unknown> = () => Promise.reject(new Error("no call is shown"))
let setCart: (cart: object) => void = () => {}
let renders = 0

function Collection({ rid }: { rid: string }) {
  renders++
  const contract = defineCollection(rid, { value: z.unknown() })
  return <pre className="resource">{JSON.stringify(useCollection(contract, {}))}</pre>
}

function Suspending({ rid }: { rid: string }) {
  const contract = defineCollection(rid, { value: z.unknown() })
  return <pre className="resource">{JSON.stringify(useCollection(contract, {}, { suspense: true }))}</pre>
}

function Model({ rid }: { rid: string }) {
  return <pre className="resource">{JSON.stringify(useModel(defineModel(rid, { value: z.unknown() }), {}))}</pre>
}

function Session({ options }: { options: SessionOptions }) {
  const { state, session } = useSession(options)
  setCart = (cart) => session?.setCart(cart)
  return <pre id="session">{JSON.stringify(state ?? null)}</pre>
}

function Call({ rid, method }: { rid: string; method: string }) {
  const { call, ...state } = useCall(defineModel(rid, { calls: { [method]: { params: z.unknown() } } }), {}, method)
  callNow = call
  return <pre id="call">{JSON.stringify(state)}</pre>
}

function Page() {
  const [shown, set] = useState<Shown>({})
  setShown = set
  const { collections = [], models = [], suspending = [], session, call } = shown
  return (
    <>
      <pre id="state">{useConnectionState().kind}</pre>
      {collections.map((rid, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same resource may be shown twice
        <Collection key={`${i} ${rid}`} rid={rid} />
      ))}
      {models.map((rid) => (
        <Model key={rid} rid={rid} />
      ))}
      {suspending.map((rid) => (
        <Suspense key={rid} fallback={<p className="waiting" />}>
          <Suspending rid={rid} />
        </Suspense>
      ))}
      {session !== undefined && <Session options={session} />}
      {call !== undefined && <Call {...call} />}
    </>
  )
}

window.hooksPage = {
  start: (url) => {
    const root = document.body.appendChild(document.createElement("div"))
    createRoot(root).render(
      <StrictMode>
        <ConnectionProvider connection={new Connection(url)}>
          <Page />
        </ConnectionProvider>
      </StrictMode>,
    )
  },
  show: (shown) => setShown(shown),
  call: (params) => callNow(params),
  setCart: (cart) => setCart(cart),
  reactVersion: version,
  get renders() {
    return renders
  },
}
