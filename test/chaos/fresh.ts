import { ResError } from "res-service"
import type { Client } from "res-service/client"

/**
 * What a fresh get gives: the resource, with what it refers to in the place of the references, and the data of data values; as the
 * gateway's HTTP API. Undefined if there is no such resource, `{ error }` if the get fails otherwise.
 */
export async function freshGet(client: Client, rid: string): Promise<unknown> {
  try {
    const content = await client.get(rid, { timeoutMs: 10_000 })
    if ("collection" in content) return await Promise.all(content.collection.map((value) => whole(client, value)))
    const values = Object.entries(content.model).map(async ([name, value]) => [name, await whole(client, value)])
    return Object.fromEntries(await Promise.all(values))
  } catch (error) {
    const { code } = ResError.from(error)
    return code === "system.notFound" ? undefined : { error: code }
  }
}

async function whole(client: Client, value: unknown): Promise<unknown> {
  if (typeof value !== "object" || value === null) return value
  if ("rid" in value) return await freshGet(client, String(value.rid))
  return "data" in value ? value.data : value
}
