import type { Kind } from "../contract/contract.ts"
import type { AuthRequest } from "./request.ts"
import type { AnyResource, EventsOf, Method } from "./resource.ts"

type AnyRequest = AuthRequest<string, EventsOf<Kind, unknown>>

/**
 * The same resource, but `after` runs in the queue when a method has ended, before its answer is sent: events for what a method
 * changed must leave before its answer. Only for serial methods, as others share the queue.
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
