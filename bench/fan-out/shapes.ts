/** Collections, and the subscribers of each. */
export interface Shape {
  readonly collections: number
  readonly subscribers: number
}

export const shapes: readonly Shape[] = [
  { collections: 1, subscribers: 100 },
  { collections: 1, subscribers: 1000 },
  { collections: 1, subscribers: 5000 },
  { collections: 1000, subscribers: 5 },
]

/** The name of the shape's figures. */
export function fanOutName({ collections, subscribers }: Shape): string {
  return collections === 1 ? `fan-out to ${number(subscribers)}` : `fan-out, ${number(collections)} x ${subscribers}`
}

export const EMBEDDED = "embedded gateway"
export const SOCKET_IO = "Socket.IO 4"
export const RESGATE = "Resgate 1.8.0"

function number(value: number): string {
  return value.toLocaleString("en")
}
