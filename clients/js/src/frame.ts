/** Hidden pages get no animation frames; there a timer runs the waiting tasks, after this time in ms. */
const LONGEST_WAIT_MS = 250
/** Node has no frames at all; there tasks run after this time, in ms. */
const WAIT_WITHOUT_FRAMES_MS = 16

const hasFrames = typeof requestAnimationFrame === "function"

const waiting = new Set<() => void>()
let frame = 0
let timer: ReturnType<typeof setTimeout> | undefined

/** Runs a task once with the next animation frame, however often it is requested. In Node after a short time. */
export function onFrame(task: () => void): void {
  waiting.add(task)
  if (waiting.size > 1) return
  if (hasFrames) frame = requestAnimationFrame(run)
  timer = setTimeout(run, hasFrames ? LONGEST_WAIT_MS : WAIT_WITHOUT_FRAMES_MS)
}

function run(): void {
  if (hasFrames) cancelAnimationFrame(frame)
  clearTimeout(timer)
  const tasks = [...waiting]
  waiting.clear()
  for (const task of tasks) task()
}
