const OFFSET = 0x811c9dc5
const PRIME = 0x01000193
const MAX_ASCII = 0x7f

/** The number that `{{partition(count,1)}}` of a nats-server gives for a part of a subject: FNV-1a, 32 bits, modulo `count`. */
export function natsPartition(part: string, count: number): number {
  let hash = OFFSET
  for (let i = 0; i < part.length; i++) {
    const code = part.charCodeAt(i)
    if (code > MAX_ASCII) return partitionOfBytes(Buffer.from(part), count)
    hash = next(hash, code)
  }
  return hash % count
}

function partitionOfBytes(bytes: Uint8Array, count: number): number {
  return bytes.reduce(next, OFFSET) % count
}

function next(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, PRIME) >>> 0
}
