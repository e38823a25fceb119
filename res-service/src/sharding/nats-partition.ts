/** The number that `{{partition(count,1)}}` of a nats-server gives for a part of a subject: FNV-1a, 32 bits, modulo `count`. */
export function natsPartition(part: string, count: number): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(part)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash % count
}
