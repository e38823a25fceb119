/** Small enough to be copied quickly, and large enough for lists to have few chunks. */
const MAX_CHUNK = 512

/** An immutable list. Adding and removing make a new list, which shares most of its memory with the old one. */
export class ChunkedList<T> {
  readonly length: number
  readonly #chunks: readonly (readonly T[])[]
  #all: readonly T[] | undefined

  private constructor(chunks: readonly (readonly T[])[], length: number) {
    this.#chunks = chunks
    this.length = length
  }

  static of<T>(values: readonly T[]): ChunkedList<T> {
    const chunks = [values.slice(0, MAX_CHUNK)]
    for (let i = MAX_CHUNK; i < values.length; i += MAX_CHUNK) chunks.push(values.slice(i, i + MAX_CHUNK))
    return new ChunkedList(chunks, values.length)
  }

  /** All values in one array, made when it is first needed. */
  get all(): readonly T[] {
    this.#all ??= this.#chunks.length === 1 ? (this.#chunks[0] ?? []) : this.#chunks.flat()
    return this.#all
  }

  at(idx: number): T | undefined {
    const { chunk, start } = this.#find(idx)
    return this.#chunks[chunk]?.[idx - start]
  }

  /** `idx`: the index of the new value, from 0 to `length`. */
  withAdded(idx: number, value: T): ChunkedList<T> {
    const { chunk, start } = this.#find(idx)
    const values = (this.#chunks[chunk] ?? []).toSpliced(idx - start, 0, value)
    const half = values.length >> 1
    const chunks =
      values.length <= MAX_CHUNK
        ? this.#chunks.with(chunk, values)
        : this.#chunks.toSpliced(chunk, 1, values.slice(0, half), values.slice(half))
    return new ChunkedList(chunks, this.length + 1)
  }

  /** `idx`: from 0 to `length - 1`. */
  withRemoved(idx: number): ChunkedList<T> {
    const { chunk, start } = this.#find(idx)
    const values = (this.#chunks[chunk] ?? []).toSpliced(idx - start, 1)
    const empty = values.length === 0 && this.#chunks.length > 1
    const chunks = empty ? this.#chunks.toSpliced(chunk, 1) : this.#chunks.with(chunk, values)
    return new ChunkedList(chunks, this.length - 1)
  }

  /** The chunk with the value at `idx`; the last chunk if `idx` is past the end. */
  #find(idx: number): { chunk: number; start: number } {
    let start = 0
    let chunk = 0
    for (; chunk < this.#chunks.length - 1; chunk++) {
      const length = this.#chunks[chunk]?.length ?? 0
      if (idx < start + length) break
      start += length
    }
    return { chunk, start }
  }
}
