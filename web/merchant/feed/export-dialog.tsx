import { BYTE_ORDER_MARK, csvHead, csvRows, type HistoryFilter, readHistory } from "@shopwire/client"
import { useConnection } from "@shopwire/react"
import { useEffect, useRef, useState } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Dialog } from "../parts/dialog.tsx"

/** How far an export is. */
type Progress =
  | { readonly kind: "reading" | "failed"; readonly rows: number; readonly share: number }
  | { readonly kind: "saved"; readonly rows: number }

/** Saves a shop's activity, or what of it matches a filter, as a CSV file. It begins at once, and closing the dialog ends it. */
export function ExportDialog({
  shopId,
  filter,
  onClose,
}: {
  shopId: string
  filter: HistoryFilter | undefined
  onClose: () => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const connection = useConnection()
  const [progress, setProgress] = useState<Progress>({ kind: "reading", rows: 0, share: 0 })
  const [attempt, setAttempt] = useState(0)
  // What is filtered now, not what will be.
  const exported = useRef(filter)
  const name = `activity-${shopId.slice(0, 8)}-${format.dayKey(new Date())}.csv`

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt starts again
  useEffect(() => {
    const ending = new AbortController()
    let [rows, share] = [0, 0]
    const run = async (): Promise<void> => {
      // Blobs, so that the browser may keep a large export on its disk.
      const parts = [new Blob([BYTE_ORDER_MARK, csvHead])]
      for await (const part of readHistory(connection, shopId, exported.current ?? {}, ending.signal)) {
        if (part.events.length > 0) parts.push(new Blob([csvRows(part.events)]))
        rows += part.events.length
        share = part.share
        setProgress({ kind: "reading", rows, share })
      }
      saveFile(new Blob(parts, { type: "text/csv;charset=utf-8" }), name)
      setProgress({ kind: "saved", rows })
    }
    run().catch(() => {
      if (!ending.signal.aborted) setProgress({ kind: "failed", rows, share })
    })
    return () => ending.abort()
  }, [connection, shopId, attempt])

  return (
    <Dialog title={t("export.title")} onClose={onClose}>
      <p className="hint">{filter === undefined ? t("export.all") : t("export.filtered")}</p>
      {progress.kind !== "saved" && <progress aria-label={t("export.progress")} value={progress.share} />}
      <p role="status">
        {progress.kind === "reading" && t("export.reading", { count: progress.rows })}
        {progress.kind === "saved" && t("export.saved", { count: progress.rows, name })}
      </p>
      {progress.kind === "failed" && (
        <p className="wrong" role="alert">
          {t("export.failed")}
        </p>
      )}
      <div className="row">
        {progress.kind === "failed" && (
          <button type="button" className="primary" onClick={() => setAttempt(attempt + 1)}>
            {t("page.tryAgain")}
          </button>
        )}
        <button type="button" onClick={onClose}>
          {progress.kind === "saved" ? t("page.close") : t("export.cancel")}
        </button>
      </div>
    </Dialog>
  )
}

/** Time for a browser to take a file over, in ms; then its memory is freed. */
const TAKEN_OVER_MS = 60_000

function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement("a")
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), TAKEN_OVER_MS)
}
