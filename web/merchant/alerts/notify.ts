/** Whether the browser can show notifications, and whether somebody has allowed it. */
export type NotifyPermission = NotificationPermission | "impossible"

export const notifyPermission = (): NotifyPermission =>
  typeof Notification === "undefined" ? "impossible" : Notification.permission

/** Asks whether notifications may be shown. */
export async function askToNotify(): Promise<NotifyPermission> {
  return typeof Notification === "undefined" ? "impossible" : await Notification.requestPermission()
}

/**
 * Shows a notification of the browser, if that is allowed.
 *
 * @param key a later one with the same key takes its place
 */
export function notify(key: string, text: string, onOpen: () => void): void {
  if (notifyPermission() !== "granted") return
  try {
    const notification = new Notification(text, { tag: key })
    notification.onclick = () => {
      window.focus()
      notification.close()
      onOpen()
    }
  } catch {
    // On phones only service workers may show notifications. The page itself shows the alert.
  }
}
