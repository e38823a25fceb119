/** Begins the last part of a reply subject that numbers a request. The words that NATS clients make have letters and digits only. */
const MARK = "n-"
const RADIX = 36
const PATTERN = /^(.+)\.n-([0-9a-z]{1,10})$/

/** Which request of a requester it is. It can be stored as JSON, with what the request has set. */
export interface RequestNumber {
  readonly requester: string
  /** Later requests have higher ones. */
  readonly number: number
}

/** The part of a reply subject behind the requester's inbox. */
export function numberedReply(number: number): string {
  return `${MARK}${number.toString(RADIX)}`
}

/** Undefined: the requester does not number its requests, as Resgate. */
export function readRequestNumber(replySubject: string): RequestNumber | undefined {
  const [, requester, digits] = PATTERN.exec(replySubject) ?? []
  return requester === undefined || digits === undefined
    ? undefined
    : { requester, number: Number.parseInt(digits, RADIX) }
}
