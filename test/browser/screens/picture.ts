import { crc32, deflateSync } from "node:zlib"
import pixelmatch from "pixelmatch"
import { PNG } from "pngjs"

/** Most colours of a PNG with a palette. */
const COLOURS = 256
/** Differences of a colour that nobody sees, from 0 to 1, as `pixelmatch` takes it: a palette lacks some shades of the edges of letters. */
const THRESHOLD = 0.15
/** Pixels that may differ beyond that: a palette may have no near colour for a few. */
const MOST_DIFFERENT = 40

/** How two pictures differ; undefined: they look the same. */
export interface Difference {
  readonly what: string
  /** A picture with the differing pixels marked; undefined if their sizes differ. */
  readonly marked: Buffer | undefined
}

/** Compares two PNG files, as people see them. */
export function differenceOf(expected: Buffer, actual: Buffer): Difference | undefined {
  const [a, b] = [PNG.sync.read(expected), PNG.sync.read(actual)]
  const { width, height } = a
  if (width !== b.width || height !== b.height) {
    return { what: `${b.width} × ${b.height} instead of ${width} × ${height}`, marked: undefined }
  }
  const marked = new PNG({ width, height })
  const different = pixelmatch(a.data, b.data, marked.data, width, height, { threshold: THRESHOLD })
  return different <= MOST_DIFFERENT
    ? undefined
    : { what: `${different} pixels differ`, marked: PNG.sync.write(marked) }
}

/** A PNG file in fewer bytes: with a palette of its most frequent colours, the others replaced by the nearest one. */
export function smaller(picture: Buffer): Buffer {
  const { width, height, data } = PNG.sync.read(picture)
  const counts = new Map<number, number>()
  const pixels = new Uint32Array(width * height)
  for (let i = 0; i < pixels.length; i++) {
    const colour = data.readUInt32BE(4 * i) >>> 8
    pixels[i] = colour
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  const palette = paletteOf(counts)
  const places = new Map([...counts.keys()].map((colour) => [colour, nearest(palette, colour)]))
  // Each row begins with its filter: none.
  const rows = Buffer.alloc((width + 1) * height)
  for (let i = 0; i < pixels.length; i++) rows[i + Math.floor(i / width) + 1] = places.get(pixels[i] ?? 0) ?? 0
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  // 8 bits a pixel, each a place in the palette.
  head.set([8, 3, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    chunk("PLTE", Buffer.from(palette.flatMap((colour) => channels(colour)))),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ])
}

const channels = (colour: number): readonly number[] => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff]

/** The colours that represent all of them best. @param counts pixels by colour */
function paletteOf(counts: ReadonlyMap<number, number>): readonly number[] {
  const left = [...counts].map(([colour, count]) => ({ colour, count, distance: Number.MAX_SAFE_INTEGER }))
  const palette: number[] = []
  while (palette.length < Math.min(COLOURS, left.length)) {
    // The one whose pixels are worst represented until now.
    const next = left.reduce((worst, each) =>
      each.count * each.distance > worst.count * worst.distance ? each : worst,
    )
    palette.push(next.colour)
    for (const each of left) each.distance = Math.min(each.distance, distance(each.colour, next.colour))
  }
  return palette
}

function distance(a: number, b: number): number {
  const [of, to] = [channels(a), channels(b)]
  return of.reduce((sum, channel, i) => sum + (channel - (to[i] ?? 0)) ** 2, 0)
}

/** The place of the nearest colour in a palette. */
function nearest(palette: readonly number[], colour: number): number {
  const distances = palette.map((each) => distance(each, colour))
  return distances.indexOf(Math.min(...distances))
}

/** A chunk of a PNG file. Source: W3C PNG, 3rd edition, "Chunk layout". */
function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}
