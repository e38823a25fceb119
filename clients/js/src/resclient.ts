import Imported, { isResError as isError } from "resclient"

// resclient's own declarations are no valid TypeScript. So what this package declares to others names none of them, or a project that
// checks its libraries (`skipLibCheck: false`) could not use it.

/** The used part of resclient's client. */
export interface ResClient {
  /** False: it does not connect by itself. */
  tryConnect: boolean
  connect(): Promise<unknown>
  disconnect(): void
  /** @param onConnect called with each new connection, before anything else is sent */
  setOnConnect(onConnect: () => Promise<void> | undefined): void
  get(rid: string): Promise<ResModel | ResCollection>
  call(rid: string, method: string, params?: unknown): Promise<unknown>
  authenticate(rid: string, method: string, params?: unknown): Promise<unknown>
  on(event: "error", handler: (error: ResError) => void): unknown
  off(event: "error", handler: (error: ResError) => void): unknown
}

/** What resclient reports, and rejects with: it is no `Error`. */
export interface ResError {
  readonly code: string
  readonly message: string
  /** The request that failed: `subscribe.<rid>`. */
  readonly method?: string
}

/** A handler of all events of a resource; `action` is `change`, `add`, `remove`, `unsubscribe` or a custom one. */
export type ResEventHandler = (data: unknown, resource: unknown, event: string, action: string | null) => void

interface ResResource {
  on(event: null, handler: ResEventHandler): unknown
  /** @param event a custom one, with this data */
  on<T>(event: string, handler: (data: T) => void): unknown
  off(event: null, handler: ResEventHandler): unknown
  off<T>(event: string, handler: (data: T) => void): unknown
}

export interface ResModel extends ResResource {
  readonly props: Readonly<Record<string, unknown>>
}

export interface ResCollection extends ResResource, Iterable<unknown> {
  /** Values, models, and a `ResError` in the place of each reference that could not be loaded. */
  readonly list: readonly unknown[]
}

interface Options {
  /** In ms. */
  readonly subscribeStaleDelay: number
  /** In ms. */
  readonly unsubscribeDelay: number
}

/** resclient's class. The package is CommonJS, so Node has its default export one level down. */
export const ResClient = ("default" in Imported ? Imported.default : Imported) as new (
  open: () => object,
  options: Options,
) => ResClient

/** True for what stands in a collection in the place of a reference that could not be loaded. */
export const isResError: (value: unknown) => boolean = isError
