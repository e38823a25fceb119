/** Hidden pages get no animation frames; there a timer runs the waiting tasks, after this time in ms. */
const LONGEST_WAIT_MS = 250

const waiting = new Set<() => void>()
let frame = 0
let timer: ReturnType<typeof setTimeout> | undefined

/** Runs a task once with the next animation frame, however often it is requested. */
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
