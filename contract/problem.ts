/** A fault in one part of a request: the body (a JSON pointer), the path or a header. */
export interface ProblemEntry {
  /** As in `#/3/action`: the action of the fourth event of an array. */
  readonly pointer?: string
  readonly parameter?: string
  readonly header?: string
  readonly detail: string
}

/**
 * The body of an edge's error answers, `application/problem+json`.
 *
 * Source: RFC 9457, "Members of a Problem Details Object".
 */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly request_id: string
  /** The service's error code, if the service refused. */
  readonly code?: string
  /** One for each part of the request that is wrong. */
  readonly errors?: readonly ProblemEntry[]
}
