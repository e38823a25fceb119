import {
  type AnswerOf,
  type AnyContract,
  type Failure,
  failureOf,
  type MethodOf,
  type ParamsOf,
  type PartsOf,
} from "@shopwire/client"
import { useCallback, useEffect, useRef, useState } from "react"
import { useConnection } from "./connection-provider.tsx"

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
        const answer = (await connection.ask((client) => client.call(rid, method, params))) as AnswerOf<C, M>
        tell(idle)
        return answer
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
