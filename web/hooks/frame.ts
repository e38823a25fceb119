/** Pause of a page that nobody sees, which gets no animation frames, in ms. */
const HIDDEN_PAUSE_MS = 250

const waiting = new Set<() => void>()
let scheduled = false

/** Runs a task with the next animation frame, once, however often it is asked for: changes are drawn as fast as eyes see. */
export function onFrame(task: () => void): void {
  waiting.add(task)
  if (scheduled) return
  scheduled = true
  if (document.hidden) setTimeout(run, HIDDEN_PAUSE_MS)
  else requestAnimationFrame(run)
}

function run(): void {
  scheduled = false
  const tasks = [...waiting]
  waiting.clear()
  for (const task of tasks) task()
}
