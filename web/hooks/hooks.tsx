import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react"
import type { AnswerOf, AnyContract, Contract, MethodOf, ParamsOf, PartsOf, ValueOf, Whole } from "res-service/contract"
import { isResError, type ResCollection, type ResModel } from "resclient"
import type { AuthState, Connection, ConnectionState } from "./connection.ts"
import { type Failure, failureOf } from "./failure.ts"
import { isModel, Watch, type Watched } from "./watch.ts"

const ConnectionContext = createContext<Connection | undefined>(undefined)

/** Gives the hooks below it their connection, and keeps it connected while it is on the page. */
export function ConnectionProvider({ connection, children }: { connection: Connection; children: ReactNode }) {
  useEffect(() => {
    connection.start()
    return () => connection.stop()
  }, [connection])
  return <ConnectionContext value={connection}>{children}</ConnectionContext>
}

/** The connection of the provider around. Throws where there is none. */
export function useConnection(): Connection {
  const connection = useContext(ConnectionContext)
  if (connection === undefined) throw new Error("there is no ConnectionProvider around")
  return connection
}

export function useConnectionState(): ConnectionState {
  const { state } = useConnection()
  return useSyncExternalStore(state.subscribe, state.get)
}

/** Who is signed in. */
export function useAuth(): AuthState {
  const { auth } = useConnection()
  return useSyncExternalStore(auth.subscribe, auth.get)
}

/** Reads plain values of a resource, given those that it read before. That they are as the contract says is the service's word. */
type Read<T> = (resource: ResModel | ResCollection, previous: T | undefined) => T

// biome-ignore lint/suspicious/noExplicitAny: of any pattern and definition
type ModelContract = Contract<any, "model", any>
// biome-ignore lint/suspicious/noExplicitAny: of any pattern and definition
type CollectionContract = Contract<any, "collection", any>

/** The values of a collection; of references, what they lead to. */
export type ValuesOf<C extends CollectionContract> =
  Whole<C> extends readonly (infer V)[] ? readonly NonNullable<V>[] : never

/** Watches a model while the component is there; its members as they are, data values without their wrapping. */
export function useModel<C extends ModelContract>(contract: C, parts: PartsOf<C>): Watched<ValueOf<C>> {
  return useWatch(contract.name(parts), readModel as Read<ValueOf<C>>)
}

/**
 * Watches a collection while the component is there; models that it refers to come as what is in them. Those that can't be had
 * are left out, and looked for again.
 */
export function useCollection<C extends CollectionContract>(contract: C, parts: PartsOf<C>): Watched<ValuesOf<C>> {
  return useWatch(contract.name(parts), readCollection as Read<unknown> as Read<ValuesOf<C>>)
}

/** A call to a method: how to make it, whether one is under way, and why the last one failed. */
export interface Call<P, R> {
  /** Resolves to undefined when it failed, or when it is not known whether it was done: the connection was lost. */
  readonly call: (params: P) => Promise<R | undefined>
  readonly pending: boolean
  readonly failure: Failure | undefined
}

/** Calls a method of a resource. What comes of a call whose component is gone is not told. */
export function useCall<C extends AnyContract, M extends MethodOf<C>>(
  contract: C,
  parts: PartsOf<C>,
  method: M,
): Call<ParamsOf<C, M>, AnswerOf<C, M>> {
  const connection = useConnection()
  const rid = contract.name(parts)
  const [state, setState] = useState<{ pending: boolean; failure: Failure | undefined }>(idle)
  const mounted = useRef(false)
  useEffect(() => {
    mounted.current = true
    return () => {
      mounted.current = false
    }
  }, [])
  const call = useCallback(
    async (params: ParamsOf<C, M>): Promise<AnswerOf<C, M> | undefined> => {
      const tell = (next: typeof state) => {
        if (mounted.current) setState(next)
      }
      tell({ pending: true, failure: undefined })
      try {
        const result = (await connection.ask((client) => client.call(rid, method, params))) as AnswerOf<C, M>
        tell(idle)
        return result
      } catch (reason) {
        tell({ pending: false, failure: failureOf(reason) })
        return undefined
      }
    },
    [connection, rid, method],
  )
  return { call, ...state }
}

const idle = { pending: false, failure: undefined }

function useWatch<T>(rid: string, read: Read<T>) {
  const connection = useConnection()
  const watch = useMemo(() => new Watch<T>(connection, rid, read), [connection, rid, read])
  return useSyncExternalStore(watch.subscribe, watch.get)
}

function readModel(model: ResModel, previous: object | undefined): object {
  const { props } = model
  if (previous !== undefined && sameMembers(props, previous)) return previous
  return { ...props }
}

function readCollection(collection: ResCollection): readonly unknown[] {
  const known = collection.list.filter((value: unknown) => !isResError(value))
  return known.map((value: unknown) => (isModel(value) ? propsOf(value) : value))
}

/** The last copy of each model's members: a card of a model that has not changed gets the same object again. */
const copies = new WeakMap<ResModel, object>()

function propsOf(model: ResModel): object {
  const copy = readModel(model, copies.get(model))
  copies.set(model, copy)
  return copy
}

function sameMembers(a: object, b: object): boolean {
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Reflect.get(a, key) === Reflect.get(b, key))
}
