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

/** Provides the connection for the hooks below it, and keeps it connected while it is mounted. */
export function ConnectionProvider({ connection, children }: { connection: Connection; children: ReactNode }) {
  useEffect(() => {
    connection.start()
    return () => connection.stop()
  }, [connection])
  return <ConnectionContext value={connection}>{children}</ConnectionContext>
}

/** The connection of the surrounding provider. Throws if there is none. */
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

/** Reads plain values of a resource, given its earlier ones. The service guarantees that they match the contract. */
type Read<T> = (resource: ResModel | ResCollection, previous: T | undefined) => T

// biome-ignore lint/suspicious/noExplicitAny: of any pattern and definition
type ModelContract = Contract<any, "model", any>
// biome-ignore lint/suspicious/noExplicitAny: of any pattern and definition
type CollectionContract = Contract<any, "collection", any>

/** The values of a collection, with references resolved. */
export type ValuesOf<C extends CollectionContract> =
  Whole<C> extends readonly (infer V)[] ? readonly NonNullable<V>[] : never

/** Watches a model while the component is mounted. Data values are unwrapped. */
export function useModel<C extends ModelContract>(contract: C, parts: PartsOf<C>): Watched<ValueOf<C>> {
  return useWatch(contract.name(parts), readModel as Read<ValueOf<C>>)
}

/**
 * Watches a collection while the component is mounted, with the members of referenced models. Models that can't be loaded are left
 * out and requested again.
 */
export function useCollection<C extends CollectionContract>(contract: C, parts: PartsOf<C>): Watched<ValuesOf<C>> {
  return useWatch(contract.name(parts), readCollection as Read<unknown> as Read<ValuesOf<C>>)
}

/** A method call: a function that makes it, whether one is pending, and why the last one failed. */
export interface Call<P, R> {
  /** Resolves to undefined if the call failed, or if the connection was lost and the outcome is unknown. */
  readonly call: (params: P) => Promise<R | undefined>
  readonly pending: boolean
  readonly failure: Failure | undefined
}

/** Calls a method of a resource. After the component is unmounted, the outcome is ignored. */
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

/** The last copy of each model's members, so that an unchanged model gives the same object again. */
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
