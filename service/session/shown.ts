/** What somebody has got of each session, as it was sent last. */
export abstract class Shown<T> {
  /** By the session's ID. */
  protected readonly shown = new Map<string, T>()

  has(id: string): boolean {
    return this.shown.has(id)
  }

  drop(id: string): void {
    this.shown.delete(id)
  }

  dropWhere(condition: (id: string) => boolean): void {
    for (const id of [...this.shown.keys()]) if (condition(id)) this.drop(id)
  }
}
