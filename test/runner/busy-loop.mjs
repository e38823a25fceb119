// Started by BusyLoops: keeps a core busy, until the process that has started it, whose id it is given, is gone.
const starter = Number(process.argv[2])

function turn() {
  const end = Date.now() + 100
  while (Date.now() < end);
  if (process.ppid === starter) setImmediate(turn)
}

turn()
