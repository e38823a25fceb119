import type { Kind } from "../contract/contract.ts"
import type { AuthRequest } from "./request.ts"
import type { AnyResource, EventsOf, Method } from "./resource.ts"

type AnyRequest = AuthRequest<string, EventsOf<Kind, unknown>>

/**
 * The same resource, but `after` runs in the queue once a method has ended, before it is answered: what a method changed is to
 * be told before its answer. Only serial methods, for others have the queue not to themselves.
 */
export function afterMethods<R extends AnyResource>(resource: R, after: (req: AnyRequest) => void | Promise<void>): R {
  const wrap = (methods: unknown): unknown =>
    methods &&
    Object.fromEntries(
      Object.entries(methods as { readonly [name: string]: Method<AnyRequest> }).map(([name, method]) => {
        const handle = async (req: AnyRequest, params: unknown): Promise<unknown> => {
          try {
            return await method.handle(req, params)
          } finally {
            await after(req)
          }
        }
        return [name, (method.mode ?? "serial") === "serial" ? { ...method, handle } : method]
      }),
    )
  const { call, auth } = resource.handlers
  return { ...resource, handlers: { ...resource.handlers, call: wrap(call), auth: wrap(auth) } }
}
