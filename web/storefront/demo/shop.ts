import type { Ecwid } from "../ecwid.ts"
import { FakeEcwid, type Product } from "./fake-ecwid.ts"
import { goods } from "./goods.ts"
import { SHOP_ID, tellMerchant } from "./merchant.ts"

const element = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}

const shop: FakeEcwid = new FakeEcwid(
  (action) => {
    showCart()
    tellMerchant(action).catch((error: unknown) => say(`The merchant was not told: ${String(error)}`))
  },
  () => say("This is where a real shop’s checkout would open."),
)
Object.assign(window, { Ecwid: shop satisfies Ecwid })

function say(text: string): void {
  element("said").textContent = text
}

function button(text: string, label: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement("button")
  made.type = "button"
  made.textContent = text
  made.setAttribute("aria-label", label)
  made.addEventListener("click", onClick)
  return made
}

function text(tag: string, className: string, content: string): HTMLElement {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = content
  return made
}

function picture({ thumbnailUrl }: Product): HTMLElement {
  const made = document.createElement("img")
  made.className = "picture"
  made.alt = ""
  made.src = thumbnailUrl
  return made
}

function showProducts(): void {
  for (const product of goods) {
    const item = document.createElement("li")
    item.id = `product-${product.id}`
    item.append(
      picture(product),
      text("h2", "", product.name),
      text("p", "price", shop.formatCurrency(product.price)),
      button("Add to cart", `Add to cart: ${product.name}`, () => shop.add(product)),
    )
    element("products").append(item)
  }
}

function showCart(): void {
  const rows = shop.items.map(({ quantity, product }) => {
    const row = document.createElement("li")
    const steps = document.createElement("span")
    steps.className = "steps"
    steps.append(
      step("−", `One ${product.name} less`, () => shop.remove(product)),
      `${quantity}`,
    )
    steps.append(step("+", `One ${product.name} more`, () => shop.add(product)))
    row.append(
      text("span", "name", product.name),
      steps,
      text("span", "price", shop.formatCurrency(product.price * quantity)),
    )
    return row
  })
  element("cart").replaceChildren(...rows)
  element("empty").hidden = rows.length > 0
  element("total").textContent = shop.formatCurrency(shop.total)
}

function step(sign: string, label: string, onClick: () => void): HTMLButtonElement {
  return button(sign, label, onClick)
}

/** Loads the widget as a shop would: with a script tag that has its settings. */
function loadWidget(): void {
  const script = document.createElement("script")
  script.src = "/storefront/widget.js"
  script.dataset.edge = location.origin
  script.dataset.currency = "EUR"
  document.body.append(script)
}

element("merchant").setAttribute("href", `/merchant/?shop=${SHOP_ID}`)
element("checkout").addEventListener("click", () => shop.Cart.gotoCheckout())
showProducts()
showCart()
loadWidget()
