// Started by BusyLoops: keeps a core busy, until the process that has started it is gone.
const starter = process.ppid

function turn() {
  const end = Date.now() + 100
  while (Date.now() < end);
  if (process.ppid === starter) setImmediate(turn)
}

turn()
