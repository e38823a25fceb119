/** Imports one of the files beside the widget, by its name. Rejects if it cannot be loaded. */
export type LoadBeside = (file: string) => Promise<unknown>
