/** A page that nobody sees gets no animation frames: there it is time, in ms, that runs what waits. */
const LONGEST_WAIT_MS = 250

const waiting = new Set<() => void>()
let frame = 0
let timer: ReturnType<typeof setTimeout> | undefined

/** Runs a task with the next animation frame, once, however often it is asked for: changes are drawn as fast as eyes see. */
export function onFrame(task: () => void): void {
  waiting.add(task)
  if (waiting.size > 1) return
  frame = requestAnimationFrame(run)
  timer = setTimeout(run, LONGEST_WAIT_MS)
}

function run(): void {
  cancelAnimationFrame(frame)
  clearTimeout(timer)
  const tasks = [...waiting]
  waiting.clear()
  for (const task of tasks) task()
}
