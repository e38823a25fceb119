import { createHmac, randomBytes } from "node:crypto"
import { z } from "zod"
import { sameSecret } from "../same-secret.ts"

/** An invitation to a closed session. */
const Invite = z.object({
  id: z.string(),
  /** Ms since the epoch. */
  expiresAt: z.number(),
  /** How many may join by it. */
  maxUses: z.number(),
})
export type Invite = z.infer<typeof Invite>

/** Makes a key that signs a session's invitations; every session has its own. */
export function newInviteKey(): string {
  return randomBytes(32).toString("base64url")
}

/** The text of an invitation for a URL: its content and a signature. */
export function encodeInvite(key: string, invite: Invite): string {
  const text = Buffer.from(JSON.stringify(invite)).toString("base64url")
  return `${text}.${signature(key, text)}`
}

/** Reads the text of an invitation; undefined when the key did not sign it. */
export function decodeInvite(key: string, encoded: string): Invite | undefined {
  const [text = "", signed = ""] = encoded.split(".")
  if (!sameSecret(signed, signature(key, text))) return undefined
  return Invite.parse(JSON.parse(Buffer.from(text, "base64url").toString()))
}

function signature(key: string, text: string): string {
  return createHmac("sha256", key).update(text).digest("base64url")
}
