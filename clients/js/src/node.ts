export { FileStore } from "./publish/file-store.ts"
export { OutboxBusyError } from "./publish/folder-lock.ts"
