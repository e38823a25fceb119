import type { Conn } from "./conn.ts"

/** Whether anybody subscribes to a subject. nats-server says at once when nobody does. Rejects without a connection. */
export async function hasSubscribers(conn: Conn, subject: string): Promise<boolean> {
  let isMissing = false
  const inbox = conn.newInbox()
  const subscription = conn.subscribe(inbox, ({ noResponders }) => {
    isMissing ||= noResponders
  })
  try {
    conn.publish(subject, "", inbox)
    // The server's notice comes before its answer to the flush.
    await conn.flush()
    return !isMissing
  } finally {
    subscription.unsubscribe()
  }
}
