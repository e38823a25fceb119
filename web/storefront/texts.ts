import { isolatedText } from "../shown-text.ts"

/**
 * All texts of the widget, in English. A shop may set its own. `{name}` and the like are placeholders. The text of an error is
 * `error.<code>`, or `error.other` if there is none.
 */
export const englishTexts = {
  "launcher.idle": "Shop together",
  "launcher.invited": "You are invited",
  "launcher.live": "Shopping together: {count}",
  "panel.title": "Shop together",
  "panel.close": "Close",
  "panel.leave": "Leave",
  "status.entering": "Connecting…",
  "status.live": "Live",
  "status.reconnecting": "Reconnecting…",
  "status.reconnecting.detail": "The connection is lost. The carts may be old until it is back.",
  "status.elsewhere": "This session is also open in another window. Your last change counts, in either window.",
  "welcome.intro": "See each other’s carts live, and check out when everybody is ready.",
  "welcome.invited": "A friend wants to shop with you. You will see each other’s carts.",
  "welcome.name": "Your name",
  "welcome.name.hint": "Your friends see it beside your cart.",
  "welcome.start": "Start shopping together",
  "welcome.join": "Join your friend",
  "welcome.restart": "Open it again",
  "welcome.cancel": "Cancel",
  "invite.title": "Invite friends",
  "invite.hint": "Anyone with this link can join and see the carts.",
  "invite.hint.limited": "Only people with this link can join, within a day.",
  "invite.limit": "Only let friends in with a new link",
  "invite.link": "Invite link",
  "invite.copy": "Copy",
  "invite.copied": "Copied",
  "invite.select": "Press Ctrl+C",
  "invite.share": "Share",
  "invite.share.text": "Let’s shop together",
  "member.you": "You",
  "member.host": "Host",
  "member.ready": "Ready",
  "member.notReady": "Shopping",
  "member.empty": "The cart is empty",
  "member.pieces.one": "1 item",
  "member.pieces": "{count} items",
  "member.lines": "Cart of {name}",
  "member.kick": "Remove {name}",
  "member.kick.question": "Remove {name} from the session?",
  "member.kick.yes": "Remove",
  "member.kick.no": "Keep",
  "footer.total": "Together",
  "footer.ready": "I’m ready to check out",
  "footer.wait": "You can be ready when everybody else is. Still shopping: {names}.",
  "footer.allReady": "Everybody is ready!",
  "footer.checkout": "Go to checkout",
  "footer.offline": "You can change this when the connection is back.",
  "said.joined": "{name} joined",
  "said.left": "{name} left",
  "said.ready": "{name} is ready to check out",
  "said.notReady": "{name} is still shopping",
  "said.host": "{name} is the host now",
  "said.hostYou": "You are the host now",
  "said.allReady": "Everybody is ready to check out",
  "said.live": "You are connected again",
  "over.left": "You left the session.",
  "over.removed": "You are no longer in the session.",
  "error.session.notStarted":
    "Nobody is here at the moment. You can open the session again, and your friends can come back with the same link.",
  "error.session.full": "The session is full.",
  "error.session.guestsNotReady": "Not everybody is ready yet.",
  "error.session.notHost": "Only the host can do that.",
  "error.session.notYourCustomer": "You are shopping in another window.",
  "error.session.cartTooLarge": "Your cart is too large to be shown to your friends.",
  "error.session.inviteNeeded": "You need a newer link to join. Ask the host for it.",
  "error.session.inviteExpired": "The link is too old. Ask the host for a new one.",
  "error.session.inviteUsedUp": "This link has been used too often. Ask the host for a new one.",
  "error.legacy.unavailable": "That did not work just now. Please try again.",
  "error.system.tooManyRequests": "That was too much at once. Please try again in a moment.",
  "error.system.invalidParams": "Please choose another name.",
  "error.other": "That did not work ({code}).",
} as const

export type TextName = keyof typeof englishTexts

/** A shop's own texts. Texts that it leaves out are English. */
export type Texts = { readonly [Name in TextName]?: string }

/** Returns a text with its placeholders filled in. */
export type Say = (name: TextName, places?: Readonly<Record<string, string | number | readonly string[]>>) => string

export function sayer(own: Texts): Say {
  return (name, places = {}) =>
    (own[name] ?? englishTexts[name]).replace(/\{(\w+)\}/g, (place, key: string) => filling(places[key]) ?? place)
}

/** A value for a placeholder. It may be a person's name, which must not change the direction of the sentence. */
function filling(value: string | number | readonly string[] | undefined): string | undefined {
  if (typeof value === "number" || value === undefined) return value?.toString()
  return typeof value === "string" ? isolatedText(value) : value.map(isolatedText).join(", ")
}

/** The text for an error. */
export function errorText(say: Say, code: string): string {
  const name = `error.${code}`
  return name in englishTexts ? say(name as TextName) : say("error.other", { code })
}
