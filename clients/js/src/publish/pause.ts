/** A pause that can be ended early. */
export class Pause {
  #end: () => void = () => {}

  /** Resolves after `ms`, or at `end`. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#end = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  end(): void {
    this.#end()
  }
}
