const NOTES_HZ = [660, 880]
const NOTE_S = 0.12
const LOUDNESS = 0.08

let audio: AudioContext | undefined

/** Two short, soft notes. Browsers that require a click first stay silent. */
export function chime(): void {
  audio ??= new AudioContext()
  for (const [i, hz] of NOTES_HZ.entries()) {
    const at = audio.currentTime + i * NOTE_S
    const note = new OscillatorNode(audio, { frequency: hz, type: "sine" })
    const volume = new GainNode(audio, { gain: 0 })
    volume.gain.setValueAtTime(LOUDNESS, at)
    volume.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S * 1.5)
    note.connect(volume).connect(audio.destination)
    note.start(at)
    note.stop(at + NOTE_S * 1.5)
  }
}
