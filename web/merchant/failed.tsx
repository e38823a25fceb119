/** Shown instead of the page if it could not even start. */
export function Failed({ reason, onAgain }: { reason: string; onAgain: () => void }) {
  return (
    <main className="picker">
      <section className="card" role="alert">
        <h1>That did not work</h1>
        <p>{reason}</p>
        <button type="button" className="primary" onClick={onAgain}>
          Try again
        </button>
      </section>
    </main>
  )
}
